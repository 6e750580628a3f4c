"""`manage.py seal_audit`: seal the record now, and print the checkpoint."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.actors import Actor
from audit import sealing
from audit.keyring import ring


class Command(BaseCommand):
    help = "Make a signed checkpoint of the record now, and print it, to be kept elsewhere."

    def handle(self, *_args: Any, **_options: Any) -> None:
        said = sealing.seal_now(actor=Actor(name="operator", via="command"))
        self.stderr.write(
            f"Checkpoint {said.number} over {said.size} entries, signed with {ring().key.id}."
        )
        self.stdout.write(said.text)
