"""What a terminal asks a gate once: may this program collect, and is this stamp good."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

from andon import clock
from andon.connection import Line, NoStream
from andon.endpoint import INGEST, ConfigError, program_from
from andon.fetching import Fetcher, Shelf
from andon.gates import Gates, gates_from
from andon.listener import STREAM_PATH
from andon.output import EXIT_NO, EXIT_UNKNOWN, EXIT_YES, fail, say
from andon.protocol import COLLECTING, News, read_news
from andon.sheet import Verdict, judge
from andon.sse import events
from andon.timing import USUAL
from andon.wire import Malformed


def status(options: argparse.Namespace) -> int:
    """Tell the state of a program, from the stream: a question must not look like a collector."""
    program, gates = program_from(options.program), gates_from(options.url, None)
    try:
        news = _ask(gates, program, options.timeout)
    except (OSError, HTTPException, Malformed, NoStream) as trouble:
        reason = f"no usable answer: {trouble or type(trouble).__name__}"
        said: dict[str, object] = {"program": program, "state": "unknown", "reason": reason}
        say(options, said, f"{program}: {reason}")
        return EXIT_UNKNOWN
    said = {"program": program, "state": news.state, "generation": news.generation}
    said["reason"] = news.reason
    say(options, said, f"{program}: {news.reason} (generation {news.generation})")
    return EXIT_YES if news.state == COLLECTING else EXIT_NO


def verify(options: argparse.Namespace) -> int:
    """Check each stamp against the sheet of a gate. Nothing is reported: looking counts nothing."""
    if options.record and len(options.stamp) != 1:
        raise ConfigError("--record takes the record of one stamp: give exactly one")
    try:
        record = Path(options.record).read_bytes() if options.record else None
    except OSError as trouble:
        raise ConfigError(f"--record: {trouble.strerror}: {options.record}") from trouble
    program, gates = program_from(options.program), gates_from(options.url, None, kind=INGEST)
    stamps: Iterable[str] = options.stamp or (line.strip() for line in sys.stdin)
    with closing(_Judge(program, gates, options.timeout)) as judging:
        seen = [_check(options, judging, stamp, record) for stamp in stamps if stamp]
    if not seen:
        raise ConfigError("there is no stamp: give one, or one a line on standard input")
    if any(verdict.reason == "stale_sheet" for verdict in seen):
        fail(options, next(v.detail for v in seen if v.reason == "stale_sheet"))
        return EXIT_UNKNOWN
    return EXIT_YES if all(seen) else EXIT_NO


def _check(
    options: argparse.Namespace, judging: _Judge, stamp: str, record: bytes | None
) -> Verdict:
    verdict = judging.check(stamp, record)
    words = "accepted" if verdict else f"refused ({verdict.reason}): {verdict.detail}"
    say(options, dict(verdict._asdict(), stamp=stamp), words)
    return verdict


class _Judge:
    """A verifier that asks only when it must, in the thread of its caller."""

    def __init__(self, program: str, gates: Gates, timeout: float) -> None:
        self._shelf = Shelf(clock.now)
        self._line = Line(gates, clock.now)
        timing = USUAL._replace(answer=timeout)
        self._fetcher = Fetcher(self._shelf, self._line, program=program, timing=timing)

    def check(self, stamp: str, record: bytes | None) -> Verdict:
        for tried in range(3):
            if self._shelf.is_good():
                break
            time.sleep(0.2 * tried)
            self._fetcher.fetch()
        held = self._shelf.held
        if held is None or not self._shelf.is_good():
            return Verdict(False, "stale_sheet", self._shelf.reason(), again=True)
        return judge(held.sheet, stamp, record, now=held.sheet.wall_zero + clock.now())

    def close(self) -> None:
        self._line.close()


def _ask(gates: Gates, program: str, timeout: float) -> News:
    for tries_left in range(min(3, gates.count) - 1, -1, -1):
        try:
            return _ask_one(Line(gates, clock.now), program, timeout)
        except (OSError, HTTPException, Malformed, NoStream):
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def _ask_one(line: Line, program: str, timeout: float) -> News:
    chunks = line.stream(STREAM_PATH + program, timeout=timeout, silence=timeout)
    with closing(chunks):
        for name, data in events(_until(chunks, time.monotonic() + timeout)):
            if name == "state":
                return read_news(data, program=program)
    raise ConnectionError("the stream ended without a state")


def _until(chunks: Iterator[bytes], deadline: float) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        if time.monotonic() > deadline:
            raise TimeoutError("the stream did not tell the state in time")
