"""Read the record in several processes, each a range of its streams. Reads only.

Streams do not depend on each other, and what takes the time is one hash after another. All
processes see the one moment that the first one sees.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, pairwise
from pathlib import Path
from threading import Lock
from typing import IO, Any

import django
from django.conf import settings
from django.db import connection, transaction

from audit.chain import Flaw
from audit.links import Span, Walk

MOST_JOBS = 4
# Of fewer entries a second process is begun for longer than it would help.
WORTH_IT = 100_000
PROGRESS_EACH = 10_000
_ENDED = "A process that read a part of the record ended before its time."
_ROOT = Path(__file__).resolve().parent.parent
# Nobody's word but that of heads, which may have been forged: they only say where to cut, and every
# stream lies in one of the ranges wherever these end.
_CUTS = """
    SELECT min(stream) FROM (
        SELECT stream, trunc((sum(greatest(seq, 1)) OVER (ORDER BY stream) - 1) * %s
               / sum(greatest(seq, 1)) OVER ()) AS part FROM audit_head) AS h
     WHERE part > 0 GROUP BY part ORDER BY min(stream)
"""


class Broken(Exception):
    """A process ended before it had read its part, so nothing can be said of the whole."""


@dataclass
class Part:
    """What one process found in its streams; of `more` flaws only the number is known."""

    entries: int = 0
    streams: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    more: int = 0


def default_jobs() -> int:
    """How many processes read at once unless told otherwise: one for each core, at most four."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_JOBS)
    # Not on macOS.
    return min(os.cpu_count() or 1, MOST_JOBS)


class Parts:
    """Several processes that read the record, from when it is entered until it is left.

    Call it in a transaction that sees one moment and is not inside another.

    Args:
        jobs: how many at most; fewer streams need fewer.
        most: flaws that each keeps.
        tell: is called with how many entries all of them have read.
    """

    def __init__(
        self,
        jobs: int,
        *,
        since: datetime | None,
        most: int,
        tell: Callable[[int], object] = int,
    ) -> None:
        self._jobs, self._since, self._most, self._tell = jobs, since, most, tell
        self._lock, self._read = Lock(), Counter[int]()
        self._processes: list[subprocess.Popen[str]] = []
        self._found: list[Future[Part]] = []

    @contextmanager
    def reading(self) -> Iterator["Parts"]:
        """Begin to read; what is under way ends if an exception leaves it."""
        task = self._task()
        with ThreadPoolExecutor(self._jobs) as pool:
            try:
                for number, span in enumerate(_spans(self._jobs)):
                    process = _begin(task | {"span": span})
                    self._processes.append(process)
                    self._found.append(pool.submit(self._follow, number, process))
                yield self
            finally:
                for process in self._processes:
                    process.kill()
                    process.wait()

    def found(self) -> Iterator[Part]:
        """Yield what each found, in the order of the streams.

        Raises:
            Broken: if one did not come to its end.
        """
        for each in self._found:
            yield each.result()

    def _task(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            # It waits for the others meanwhile, and doing so says nothing to the database.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        return {
            "database": connection.settings_dict,
            "snapshot": snapshot,
            "since": self._since.isoformat() if self._since else None,
            "most": self._most,
        }

    def _follow(self, number: int, process: "subprocess.Popen[str]") -> Part:
        assert process.stdout
        part = Part()
        with process.stdout as lines:
            for line in lines:
                said = json.loads(line)
                if "read" in said:
                    self._note(number, said["read"])
                elif "flaw" in said:
                    part.flaws.append(Flaw(*said["flaw"]))
                else:
                    part.entries, part.streams, part.more = said["end"]
                    return part
        raise Broken(_ENDED)

    def _note(self, number: int, read: int) -> None:
        with self._lock:
            self._read[number] = read
            self._tell(self._read.total())


def _begin(task: dict[str, Any]) -> "subprocess.Popen[str]":
    # Not forked: a process that has a connection and threads is not safely copied.
    process = subprocess.Popen(
        [sys.executable, "-m", "audit.parts"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        # By a pipe, as a command line is everybody's to read and this holds a password.
        with process.stdin as task_of:
            json.dump(task, task_of, default=str)
    except BrokenPipeError as error:
        process.stdout.close()
        process.wait()
        raise Broken(_ENDED) from error
    return process


def _spans(jobs: int) -> list[Span]:
    with connection.cursor() as cursor:
        cursor.execute(_CUTS, [jobs])
        cuts = [stream for (stream,) in cursor.fetchall()]
    return list(pairwise([None, *cuts, None]))


# --- In each process


def _work(task: dict[str, Any], out: IO[str]) -> None:
    def tell(**said: Any) -> None:
        out.write(f"{json.dumps(said)}\n")
        out.flush()

    walk = Walk(since=_moment(task["since"]), span=tuple(task["span"]))
    kept = more = 0
    with _the_moment_of(task["snapshot"]):
        found = walk.flaws(each=PROGRESS_EACH, tell=lambda: tell(read=walk.entries))
        for flaw in chain(found, walk.remarks()):
            if kept < task["most"]:
                kept += 1
                tell(flaw=[flaw.stream, flaw.seq, flaw.what])
            else:
                more += 1
    tell(end=[walk.entries, walk.streams, more])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@contextmanager
def _the_moment_of(snapshot: str) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # It takes no parameter, and comes from the process that began this one.
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield


def main() -> None:
    task = json.load(sys.stdin)
    settings.configure(DATABASES={"default": task["database"]}, USE_TZ=True)
    # Of no app: it needs a connection and the chain, and is begun in a third of a second.
    django.setup()
    _work(task, sys.stdout)


if __name__ == "__main__":
    main()
