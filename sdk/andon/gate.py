"""The gate of one collector: may I collect? The public face."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from andon import clock as clocks
from andon import forking
from andon.announcer import Hooks
from andon.buffer import Buffer, told_by
from andon.choices import Choices
from andon.connection import Line
from andon.endpoint import ConfigError, program_from
from andon.gates import gates_from
from andon.guard import Guard
from andon.participants import Participants
from andon.permit import Permit, State
from andon.refusals import NoStampKey, Stopped, SubjectNotAllowed
from andon.renewal import say_goodbye
from andon.stamps import Claim, digest_of
from andon.timing import USUAL, Timing
from andon.version import VERSION
from andon.wire import write_time
from andon.workers import Settings, Workers


class Gate(Participants):
    """Asks a gate in the background; allowed() answers from memory, and answers no when in doubt.

    Args:
        program: slug of the program; ANDON_PROGRAM if not given.
        url: address of the gate, or several with commas between; ANDON_GATE_URL if not given.
        token: this collector's token; ANDON_TOKEN if not given. It is never logged.
        version: name and version of the collector, up to 80 characters.
        buffer: what has become of data that was captured but not yet delivered when a stop is
            acknowledged: a Buffer, or "empty", "sealed" or "purged", or a callable that returns
            one of them. If it raises, the acknowledgement waits and it is asked again.
        halt: called first on each stop, in a thread of the gate. Let it return only when all that
            this process started has stopped: the stop is acknowledged as of that moment. If it
            raises it is called again, and nothing is acknowledged until it returns.
        on_stop: called after each stop with the state, before the acknowledgement; a very short
            permission may bring it without an on_start.
        on_start: called with the state whenever collecting may begin. What either of the two
            raises is logged and changes nothing.
        clock: seconds, monotonic, going on while the machine sleeps.
        tls: how to verify the gate, by default against the system's authorities.
        start: False leaves the threads to start(), for a process that forks its workers first.

    Raises:
        ConfigError: if a setting is missing or wrong; the message names it.
    """

    __slots__ = (
        "__weakref__",
        "_buffer",
        "_choices",
        "_clock",
        "_lock",
        "_permit",
        "_settings",
        "_workers",
    )

    def __init__(
        self,
        program: str | None = None,
        url: str | None = None,
        token: str | None = None,
        *,
        version: str = f"andon-sdk/{VERSION}",
        buffer: str | Callable[[], str] | Buffer[Any] = "empty",
        halt: Callable[[], None] | None = None,
        on_stop: Callable[[State], None] | None = None,
        on_start: Callable[[State], None] | None = None,
        clock: Callable[[], float] = clocks.now,
        tls: ssl.SSLContext | None = None,
        timing: Timing = USUAL,
        start: bool = True,
    ) -> None:
        if len(version) > 80:
            raise ConfigError("version must be at most 80 characters")
        told = told_by(buffer)
        self._buffer = buffer if isinstance(buffer, Buffer) else None
        self._clock = clock
        self._permit = Permit(program_from(program), clock)
        self._choices = Choices(self._permit)
        hooks = Hooks(halt, on_start, on_stop, told)
        self._settings = Settings(gates_from(url, token, tls), hooks, version, clock, timing)
        self._lock = threading.Lock()
        self._workers: Workers | None = None
        if self._buffer is not None:
            self._buffer.attach(self._permit)
        forking.watch(self)
        if start:
            self.start()

    def allowed(self) -> bool:
        """Say whether collecting is allowed at this moment. Takes no lock, does no I/O.

        Ask before each record, not once a batch. In a forked child it says no until start().
        """
        return self._clock() < self._permit.deadline

    def stamp(self, record: bytes | str | None = None, *, subject: str | None = None) -> str:
        """Return a stamp to keep beside the record: who captured it, when, in which generation.

        Args:
            record: the record's bytes, or text that is kept as UTF-8; the stamp then holds for
                this record alone. None: it holds for any.
            subject: the participant whose data it is; the stamp does not name them.

        Raises:
            Stopped: if no lease runs.
            SubjectNotAllowed: if this participant takes no part now.
            NoStampKey: if the gate is too old to give a key for stamps.
        """
        digest = digest_of(record)
        if subject is not None:
            self._require(subject)
        lease, wall = self._permit.capture()
        if lease.stamp_key is None:
            raise NoStampKey("this gate gives no key for stamps: it needs a newer Andon")
        program, collector = self._permit.program, lease.collector
        claim = Claim(program, collector, lease.generation, write_time(wall), digest)
        return claim.stamp(lease.stamp_key)

    def start(self) -> None:
        """Start the gate's threads, if they do not run in this process yet.

        Raises:
            ConfigError: if the gate was closed; a closed gate stays closed.
        """
        with self._lock:
            if self._permit.closed:
                raise ConfigError("a closed gate stays closed: make a new one")
            if self._workers is None:
                self._workers = Workers(self._permit, self._choices, self._settings)

    def wait(self, timeout: float | None = None, *, subject: str | None = None) -> bool:
        """Wait until collecting is allowed, at most `timeout` seconds. Returns whether it is.

        False without a timeout means that the gate was closed.

        Args:
            subject: also wait until this participant takes part.
        """
        self._start_if_new()
        permit, deadline = self._permit, None if timeout is None else time.monotonic() + timeout
        with permit.changed:
            while not (permit.closed or self._is_allowed(subject)):
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    break
                # No one notifies when a break ends.
                tick = None if subject is None else self._settings.timing.tick
                permit.changed.wait(min((s for s in (left, tick) if s is not None), default=None))
            return self._is_allowed(subject)

    def wait_acknowledged(self, timeout: float | None = None) -> bool:
        """Wait until no stop is left to acknowledge, at most `timeout` seconds. Returns whether."""
        permit = self._permit
        with permit.changed:
            permit.changed.wait_for(lambda: permit.closed or permit.stop is None, timeout)
            return permit.stop is None

    def guard(self, subject: str | Callable[..., str] | None = None) -> Guard[Gate]:
        """Return a context manager and decorator that raises NotAllowed unless it may collect.

        It looks once, on entering: keep what it guards as short as one record. Of a generator it
        looks before each step.

        Args:
            subject: the participant whose data it is; for a decorator also a callable that gets
                the arguments of the decorated function and returns the participant.
        """
        return Guard(self, self._require, subject)

    @property
    def state(self) -> State:
        """The present picture, for logs."""
        return self._permit.state()

    def close(self) -> None:
        """Stop for good and tell the gate, if it listens. Acknowledges nothing; takes up to 4 s."""
        with self._lock:
            first, had_lease = not self._permit.closed, self._permit.lease is not None
            self._permit.close("the gate was closed")
            workers, self._workers = self._workers, None
        settings = self._settings
        patience = settings.timing.farewell
        if workers is not None:
            workers.end(patience)
        if first and had_lease:
            line = Line(settings.gates, self._clock)
            say_goodbye(self._permit, line, version=settings.version, patience=patience)

    def __enter__(self) -> Gate:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = self.state
        return f"<andon.Gate {state.program}: {state.reason}>"

    def _is_allowed(self, subject: str | None) -> bool:
        return self.allowed() if subject is None else self.allowed_for(subject)

    def _require(self, subject: str | None) -> None:
        if self._is_allowed(subject):
            return
        state = self.state
        self._start_if_new()
        if not state.allowed:
            raise Stopped(state.reason)
        if subject is not None and not self.allowed_for(subject):
            raise SubjectNotAllowed(self._choices.reason(subject))

    def _start_if_new(self) -> None:
        if self._workers is None and not self._permit.closed:
            self.start()

    def begin_anew_in_child(self) -> None:
        """Forget the parent's lease and start closed. Called in a forked child."""
        # The parent's threads did not come along, its locks may be held for ever, and its lease
        # and connections are not this process's to use.
        closed = self._permit.closed
        self._permit = Permit(
            self._permit.program, self._clock, "this process was forked: call start()"
        )
        self._permit.closed = closed
        self._choices = Choices(self._permit)
        self._lock = threading.Lock()
        if self._buffer is not None:
            self._buffer.begin_anew_in_child(self._permit)
        workers, self._workers = self._workers, None
        if workers is not None:
            workers.forget()
