"""`manage.py import_incidents`: file historic incidents from a table or from VERIS JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor
from accounts.models import User
from audit import lasting
from incidents import historic, importcases, importing, importrows
from incidents.importfile import BadFile, Read
from incidents.models import Import

BAD_INPUT = 2


class Command(BaseCommand):
    help = "Import historic incidents, closed: nothing fires and nobody is paged."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--format", required=True, choices=Import.Form.values)
        parser.add_argument("--as", dest="importer", required=True, metavar="USERNAME")
        parser.add_argument("--source", default="", help="whose numbers these are; FILE's name")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"which column tells it, where its name does not: {', '.join(importrows.FIELDS)}",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would come of it")
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="write what was wrong here"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one JSON object; exit with 2 if a row was refused, after all others were taken."""
        lasting.look_less_often()
        person = User.objects.filter(username=options["importer"], is_active=True).first()
        if person is None:
            raise CommandError(f"--as: there is no active person {options['importer']!r}.")
        if not importing.may(person):
            raise CommandError(f"--as: {options['importer']!r} is no privacy officer.")
        path: Path = options["file"]
        try:
            with path.open("rb") as content:
                source = options["source"] or path.name
                file = importing.File(content, path.name, options["format"], source)
                work = _dry if options["dry_run"] else _real
                said, lines = work(file, options["map"], Actor.person(person, via="command"))
                self._write(lines, options["rejects"])
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from error
        except (importing.Refused, BadFile) as refusal:
            raise CommandError(str(refusal), returncode=BAD_INPUT) from refusal
        self.stdout.write(json.dumps(said))
        if said["refused"]:
            raise CommandError(f"{said['refused']} rows were refused", returncode=BAD_INPUT)

    def _write(self, lines: Iterator[str], rejects: Path | None) -> None:
        if rejects:
            with rejects.open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
            return
        for number, line in enumerate(lines):
            if number:
                self.stderr.write(line.rstrip("\r\n"))


def _mapping(run: Import, given: list[str]) -> dict[str, int]:
    found = dict(run.mapping)
    for each in given:
        name, _equals, column = each.partition("=")
        if name not in importrows.FIELDS or column not in run.columns:
            raise CommandError(f"--map {each}: give FIELD=COLUMN, both as they are named.")
        place = run.columns.index(column)
        found = {field: at for field, at in found.items() if at != place} | {name: place}
    return found


def _real(
    file: importing.File, given: list[str], actor: Actor
) -> tuple[dict[str, Any], Iterator[str]]:
    run = importing.take_in(file, actor=actor)
    try:
        if given:
            run = importing.choose(run, _mapping(run, given), actor=actor)
        run = importing.confirm(run, actor=actor, by_engine=False)
    except importing.Refused:
        importing.drop(run, actor=actor)
        raise
    part = 1
    while importing.work(run.pk, part, by_engine=False):
        part += 1
    run.refresh_from_db()
    names = ("rows", "made", "repeated", "refused")
    return {name: getattr(run, name) for name in names}, importing.rejects(run)


def _dry(
    file: importing.File, given: list[str], actor: Actor
) -> tuple[dict[str, Any], Iterator[str]]:
    assert actor.user
    run, rows = importing.unsaved(file)
    run.mapping = _mapping(run, given)
    missing = importrows.missing(run.mapping) if file.form == Import.Form.CSV else []
    if missing:
        raise importing.Refused(f"{missing[0]}: no column tells it; say --map {missing[0]}=COLUMN.")
    said = {"rows": 0, "made": 0, "repeated": 0, "refused": 0}
    return said, _foreseen(rows, run, actor.user, said)


def _foreseen(
    rows: Iterator[Read], run: Import, person: User, said: dict[str, Any]
) -> Iterator[str]:
    """Yield the lines of what would be wrong, and count in `said` what would come of the rest."""
    yield importing.head()
    programs = importcases.programs_of(person)
    earlier: historic.Before = {}
    for some in importing.parts(rows):
        kept = [[row.number, row.said, row.fault, row.text] for row in some]
        found = importcases.read_all(kept, run)
        done = historic.foresee(found.rows, programs, earlier=earlier)
        said["rows"] += len(some)
        said["refused"] += len(found.refused) + len(done.refused)
        said["repeated"] += done.repeated
        said["made"] += len(done.fresh)
        yield from importing.as_lines(importing.faults_of(run, found, done))
