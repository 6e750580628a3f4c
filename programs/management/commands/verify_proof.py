"""`manage.py verify_proof`: say whether a proof of a stop is what was signed.

Exit status 1 if it is not.
"""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.seal import BadDocument
from programs import proof


class Command(BaseCommand):
    help = "Check the signature of a proof, and that the record is still where the proof saw it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the signed document; - for standard input")
        parser.add_argument(
            "--key", help="a public key in PEM, for a proof of another installation"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        text = _read(options["file"], option="file")
        try:
            if options["key"]:
                checked = proof.checked_with(text, _read(options["key"], option="key"))
            else:
                checked = proof.checked(text)
        except BadDocument as refusal:
            raise CommandError(f"NOT GOOD: {refusal}") from refusal
        self.stdout.write(f"good: {checked}")


def _read(name: str, *, option: str) -> str:
    try:
        if name == "-":
            return sys.stdin.read()
        return Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CommandError(f"{option}: {name} cannot be read as text.") from error
