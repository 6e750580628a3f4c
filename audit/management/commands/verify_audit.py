"""`manage.py verify_audit`: say whether the record is what was written.

Exit status 0 if it is, 1 if it is not, 2 if it could not be looked at as asked.
"""

import json
import sys
from argparse import ArgumentTypeError, BooleanOptionalAction
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import deposits, looking, parts, verification
from audit.checkpoints import Foreign
from audit.seal import BadDocument
from audit.verification import MOST_FLAWS, Report


class Command(BaseCommand):
    help = "Check chains, texts, checkpoints, triggers and rights of the record, and live rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stream", default="", help="only this stream, such as incident:17")
        parser.add_argument(
            "--since", type=_moment, help="only from this day or moment on, UTC: 2026-11-01"
        )
        parser.add_argument(
            "--checkpoint",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="compare with the checkpoints in this file or folder as well; give your own copy",
        )
        parser.add_argument(
            "--live",
            action=BooleanOptionalAction,
            help="compare live rows with what the record last said of them;"
            " done unless --stream or --since is given",
        )
        parser.add_argument(
            "--jobs",
            type=int,
            choices=range(1, parts.MOST_JOBS + 1),
            default=parts.default_jobs(),
            help="how many processes read at once; one for each core, at most %(default)s here",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        begun = monotonic()
        report = self._report(options)
        if options["stream"] and report.clean and not report.entries:
            # A mistyped name must not pass for a clean record.
            said = f"There is no stream {options['stream']!r} in the record"
            since = " since then." if options["since"] else "."
            raise CommandError(said + since, returncode=2)
        if options["json"]:
            found = looking.as_json(report, most=MOST_FLAWS)
            found["seconds"] = round(monotonic() - begun, 2)
            self.stdout.write(json.dumps(found, indent=2))
        else:
            self._say(report)
        if not report.clean:
            sys.exit(1)

    def _report(self, options: dict[str, Any]) -> Report:
        places: list[Path] = options["checkpoint"]
        folder = settings.RECORD.folder
        if not places and not options["stream"] and folder.is_dir():
            places = [folder]
        try:
            outside = [line for place in places for line in deposits.lines(place)]
            if places and not outside and places != [folder]:
                raise BadDocument(f"There is no checkpoint in {', '.join(map(str, places))}.")
            return verification.verify(
                stream=options["stream"],
                since=options["since"],
                outside=outside,
                rows=_are_compared(options),
                jobs=options["jobs"],
                progress=self._progress if self.stderr.isatty() else None,
            )
        except (OSError, BadDocument, Foreign, parts.Broken) as error:
            raise CommandError(f"Nothing was verified. {error}", returncode=2) from error

    def _progress(self, done: int, total: int) -> None:
        share = 100 * done // total if total else 100
        end = "\n" if done >= total else "\r"
        self.stderr.write(f"{done:,} of {total:,} entries read, {share} %", ending=end)

    def _say(self, report: Report) -> None:
        for flaw in report.flaws:
            place = f"{flaw.stream} #{flaw.seq}" if flaw.seq else flaw.stream
            self.stdout.write(f"{place}: {flaw.what}")
        for row in report.live:
            said = f": {row.field} is {row.live!r}, recorded {row.recorded!r}"
            self.stdout.write(f"{row.model} {row.key}: {row.what}{said if row.field else ''}")
        for note in report.notes:
            self.stdout.write(f"Note: {note}")
        verdict = "clean" if report.clean else f"NOT CLEAN, {report.wrong} flaws"
        self.stdout.write(
            f"{verdict}: {report.entries} entries in {report.streams} streams checked,"
            f" {report.checkpoints} checkpoints, {report.compared} from outside"
        )
        for each in report.looked:
            what = ", ".join(each.fields) or "which there are"
            unsaid = f"; of {each.unsaid} values it says nothing" if each.unsaid else ""
            self.stdout.write(
                f"{each.rows} live rows of {each.model} compared with their {each.against}:"
                f" {what}{unsaid}"
            )
        if report.looked:
            self.stdout.write("No other table was compared.")


def _are_compared(options: dict[str, Any]) -> bool:
    if options["live"] is None:
        return not options["stream"] and not options["since"]
    return bool(options["live"])


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        said = f"{text!r} is no time: give a day or a moment, such as 2026-11-01T12:00"
        raise ArgumentTypeError(said) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
