"""What the record costs whoever writes to it, and how fast all of it is verified.

On a PostgreSQL of its own that writes through to the disk, as production's does.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench import cast, stand
from bench.figure import Figure, spread

ENTRIES = 1_000_000
STREAMS = 20_000
GOAL_RATE, GOAL_SECONDS, GOAL_SHARE = 80_000, 20, 15
ROUNDS, WARM_UP = 80, 10
_number = count(1)


PARTS = ("write", "verify")


def measure(entries: int = ENTRIES, parts: tuple[str, ...] = PARTS) -> Iterator[Figure]:
    """Measure writing first, on a small database, and then verifying a large one."""
    with stand.database():
        import logging

        logging.disable(logging.INFO)
        if "write" in parts:
            yield from _writing()
        if "verify" in parts:
            yield from _verifying(entries)


# --- Writing


def _writing() -> Iterator[Figure]:
    """A report and an update, each with and without the record, by turns."""
    from accounts.functions import Function

    reporter = cast.person("reporter")
    cast.person("commander", Function.COMMANDER)
    yield from _shares("a report", _compared(lambda: _report(reporter)))
    incident = _report(reporter).incident
    yield from _shares("an update on the timeline", _compared(lambda: _update(incident, reporter)))


def _report(reporter: Any) -> Any:
    from accounts.actors import Actor
    from incidents import reporting

    # What was said before makes no second incident.
    title = f"Readable by everybody, {next(_number)}"
    said = reporting.Report(title=title, audience="everyone_inside", still_open="yes")
    actor = Actor.person(reporter, via="command")
    return reporting.file_report(said, reporter=reporter, actor=actor)


def _update(incident: Any, by: Any) -> None:
    from accounts.actors import Actor
    from incidents import timeline

    actor = Actor.person(by, via="command")
    timeline.write(incident, "update", "The link was taken down at noon.", actor=actor)


class Cost(NamedTuple):
    """Of one act: milliseconds by the clock, and of processor, here and in the database."""

    wall: float
    processor: float


def _compared(act: Callable[[], Any]) -> list[tuple[Cost, Cost]]:
    """Return what acts cost with and without what the record writes: pairs, in either order."""
    pairs: list[tuple[Cost, Cost]] = []
    for number in range(ROUNDS + WARM_UP):
        cost: dict[bool, Cost] = {}
        # The second of two may find something warm.
        for records in (number % 2 == 0, number % 2 == 1):
            with _as_it_is() if records else _no_record():
                begun, used = time.perf_counter(), _processor()
                act()
                taken = time.perf_counter() - begun
                cost[records] = Cost(taken * 1000, (_processor() - used) * 1000)
        pairs.append((cost[True], cost[False]))
    return pairs[WARM_UP:]


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _no_record() -> Iterator[None]:
    from audit import trail

    kept = trail._write
    trail._write = _write_nothing
    try:
        yield
    finally:
        trail._write = kept


def _write_nothing(lines: list[Any]) -> None:
    del lines


def _shares(what: str, pairs: list[tuple[Cost, Cost]]) -> Iterator[Figure]:
    for name in Cost._fields:
        with_ = [getattr(each, name) for each, _without in pairs]
        without = median(getattr(each, name) for _with, each in pairs)
        # Of pairs: what else runs on the machine meets both of one alike.
        added = median(getattr(one, name) - getattr(other, name) for one, other in pairs)
        said = f"{added:.2f} ms on {without:.1f} without; with: {spread(with_, 'ms')}"
        share = 100 * added / without
        yield Figure(f"record, added to {what}, {name}", share, "%", GOAL_SHARE, said)


# --- Verifying


def _verifying(entries: int) -> Iterator[Figure]:
    from audit import parts, sealing, verification

    _fill(entries)
    said = sealing.seal()
    assert said
    jobs = parts.default_jobs()
    begun, cpu = time.perf_counter(), _processor()
    report = verification.verify(outside=[(said.text, "kept")], jobs=jobs)
    seconds, used = time.perf_counter() - begun, _processor() - cpu
    assert report.clean, report.flaws
    assert report.sealed == report.entries
    what = f"{report.entries:,} entries verified, with chain, texts, tree and a checkpoint"
    goal = GOAL_SECONDS * entries / ENTRIES
    said_of = f"{jobs} processes; {used:.1f} s of processor, what they began not counted"
    yield Figure(f"record, {what}", seconds, "s", goal, said_of)
    rate = report.entries / seconds
    yield Figure("record, entries verified a second", rate, "", GOAL_RATE, at_least=True)


def _processor() -> float:
    """Seconds of processor that this process and its connection to the database have used."""
    from django.db import connection

    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    # In nanoseconds, and not in ticks, of which an update takes one.
    used = int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return used / 1e9 + time.process_time()


def _fill(entries: int) -> None:
    """Write entries as the trigger has them, a quarter with a text."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_ENTRIES, [entries])
        cursor.execute(_REMARKS, [])
        cursor.execute("VACUUM ANALYZE audit_entry, audit_remark, audit_head")


_SALT, _TEXT = "f" * 32, "The link was taken down at noon, and nobody has opened it since."
_ENTRIES = f"""
    WITH said AS (
        SELECT g, encode(sha256(convert_to('{_SALT}' || chr(10) || '{_TEXT}', 'UTF8')), 'hex') AS c
          FROM generate_series(1, %s) AS g)
    INSERT INTO audit_entry (stream, seq, at, prev, hash, action, subject, body)
    SELECT 'bench:' || (g %% {STREAMS}), 0, now(), '', '', 'timeline.written',
           'incidents.timelineentry:' || g,
           '{{"action":"timeline.written","actor":null,"actor_name":"Ada Invented",'
           || '"facts":{{"audience":"responders","kind":"update"}},'
           || CASE WHEN g %% 4 = 0 THEN '"remark":"' || c || '",' ELSE '' END
           || '"subject":"incidents.timelineentry:' || g || '","via":"page"}}'
      FROM said
"""
_REMARKS = f"""
    INSERT INTO audit_remark (entry_id, salt, text)
    SELECT id, '{_SALT}', '{_TEXT}' FROM audit_entry
     WHERE starts_with(stream, 'bench:') AND body LIKE '%%"remark"%%'
"""
