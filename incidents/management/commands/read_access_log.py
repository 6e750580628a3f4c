"""`manage.py read_access_log`: hold a log of access of any length against an exposure."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404

from accounts.actors import Actor
from accounts.models import User
from incidents import access, accesslogs
from incidents.models import AccessGrant, Exposure
from programs.watch import loglines
from programs.watch.accesslog import Mapping


class Command(BaseCommand):
    help = "Say who outside the declared audience read what was exposed; prints one JSON object."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("incident", help="its number, such as 12")
        parser.add_argument("file", help="JSON lines or CSV with a header; - is standard input")
        parser.add_argument("--as", dest="person", required=True, metavar="USERNAME")
        parser.add_argument("--exposure", type=int, help="its key, where the incident has several")
        parser.add_argument("--who", required=True, help="the member that says who; dots nest")
        parser.add_argument("--when", required=True, help="the member that says when")
        parser.add_argument("--what", default="", help="the member that says what was read")
        parser.add_argument("--act", default="", help="the member that says what was done")
        parser.add_argument("--reads", default="", help="its words that mean reading, by commas")
        parser.add_argument("--complete", default="", help="why it holds every access")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["person"], is_active=True).first()
        if person is None:
            raise CommandError(f"--as: there is no active person {options['person']!r}.")
        exposure = _exposure(person, options["incident"], options["exposure"])
        if bool(options["act"]) != bool(options["reads"]):
            raise CommandError("--reads: give both --act and --reads, or none.")
        words = frozenset(filter(None, options["reads"].split(",")))
        names = (options["who"], options["when"], options["what"], options["act"])
        name, began = options["file"], time.monotonic()
        with _opened(name) as file:
            lines = loglines.pieces(file)
            log = accesslogs.Log(name, lines, Mapping(*names, words), options["complete"])
            try:
                row = accesslogs.read(
                    exposure, log, actor=Actor.person(person, via="command"), tell=self._tell
                )
            except accesslogs.Refused as refusal:
                raise CommandError(str(refusal)) from refusal
        said = {"analysis": row.pk, "verdict": row.verdict, "rows": row.rows, "bad": row.bad}
        said |= {"in_window": row.in_window, "by_others": row.unmeant, "lacks": row.lacks}
        said["seconds"] = round(time.monotonic() - began, 1)
        self.stdout.write(json.dumps(said))

    def _tell(self, rows: int) -> None:
        self.stderr.write(f"\r{rows} rows", ending="")


def _exposure(person: User, number: str, pk: int | None) -> Exposure:
    digits = number.upper().removeprefix("INC-")
    if not digits.isdigit():
        raise CommandError(f"incident: {number!r} is no number, such as 12.")
    try:
        incident = access.get_incident(person, int(digits), to=AccessGrant.Level.CONTRIBUTE)
    except Http404:
        raise CommandError(f"incident: there is none {number!r} that {person} may see.") from None
    rows = incident.exposures.select_related("incident", "dataset")
    found = list(rows.filter(pk=pk) if pk else rows[:2])
    if len(found) != 1:
        every = ", ".join(str(key) for key in rows.values_list("pk", flat=True)) or "none"
        raise CommandError(f"--exposure: choose one of {every}.")
    return found[0]


def _opened(name: str) -> Any:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise CommandError(f"file: {name} cannot be read: {error.strerror}.") from error
