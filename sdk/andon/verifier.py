"""Checks stamps where records come in. Answers from memory, and refuses when in doubt."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple

from andon import clock as clocks
from andon import forking
from andon.connection import Line
from andon.endpoint import INGEST, ConfigError, program_from
from andon.fetching import Fetcher, Shelf
from andon.gates import gates_from
from andon.refused import Refused, Reporter
from andon.sheet import Verdict, is_of_the_past, judge
from andon.timing import USUAL, Timing

logger = logging.getLogger("andon")


class VerifierState(NamedTuple):
    """A picture of a verifier at one moment, for logs and pages. Holds no secret."""

    program: str
    good: bool
    seconds_left: float
    reason: str
    unreported: int  # refused stamps that the gate has not confirmed yet
    lost: int  # refused stamps that it will never hear of


class Verifier:
    """Fetches the gate's sheet in the background; check() answers from memory.

    Args:
        program: slug of the program; ANDON_PROGRAM if not given.
        url: address of the gate, or several with commas between; ANDON_GATE_URL if not given.
        token: an ingest key of the program; ANDON_INGEST_TOKEN if not given. It is never logged.
        clock: seconds, monotonic, going on while the machine sleeps.
        tls: how to verify the gate, by default against the system's authorities.
        start: False leaves the threads to start(), for a process that forks its workers first.

    Raises:
        ConfigError: if a setting is missing or wrong; the message names it.
    """

    __slots__ = (
        "__weakref__",
        "_clock",
        "_gates",
        "_lines",
        "_lock",
        "_program",
        "_refused",
        "_shelf",
        "_threads",
        "_timing",
    )

    def __init__(
        self,
        program: str | None = None,
        url: str | None = None,
        token: str | None = None,
        *,
        clock: Callable[[], float] = clocks.now,
        tls: ssl.SSLContext | None = None,
        timing: Timing = USUAL,
        start: bool = True,
    ) -> None:
        self._program = program_from(program)
        self._gates = gates_from(url, token, tls, kind=INGEST)
        self._clock = clock
        self._timing = timing
        self._shelf, self._refused = Shelf(clock), Refused()
        self._lock = threading.Lock()
        self._lines: tuple[Line, ...] = ()
        self._threads: tuple[threading.Thread, ...] = ()
        forking.watch(self)
        if start:
            self.start()

    def check(self, stamp: str, record: bytes | str | None = None) -> Verdict:
        """Say whether to take a record in. Asks nobody and never waits.

        Without a good sheet every stamp is refused. Stamps of a generation that is over are
        reported to the gate in the background, and counted there.

        Args:
            record: the record's bytes, or text that is kept as UTF-8. None: not compared.
        """
        shelf, now = self._shelf, self._clock()
        held = shelf.held
        if held is None or now >= held.good_until:
            return Verdict(False, "stale_sheet", shelf.reason(), again=True)
        verdict = judge(held.sheet, stamp, record, now=held.sheet.wall_zero + now)
        if is_of_the_past(verdict):
            self._refused.add(stamp)
        elif verdict.again:
            shelf.fetch_now()
        return verdict

    def start(self) -> None:
        """Start the verifier's threads, if they do not run in this process yet.

        Raises:
            ConfigError: if the verifier was closed; a closed one stays closed.
        """
        with self._lock:
            if self._shelf.closed:
                raise ConfigError("a closed verifier stays closed: make a new one")
            if self._threads:
                return
            reading, telling = (Line(self._gates, self._clock) for _ in range(2))
            program, timing = self._program, self._timing
            fetcher = Fetcher(self._shelf, reading, program=program, timing=timing)
            reporter = Reporter(self._refused, telling, program=program, timing=timing)
            self._lines = (reading, telling)
            self._threads = (
                threading.Thread(target=fetcher.run, name="andon-sheet", daemon=True),
                threading.Thread(target=reporter.run, name="andon-refused", daemon=True),
            )
            for thread in self._threads:
                thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is a good sheet, at most `timeout` seconds. Returns whether there is."""
        if not self._threads and not self._shelf.closed:
            self.start()
        shelf = self._shelf
        with shelf.changed:
            shelf.changed.wait_for(lambda: shelf.closed or shelf.is_good(), timeout)
            return shelf.is_good()

    @property
    def state(self) -> VerifierState:
        """The present picture, for logs."""
        held = self._shelf.held
        left = held.good_until - self._clock() if held is not None else 0.0
        reason = "the sheet is good" if left > 0 else self._shelf.reason()
        refused = self._refused
        return VerifierState(
            self._program, left > 0, max(0.0, left), reason, refused.waiting, refused.lost
        )

    def close(self) -> None:
        """Refuse from now on, and report what is unreported if the gate listens; up to 4 s."""
        with self._lock:
            self._shelf.close()
            self._refused.close()
            threads, self._threads = self._threads, ()
        lines = self._lines
        if threads:
            lines[0].end()
            threads[1].join(self._timing.farewell)
            lines[1].end()
        for thread in threads:
            thread.join(self._timing.farewell / 2)
        if self._refused.waiting:
            logger.warning("closed with %s refused stamps unreported", self._refused.waiting)

    def __enter__(self) -> Verifier:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<andon.Verifier {self._program}: {self.state.reason}>"

    def begin_anew_in_child(self) -> None:
        """Forget the parent's sheet and start without one. Called in a forked child."""
        closed = self._shelf.closed
        self._shelf, self._refused = Shelf(self._clock), Refused()
        self._shelf.trouble = "this process was forked: call start()"
        self._shelf.closed = self._refused.closed = closed
        self._lock = threading.Lock()
        for line in self._lines:
            line.forget()
        self._lines, self._threads = (), ()
