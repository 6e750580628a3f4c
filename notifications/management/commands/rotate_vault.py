"""`manage.py rotate_vault`: seal all addresses and secrets anew with the first key."""

import base64
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import rotating


class Command(BaseCommand):
    help = (
        "Seal the addresses and secrets of people anew with the first key of ANDON_VAULT_KEYS. "
        "May be interrupted and run again; after it the former keys can be taken out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--make-key", action="store_true", help="print a fresh key, and no more"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["make_key"]:
            self.stdout.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
            return
        tally = rotating.rotate()
        self.stdout.write(
            f"{tally.sealed} sealed anew, {tally.fresh} were already, "
            f"{tally.unreadable} unreadable."
        )
        if tally.unreadable:
            raise CommandError(
                f"{tally.unreadable} texts are sealed with a key that is not in ANDON_VAULT_KEYS. "
                "Put it back after the first one and run this again; take out no key before."
            )
