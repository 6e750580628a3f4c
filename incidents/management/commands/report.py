"""`manage.py report`: file a report from a terminal or a script on the server."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import User
from incidents import reporting
from incidents.models import Audience, StillOpen
from programs import access

# What this command calls a field of the report, where that is no option of the same name.
_OPTIONS = {
    "title": "title",
    "still_open": "--open",
    "pull_cord": "--pause",
    "Idempotency-Key": "--key",
}


def _said_as(field: str) -> str:
    return _OPTIONS.get(field, f"--{field}")


class Command(BaseCommand):
    help = "File a report for a person; prints one JSON object."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("title", help="what people can see, in a line; not the data itself")
        parser.add_argument("--as", dest="reporter", required=True, metavar="USERNAME")
        parser.add_argument("--program", default="", metavar="SLUG")
        parser.add_argument("--audience", choices=Audience.values, default=Audience.UNKNOWN)
        parser.add_argument("--open", choices=StillOpen.values, default=StillOpen.UNKNOWN)
        parser.add_argument("--detail", default="")
        parser.add_argument("--reference", default="")
        parser.add_argument("--pause", action="store_true", help="pull the cord: pause the program")
        parser.add_argument("--key", default="", help="the same key twice makes one incident")

    def handle(self, *_args: Any, **options: Any) -> None:
        reporter = User.objects.filter(username=options["reporter"], is_active=True).first()
        if reporter is None:
            raise CommandError(f"--as: there is no active person {options['reporter']!r}.")
        program = access.visible_to(reporter).filter(slug=options["program"]).first()
        if options["program"] and program is None:
            raise CommandError(f"--program: there is no program {options['program']!r}.")
        report = reporting.Report(
            title=options["title"],
            program=program,
            audience=options["audience"],
            still_open=options["open"],
            detail=options["detail"],
            reference=options["reference"],
            pull_cord=options["pause"],
            is_drill=program is not None and program.is_drill,
        )
        try:
            filed = reporting.file_report(
                report,
                reporter=reporter,
                actor=Actor.person(reporter, via="command"),
                key=options["key"],
            )
        except reporting.Refused as refusal:
            raise CommandError(f"{_said_as(refusal.field)}: {refusal.message}") from refusal
        incident = filed.incident
        self.stdout.write(
            json.dumps(
                {
                    "incident": incident.ref,
                    "codename": incident.codename,
                    "severity": filed.severity,
                    "counts_as": filed.counts_as,
                    "new": filed.is_new,
                    "paused": filed.paused,
                }
            )
        )
