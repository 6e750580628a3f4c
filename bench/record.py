"""What the record costs whoever writes to it, and how fast all of it is verified.

On a PostgreSQL of its own that writes through to the disk, as production's does.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from bench import cast, stand
from bench.figure import Figure, spread

ENTRIES = 1_000_000
STREAMS = 20_000
GOAL_RATE, GOAL_SECONDS, GOAL_SHARE = 80_000, 20, 15
ROUNDS, WARM_UP = 60, 10
_number = count(1)


def measure(entries: int = ENTRIES) -> Iterator[Figure]:
    """Measure writing first, on a small database, and then verifying a large one."""
    with stand.database():
        import logging

        logging.disable(logging.INFO)
        yield from _writing()
        yield from _verifying(entries)


# --- Writing


def _writing() -> Iterator[Figure]:
    """A report and an update, each with and without the record, by turns."""
    from accounts.functions import Function

    reporter = cast.person("reporter")
    cast.person("commander", Function.COMMANDER)
    yield _share("a report", _compared(lambda: _report(reporter)))
    incident = _report(reporter).incident
    yield _share("an update on the timeline", _compared(lambda: _update(incident, reporter)))


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


def _compared(act: Callable[[], Any]) -> tuple[list[float], list[float]]:
    """Return milliseconds with and without what the record writes, by turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * (ROUNDS + WARM_UP)):
        without = number % 2
        with _no_record() if without else _as_it_is():
            begun = time.perf_counter()
            act()
            times[without].append((time.perf_counter() - begun) * 1000)
    return times[0][WARM_UP:], times[1][WARM_UP:]


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


def _share(what: str, times: tuple[list[float], list[float]]) -> Figure:
    with_, without = map(median, times)
    said = f"{with_:.1f} ms with it, {without:.1f} without; with: {spread(times[0], 'ms')}"
    share = 100 * (with_ - without) / without
    return Figure(f"record, added to {what}, median", share, "%", GOAL_SHARE, said)


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
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK") + time.process_time()


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
