"""Check the whole record against itself: chains, heads, columns, texts, triggers. Reads only."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from audit import chain, guards
from audit.chain import Flaw, Link
from audit.models import Entry, Head, Remark

BATCH = 2000


@dataclass
class Report:
    """What was checked and what is wrong. `flaws` is empty when the record is as it was written."""

    entries: int = 0
    streams: int = 0
    flaws: list[Flaw] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.flaws


def verify(*, stream: str = "") -> Report:
    """Read the record, or one stream of it, and return what does not hold."""
    report = Report()
    with one_moment():
        heads = {head.stream: head for head in _only(Head.objects.all(), stream)}
        for name, entries in groupby(_read(stream), key=attrgetter("stream")):
            report.streams += 1
            report.flaws += _check_stream(name, entries, heads.pop(name, None), report)
        report.flaws += [
            Flaw(name, 0, "has a head but no entries: they were removed") for name in heads
        ]
        report.flaws += [
            Flaw(table, 0, f"the trigger {trigger} is missing, disabled or not ours")
            for table, trigger in guards.missing(connection)
        ]
        report.flaws += [
            Flaw(table, 0, f"the {what} hangs on it and is not ours")
            for table, what in guards.unexpected(connection)
        ]
    return report


@contextmanager
def one_moment() -> Iterator[None]:
    """See the record as it stood at one moment: an entry that is added meanwhile is no flaw."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _only(rows: QuerySet, stream: str) -> QuerySet:  # type: ignore[type-arg]
    return rows.filter(stream=stream) if stream else rows


def _read(stream: str) -> Iterator[Entry]:
    entries = _only(Entry.objects.all(), stream).order_by("stream", "seq")
    yield from entries.iterator(chunk_size=BATCH)


def _check_stream(
    name: str, entries: Iterator[Entry], head: Head | None, report: Report
) -> list[Flaw]:
    found: list[Flaw] = []
    last = (0, "")

    def links() -> Iterator[Link]:
        nonlocal last
        for entry in entries:
            report.entries += 1
            last = (entry.seq, entry.hash)
            found.extend(_check_columns(entry))
            yield Link(entry.stream, entry.seq, entry.at, entry.body, entry.prev, entry.hash)

    found += list(chain.flaws(links()))
    found += _check_remarks(name)
    if head is None:
        found.append(Flaw(name, 0, "has entries but no head"))
    elif (head.seq, head.hash) != last:
        found.append(Flaw(name, 0, "does not end at its head: entries were removed at the end"))
    return found


def _check_columns(entry: Entry) -> list[Flaw]:
    body = _body(entry)
    if body is None:
        return [Flaw(entry.stream, entry.seq, "has a body that cannot be read")]
    columns = {"action": entry.action, "subject": entry.subject, "actor": entry.actor_id}
    return [
        Flaw(entry.stream, entry.seq, f"the column {name} does not say what was recorded")
        for name, value in columns.items()
        if body.get(name) != value
    ]


def _check_remarks(stream: str) -> list[Flaw]:
    remarks = Remark.objects.filter(entry__stream=stream).select_related("entry")
    return [
        Flaw(stream, remark.entry.seq, "its remark was changed after it was written")
        for remark in remarks.iterator(chunk_size=BATCH)
        if (_body(remark.entry) or {}).get("remark") != chain.commitment(remark.salt, remark.text)
    ]


def _body(entry: Entry) -> dict[str, Any] | None:
    # Whoever changed it may have put anything there, and this must still come to its verdict.
    try:
        body = json.loads(entry.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
