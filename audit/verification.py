"""Check the whole record against itself and its checkpoints. Reads only.

Chains, heads, columns, texts, the tree over all entries and its signed roots, the triggers that
guard it and who may write to it; and the rows that it speaks of, as they are now.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction

from audit import consistency, guards, live, parts, privileges
from audit.chain import Flaw
from audit.consistency import Line
from audit.differences import Difference, Looked
from audit.links import Walk

# More of them tell nothing new, and a record that was rewritten has as many as entries.
MOST_FLAWS = 1000
PROGRESS_EACH = 10_000
Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What was checked and what is wrong. `flaws` is empty when the record is as it was written.

    `live` are the rows that are not as it says, of the models in `looked` alone. `notes` say what
    was not looked at, and are no flaws. Of `more` of either only the number is known.
    """

    entries: int = 0
    streams: int = 0
    sealed: int = 0
    checkpoints: int = 0
    compared: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    more: int = 0
    notes: list[str] = field(default_factory=list)
    live: list[Difference] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.flaws and not self.live

    @property
    def wrong(self) -> int:
        """How many flaws and differences there are."""
        return len(self.flaws) + len(self.live) + self.more

    def take(self, flaws: Iterable[Flaw]) -> None:
        self._put(self.flaws, flaws)

    def take_live(self) -> None:
        """Compare the live rows; call it in a transaction that sees one moment."""
        self._put(self.live, live.differences(self.looked))

    def _put(self, kept: list[Any], found: Iterable[Any]) -> None:
        for each in found:
            if len(kept) < MOST_FLAWS:
                kept.append(each)
            else:
                self.more += 1


def verify(
    *,
    stream: str = "",
    since: datetime | None = None,
    outside: Iterable[Line] = (),
    rows: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Read the record, or a part of it, and return what does not hold.

    Args:
        stream: only this one. The tree over all is then built only if `outside` is given.
        since: only what was written from then on; what was before is taken as it is.
        outside: checkpoints that were kept elsewhere.
        rows: compare the live rows with what the record says of them, all of it.
        jobs: how many processes read at once, of a record that is worth it.
        progress: is told now and then how many entries were read, of how many.

    Raises:
        Foreign: if a checkpoint from outside is of another installation.
        BadDocument: if one from outside is no checkpoint, or was changed.
        parts.Broken: if a process ended before it had read its part.
    """
    report, outside = Report(), list(outside)
    walk = Walk(stream=stream, since=since)

    def compare() -> None:
        if outside or not stream:
            _compare(report, outside, since)
        else:
            report.notes.append("One stream alone was read, and compared with no checkpoint.")

    with one_moment() as is_its_own:
        if jobs > 1 and is_its_own and not stream and walk.count() >= parts.WORTH_IT:
            _read_in_parts(report, walk, jobs=jobs, since=since, beside=compare, progress=progress)
        else:
            compare()
            _read_here(report, walk, progress)
        _look_around(report, walk, rows=rows)
    if since:
        report.notes.append(f"What was written before {since.isoformat()} was not read.")
    return report


def _look_around(report: Report, walk: Walk, *, rows: bool) -> None:
    """Look at what stands beside the entries: heads, triggers, rights, and the live rows."""
    report.take(walk.heads())
    report.take(_guards())
    report.notes += privileges.notes(connection)
    if rows:
        report.take_live()
    else:
        report.notes.append("No live row was compared with what the record says of it.")


def _read_here(report: Report, walk: Walk, progress: Progress | None) -> None:
    report.take(_told(walk, progress) if progress else walk.flaws())
    report.take(walk.remarks())
    report.entries, report.streams = walk.entries, walk.streams


def _read_in_parts(
    report: Report,
    walk: Walk,
    *,
    jobs: int,
    since: datetime | None,
    beside: Callable[[], None],
    progress: Progress | None,
) -> None:
    """Have several processes read the entries, and do something else meanwhile."""
    total = walk.count()
    tell = partial(_pass_on, progress, total) if progress else int
    with parts.Parts(jobs, since=since, most=MOST_FLAWS, tell=tell).reading() as reading:
        beside()
        for part in reading.found():
            report.take(part.flaws)
            report.more += part.more
            report.entries += part.entries
            report.streams += part.streams
    if report.entries != total:
        raise parts.Broken(f"{report.entries} of {total} entries were read.")
    if progress:
        progress(total, total)


def _pass_on(progress: Progress, total: int, read: int) -> None:
    # Not the last: that is told once all of them have come to their end.
    progress(min(read, total - 1), total)


def _compare(report: Report, outside: list[Line], since: datetime | None) -> None:
    # First, as whoever gives a checkpoint of another installation need not wait for the rest.
    found = consistency.check(outside, since=since)
    report.checkpoints, report.compared = found.checkpoints, found.compared
    report.sealed = found.sealed
    report.take(found.flaws)
    report.notes += found.notes


def _told(walk: Walk, progress: Progress) -> Iterator[Flaw]:
    total = walk.count()
    progress(0, total)
    yield from walk.flaws(each=PROGRESS_EACH, tell=lambda: progress(walk.entries, total))
    progress(walk.entries, total)


@contextmanager
def one_moment() -> Iterator[bool]:
    """See the record as it stood at one moment: an entry that is added meanwhile is no flaw.

    Yields whether the transaction is its own, so that other processes may see the same.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                # It may take a minute, and holds no lock.
                cursor.execute("SET LOCAL statement_timeout = 0")
        yield outermost


def _guards() -> Iterator[Flaw]:
    for table, trigger in guards.missing(connection):
        yield Flaw(table, 0, f"the trigger {trigger} is missing, disabled or not ours")
    for table, what in guards.unexpected(connection):
        yield Flaw(table, 0, f"the {what} hangs on it and is not ours")
    for table, what in privileges.wrong(connection):
        yield Flaw(table, 0, what)
