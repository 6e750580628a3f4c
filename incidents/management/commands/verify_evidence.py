"""`manage.py verify_evidence`: say whether every piece of evidence is what was handed in.

Exit status 1 if one is not, or cannot be read. Each check is a line of its custody log.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from incidents import evidence
from incidents.intake import Refused
from incidents.models import Evidence

CHECK = Actor(name="verify_evidence", via="command")


class Command(BaseCommand):
    help = "Read every piece of evidence and compare it with its SHA-256."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--incident", default="", help="only this one, such as INC-17")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        rows = Evidence.objects.select_related("incident").order_by("pk")
        if options["incident"]:
            rows = rows.filter(incident__number=_number(options["incident"]))
        found: dict[str, list[str]] = {"good": [], "changed": [], "unread": []}
        for row in rows.iterator(chunk_size=100):
            # The number and not the name: what a command prints is kept in many a log.
            found[_state(row)].append(f"{row.incident.ref}/{row.pk}")
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self._tell(found)
        if found["changed"] or found["unread"]:
            raise CommandError("Not all evidence is what was handed in, or can be read.")

    def _tell(self, found: dict[str, list[str]]) -> None:
        for each in found["changed"]:
            self.stdout.write(f"CHANGED {each}")
        for each in found["unread"]:
            self.stdout.write(f"UNREAD {each}: the storage does not answer")
        self.stdout.write(f"{len(found['good'])} good")


def _number(ref: str) -> int:
    number = ref.removeprefix("INC-")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise CommandError(f"incident: {ref!r} is none; give one such as INC-17.")
    return int(number)


def _state(row: Evidence) -> str:
    try:
        return "good" if evidence.verify(row, actor=CHECK) else "changed"
    except Refused:
        return "unread"
