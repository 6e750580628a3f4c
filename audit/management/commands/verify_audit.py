"""`manage.py verify_audit`: say whether the record is what was written.

Exit status 1 if it is not.
"""

import dataclasses
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import verification


class Command(BaseCommand):
    help = "Check chains, heads, columns, texts and triggers of the record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stream", default="", help="only this stream, such as incident:17")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        report = verification.verify(stream=options["stream"])
        if options["stream"] and report.clean and not report.entries:
            # A mistyped name must not pass for a clean record.
            raise CommandError(f"There is no stream {options['stream']!r} in the record.")
        if options["json"]:
            self.stdout.write(
                json.dumps({"clean": report.clean, **dataclasses.asdict(report)}, indent=2)
            )
        else:
            for flaw in report.flaws:
                place = f"{flaw.stream} #{flaw.seq}" if flaw.seq else flaw.stream
                self.stdout.write(f"{place}: {flaw.what}")
            verdict = "clean" if report.clean else f"NOT CLEAN, {len(report.flaws)} flaws"
            self.stdout.write(
                f"{verdict}: {report.entries} entries in {report.streams} streams checked"
            )
        if not report.clean:
            sys.exit(1)
