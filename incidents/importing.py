"""Take in files of historic incidents: read, shown, confirmed, worked off part by part.

The only module that writes Import, ImportPart and ImportFault.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, trail
from incidents import export, historic, importcases, importfile, importrows
from incidents.importcases import Found
from incidents.importfile import BadFile, Read
from incidents.models import Import, ImportFault, ImportPart
from incidents.pastcase import BadRow

WORK = "incidents.import_part"
# So many rows a transaction: reports that come meanwhile wait for its number as long.
AT_ONCE = 100
MOST_ROWS = 500_000
_CHUNK = 1024 * 1024
LONGEST_SOURCE = 100
Form, State = Import.Form, Import.State


class Refused(Exception):
    """The file, or this step, is not taken; the message names the field and what is allowed."""


def may(user: User) -> bool:
    """True for privacy officers: what is imported is theirs to see and to answer for."""
    return user.is_active and user.is_any(Function.PRIVACY_OFFICER)


@dataclass(frozen=True)
class File:
    """What is sent: bytes, the name of the file, its form, and whose numbering its ids are of."""

    content: IO[bytes]
    name: str
    form: str
    source: str


@transaction.atomic
def take_in(file: File, *, actor: Actor) -> Import:
    """Read a file and keep its rows, none of them filed yet. Only the shape is looked at.

    Raises:
        Refused: if the person may not, or the file as a whole cannot be read.
    """
    _check(file, actor)
    named = _sha256(file.content)
    try:
        run, rows = unsaved(file)
    except BadFile as fault:
        raise Refused(f"file: {fault}") from fault
    assert actor.user
    run.sha256, run.uploaded_by = named, actor.user
    history.save_new(run, actor=actor)
    _keep(run, rows)
    if not run.rows:
        raise Refused("file: holds no rows.")
    history.save(run, "rows", actor=actor)
    trail.record("import.taken_in", run, actor=actor, rows=run.rows, sha256=run.sha256)
    return run


def unsaved(file: File) -> tuple[Import, Iterator[Read]]:
    """Return what an import of a file would be, not stored, and its rows, to be read once.

    Raises:
        BadFile: if it cannot be read as a whole.
    """
    run = Import(name=file.name[-200:], form=file.form, source=file.source.strip())
    if file.form == Form.VERIS:
        return run, importfile.records(file.content)
    table = importfile.Table(file.content)
    run.columns, run.mapping = table.columns, importrows.guess(table.columns)
    return run, table.rows()


def _sha256(content: IO[bytes]) -> str:
    named = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        named.update(chunk)
    content.seek(0)
    return named.hexdigest()


def _check(file: File, actor: Actor) -> None:
    if actor.user is None or not may(actor.user):
        raise Refused("Only privacy officers import incidents.")
    if file.form not in Form.values:
        raise Refused(f"form: {file.form!r} is none of {', '.join(Form.values)}.")
    if not file.source.strip() or len(file.source) > LONGEST_SOURCE or "\0" in file.source:
        raise Refused(f"source: name it in at most {LONGEST_SOURCE} characters.")


def _keep(run: Import, rows: Iterable[Read]) -> None:
    for number, some in enumerate(parts(rows), start=1):
        run.rows += len(some)
        if run.rows > MOST_ROWS:
            raise Refused(f"file: more than {MOST_ROWS:,} rows; split it.")
        kept = [[row.number, row.said, row.fault, row.text if row.fault else ""] for row in some]
        ImportPart.objects.create(run=run, number=number, rows=kept)


def parts(rows: Iterable[Read]) -> Iterator[list[Read]]:
    """Yield rows in parts of AT_ONCE."""
    every = iter(rows)
    while some := list(islice(every, AT_ONCE)):
        yield some


@transaction.atomic
def choose(run: Import, mapping: Mapping[str, int], *, actor: Actor) -> Import:
    """Say which column tells what.

    Raises:
        Refused: if it was confirmed already, a column is none, or tells two things.
    """
    run = _lock(run, State.UPLOADED)
    for name, place in mapping.items():
        if name not in importrows.FIELDS or not 0 <= place < len(run.columns):
            raise Refused(f"{name}: column {place} is none of this file.")
    if len(set(mapping.values())) < len(mapping):
        raise Refused("One column tells one thing: choose another for one of them.")
    run.mapping = dict(mapping)
    history.save(run, "mapping", actor=actor)
    return run


@transaction.atomic
def confirm(run: Import, *, actor: Actor, by_engine: bool = True) -> Import:
    """Have the rows filed, by the engine unless the caller works them off.

    Raises:
        Refused: if the person may not, it was confirmed or dropped, or a needed column is missing.
    """
    if actor.user is None or not may(actor.user):
        raise Refused("Only privacy officers import incidents.")
    run = _lock(run, State.UPLOADED)
    missing = importrows.missing(run.mapping) if run.form == Form.CSV else []
    if missing:
        raise Refused(f"{missing[0]}: no column tells it; choose one.")
    run.state = State.RUNNING
    history.save(run, "state", actor=actor)
    trail.record("import.confirmed", run, actor=actor, rows=run.rows)
    if by_engine:
        _plan(run, 1)
    return run


@transaction.atomic
def drop(run: Import, *, actor: Actor) -> Import:
    """Forget the rows of a file that was not confirmed.

    Raises:
        Refused: if it was confirmed, or dropped before.
    """
    run = _lock(run, State.UPLOADED)
    run.state, run.ended_at = State.DROPPED, timezone.now()
    history.save(run, "state", "ended_at", actor=actor)
    trail.record("import.dropped", run, actor=actor)
    ImportPart.objects.filter(run=run).delete()
    return run


def _plan(run: Import, number: int, *, again: str = "") -> None:
    payload = {"run": run.pk, "part": number}
    # After all that concerns what is open now.
    clockwork.schedule(WORK, key=f"import:{run.pk}:{number}{again}", payload=payload, priority=9)


def go_on(run: Import) -> None:
    """Have the engine file what is left of an import that whoever began it left lying."""
    _plan(run, run.parts_done + 1, again=f":again:{clockwork.now().isoformat()}")


@transaction.atomic
def give_up(run_pk: int) -> None:
    """End an import of which a part cannot be filed; the same file again files what is missing."""
    run = Import.objects.select_for_update().get(pk=run_pk)
    if run.state == State.RUNNING:
        _stop(run, Actor.machine("engine"), why="a part of it could not be filed")


def _lock(run: Import, state: str) -> Import:
    run = Import.objects.select_for_update().get(pk=run.pk)
    if run.state != state:
        raise Refused(f"This import is {run.get_state_display().lower()}.")
    return run


@transaction.atomic(savepoint=False)
def work(run_pk: int, number: int, *, by_engine: bool = True) -> bool:
    """File the rows of one part, and plan the next; False if there is no more of it.

    All of a part commits together: a crash leaves the part as it was, to be done again.
    """
    run = Import.objects.select_for_update().select_related("uploaded_by").get(pk=run_pk)
    if run.state != State.RUNNING or run.parts_done >= number:
        return False
    part = ImportPart.objects.get(run=run, number=number)
    by = run.uploaded_by
    # Whoever may not any more does not go on through the engine.
    actor = Actor.person(by, via="import")
    if not may(by):
        _stop(run, actor, why="may not import any more")
        return False
    found = importcases.read_all(part.rows, run)
    done = historic.file_all(found.rows, run, programs=importcases.programs_of(by), actor=actor)
    ImportFault.objects.bulk_create(faults_of(run, found, done))
    run.parts_done = number
    run.made, run.repeated = run.made + len(done.made), run.repeated + done.repeated
    run.refused += len(found.refused) + len(done.refused)
    part.rows = []
    part.save(update_fields=["rows"])
    more = ImportPart.objects.filter(run=run, number=number + 1).exists()
    if more and by_engine:
        _plan(run, number + 1)
    elif not more:
        run.state, run.ended_at = State.DONE, timezone.now()
        counts = {name: getattr(run, name) for name in ("rows", "made", "repeated", "refused")}
        trail.record("import.done", run, actor=actor, **counts)
    names = ("parts_done", "made", "repeated", "refused", "state", "ended_at")
    history.save(run, *names, actor=actor)
    return more


def _stop(run: Import, actor: Actor, *, why: str) -> None:
    run.state, run.ended_at = State.DROPPED, timezone.now()
    history.save(run, "state", "ended_at", actor=actor, why=why)
    trail.record("import.dropped", run, actor=actor, why=why)
    ImportPart.objects.filter(run=run).update(rows=[])


def faults_of(run: Import, found: Found, done: historic.Outcome) -> list[ImportFault]:
    """Return what was wrong with some rows, in their order; not stored."""
    faults = [
        _fault(run, number, wrong, named, text=text) for number, wrong, named, text in found.refused
    ]
    told = dict(found.rows)
    for number, wrong, named in done.refused:
        faults.append(_fault(run, number, wrong, named, text=told[number].title))
    for number, case in found.rows:
        for remark in case.remarks:
            where, _colon, words = remark.partition(": ")
            fault = _fault(run, number, BadRow(where, words), case.source_id, text="")
            fault.refused = False
            faults.append(fault)
    return sorted(faults, key=lambda each: each.row)


def _fault(run: Import, number: int, wrong: BadRow, named: str, *, text: str) -> ImportFault:
    return ImportFault(
        run=run,
        row=number,
        source_id=named[:200],
        field=wrong.field[:100],
        reason=wrong.reason[:500],
        text=text,
    )


REJECTS = ("row", "source_id", "field", "reason", "taken", "text")


def rejects(run: Import) -> Iterator[str]:
    """The lines of a CSV file of what was wrong, refused or only remarked on."""
    yield head()
    yield from as_lines(run.faults.iterator(chunk_size=500))


def head() -> str:
    """The first line of that file."""
    return export.line(REJECTS)


def as_lines(faults: Iterable[ImportFault]) -> Iterator[str]:
    """Each fault as a line of that file."""
    for fault in faults:
        taken = "no" if fault.refused else "yes"
        cells = (fault.row, fault.source_id, fault.field, fault.reason, taken, fault.text)
        yield export.line([export.cell(cell) for cell in cells])


def first_rows(run: Import, count: int) -> list[list[Any]]:
    """Return the first rows of a file that was not confirmed, as they were kept."""
    some = run.parts.filter(number__lte=-(-count // AT_ONCE)).order_by("number")
    return [row for part in some for row in part.rows][:count]
