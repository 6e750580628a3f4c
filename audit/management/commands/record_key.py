"""`manage.py record_key`: print the public key of the record, to be given to auditors."""

from typing import Any

from django.core.management.base import BaseCommand

from audit.keyring import ring


class Command(BaseCommand):
    help = "Print the public key with which checkpoints of the record are checked, in PEM."

    def handle(self, *_args: Any, **_options: Any) -> None:
        key = ring().key
        self.stderr.write(f"Key {key.id}.")
        self.stdout.write(key.pem)
