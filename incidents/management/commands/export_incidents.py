"""`manage.py export_incidents`: what a person may see, as VERIS JSON, CSV or JSON."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import User
from incidents import export, verisexport
from incidents.search import Wanted


class Command(BaseCommand):
    help = "Export the incidents that a person may see; recorded as theirs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", required=True, choices=("veris", "csv", "json"))
        parser.add_argument("--as", dest="reader", required=True, metavar="USERNAME")
        parser.add_argument("--program", default="", metavar="SLUG")
        parser.add_argument("--status", default="", help="such as closed")
        parser.add_argument(
            "--with-texts", action="store_true", help="VERIS: also what people wrote, with names"
        )
        parser.add_argument("--out", type=Path, metavar="FILE", help="standard output if left out")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["reader"], is_active=True).first()
        if person is None:
            raise CommandError(f"--as: there is no active person {options['reader']!r}.")
        try:
            lines = _lines(person, options)
        except export.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        out: Path | None = options["out"]
        if out is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except OSError as error:
            raise CommandError(f"{out}: {error.strerror}.") from error


def _lines(person: User, options: dict[str, Any]) -> Iterator[str]:
    wanted = Wanted(program=options["program"], status=options["status"])
    query = f"program={options['program']}&status={options['status']}"
    actor, form = Actor.person(person, via="command"), options["format"]
    if form == "veris":
        texts = options["with_texts"]
        return verisexport.take(person, wanted, query=query, actor=actor, texts=texts)
    taken = export.take(person, wanted, query=query, form=form, actor=actor)
    return taken.csv() if form == "csv" else taken.json()
