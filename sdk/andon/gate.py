"""The gate of one collector: may I collect? Wires the permit to its three threads."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

from andon import clock as clocks
from andon import forking
from andon.announcer import Announcer, Hooks
from andon.connection import Line
from andon.endpoint import ConfigError, endpoint_from, program_from
from andon.guard import Guard
from andon.listener import Listener
from andon.permit import Permit, State
from andon.protocol import BUFFERS
from andon.refusals import NoStampKey
from andon.renewal import Renewer, say_goodbye
from andon.stamps import Claim, digest_of
from andon.timing import USUAL, Timing
from andon.version import VERSION
from andon.wire import write_time

logger = logging.getLogger("andon")


class Gate:
    """Asks a gate in the background; allowed() answers from memory, and answers no when in doubt.

    Args:
        program: slug of the program; ANDON_PROGRAM if not given.
        url: address of the gate; ANDON_GATE_URL if not given.
        token: this collector's token; ANDON_TOKEN if not given. It is never logged.
        version: name and version of the collector, up to 80 characters.
        buffer: what has become of data that was captured but not yet delivered when a stop is
            acknowledged: "empty", "sealed" or "purged", or a callable that returns one of them.
            If it raises, the acknowledgement waits and it is asked again.
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
        "_clock",
        "_endpoint",
        "_hooks",
        "_lines",
        "_lock",
        "_now",
        "_permit",
        "_threads",
        "_timing",
        "_version",
    )

    def __init__(
        self,
        program: str | None = None,
        url: str | None = None,
        token: str | None = None,
        *,
        version: str = f"andon-sdk/{VERSION}",
        buffer: str | Callable[[], str] = "empty",
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
        if not callable(buffer) and buffer not in BUFFERS:
            raise ConfigError(f"buffer must be one of {', '.join(BUFFERS)}, or a callable")
        self._clock = clock
        self._permit = Permit(program_from(program), clock)
        self._endpoint = endpoint_from(url, token, tls)
        self._version = version
        self._hooks = Hooks(halt, on_start, on_stop, buffer)
        self._timing = timing
        self._lock = threading.Lock()
        self._lines: tuple[Line, ...] = ()
        self._threads: tuple[threading.Thread, ...] = ()
        forking.watch(self)
        if start:
            self.start()

    def allowed(self) -> bool:
        """Say whether collecting is allowed at this moment. Takes no lock, does no I/O.

        Ask before each record, not once a batch. In a forked child it says no until start().
        """
        return self._clock() < self._permit.deadline

    def stamp(self, record: bytes | str | None = None) -> str:
        """Return a stamp to keep beside the record: who captured it, when, in which generation.

        With it whoever takes the record in can tell that it was captured while it was allowed.

        Args:
            record: the record's bytes, or text that is kept as UTF-8; the stamp then holds for
                this record alone. None: it holds for any.

        Raises:
            Stopped: if no lease runs.
            NoStampKey: if the gate is too old to give a key for stamps.
        """
        digest = digest_of(record)
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
            if self._threads:
                return
            permit, timing = self._permit, self._timing
            asking, listening, telling = (Line(self._endpoint, self._clock) for _ in range(3))
            renewer = Renewer(permit, asking, version=self._version, timing=timing)
            listener = Listener(permit, listening, timing=timing, on_drain=asking.renew)
            announcer = Announcer(permit, telling, self._hooks, clock=self._clock, timing=timing)
            self._lines = (asking, listening, telling)
            self._threads = tuple(
                threading.Thread(target=target, name=f"andon-{name}", daemon=True)
                for name, target in (
                    ("renewal", renewer.run),
                    ("stream", listener.run),
                    ("announcer", announcer.run),
                )
            )
            for thread in self._threads:
                thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until collecting is allowed, at most `timeout` seconds. Returns whether it is.

        False without a timeout means that the gate was closed.
        """
        self._start_if_new()
        permit = self._permit
        with permit.changed:
            permit.changed.wait_for(lambda: permit.closed or self.allowed(), timeout)
            return self.allowed()

    def wait_acknowledged(self, timeout: float | None = None) -> bool:
        """Wait until no stop is left to acknowledge, at most `timeout` seconds. Returns whether."""
        permit = self._permit
        with permit.changed:
            permit.changed.wait_for(lambda: permit.closed or permit.stop is None, timeout)
            return permit.stop is None

    def guard(self) -> Guard:
        """Return a context manager and decorator that raises Stopped unless collecting is allowed.

        It looks once, on entering: keep what it guards as short as one record.
        """
        self._start_if_new()
        return Guard(self)

    @property
    def state(self) -> State:
        """The present picture, for logs."""
        return self._permit.state()

    def close(self) -> None:
        """Stop for good and tell the gate, if it listens. Acknowledges nothing; takes up to 4 s."""
        with self._lock:
            first, had_lease = not self._permit.closed, self._permit.lease is not None
            self._permit.close("the gate was closed")
            threads, self._threads = self._threads, ()
        for line in self._lines:
            line.end()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(self._timing.farewell / len(threads))
        if first and had_lease:
            line = Line(self._endpoint, self._clock)
            say_goodbye(self._permit, line, version=self._version, patience=self._timing.farewell)

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

    def _start_if_new(self) -> None:
        if not self._threads and not self._permit.closed:
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
        self._lock = threading.Lock()
        for line in self._lines:
            line.forget()
        self._lines, self._threads = (), ()
