"""The gate for asyncio: the same gate and its threads, waited for without holding up the loop.

Threads, not streams of the loop: a loop that is held up must not hold up the renewals, and there
is one implementation of what decides.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from andon import clock as clocks
from andon import forking
from andon.bridge import Bell, Bridge
from andon.buffer import Buffer
from andon.gate import Gate
from andon.guard import Guard
from andon.permit import State
from andon.subjects import BREAK, GO_ON, OPT_OUT, Choice
from andon.timing import USUAL, Timing
from andon.version import VERSION


class AsyncGate:
    """Gate for a program that runs in an event loop. What needs no waiting is not awaited.

    It starts in the loop that enters it, waits for it or calls start(). Callbacks, plain or
    async, run in that loop. A gate whose loop was closed closes itself when a callback is due.

    Args:
        program, url, token, version, clock, tls: as for Gate.
        buffer, halt, on_stop, on_start: as for Gate, and each may be async.

    Raises:
        ConfigError: if a setting is missing or wrong; the message names it.
    """

    __slots__ = ("__weakref__", "_bridge", "_gate")

    def __init__(
        self,
        program: str | None = None,
        url: str | None = None,
        token: str | None = None,
        *,
        version: str = f"andon-sdk/{VERSION}",
        buffer: str | Callable[[], str | Awaitable[str]] | Buffer[Any] = "empty",
        halt: Callable[[], Awaitable[None] | None] | None = None,
        on_stop: Callable[[State], Awaitable[None] | None] | None = None,
        on_start: Callable[[State], Awaitable[None] | None] | None = None,
        clock: Callable[[], float] = clocks.now,
        tls: ssl.SSLContext | None = None,
        timing: Timing = USUAL,
    ) -> None:
        self._bridge = bridge = Bridge(self._is_closed, self._give_up)
        self._gate = Gate(
            program,
            url,
            token,
            version=version,
            buffer=bridge.across(buffer) if callable(buffer) else buffer,
            halt=bridge.across(halt) if halt else None,
            on_stop=bridge.across(on_stop) if on_stop else None,
            on_start=bridge.across(on_start) if on_start else None,
            clock=clock,
            tls=tls,
            timing=timing,
            start=False,
        )
        forking.watch(self)

    def allowed(self) -> bool:
        """Say whether collecting is allowed at this moment. As Gate.allowed()."""
        return self._gate.allowed()

    def allowed_for(self, subject: str) -> bool:
        """Say whether data of this participant may be collected. As Gate.allowed_for()."""
        return self._gate.allowed_for(subject)

    def stamp(self, record: bytes | str | None = None, *, subject: str | None = None) -> str:
        """Return a stamp to keep beside the record. As Gate.stamp()."""
        return self._gate.stamp(record, subject=subject)

    def guard(self, subject: str | Callable[..., str] | None = None) -> Guard[AsyncGate]:
        """Return a context manager (`with`) and decorator. As Gate.guard()."""
        return Guard(self, self._require, subject)

    @property
    def state(self) -> State:
        """The present picture, for logs."""
        return self._gate.state

    async def start(self) -> None:
        """Start in this loop, if it does not run in this process yet.

        Raises:
            ConfigError: if the gate was closed; a closed gate stays closed.
        """
        self._bridge.bind()
        self._gate.start()

    async def wait(self, timeout: float | None = None, *, subject: str | None = None) -> bool:
        """Wait until collecting is allowed, at most `timeout` seconds. Returns whether it is.

        As Gate.wait(). It may be cancelled at any time.
        """
        self._start_if_new()
        gate = self._gate

        def allowed() -> bool:
            return gate.allowed() if subject is None else gate.allowed_for(subject)

        # No one notifies when a break ends.
        tick = None if subject is None else gate._settings.timing.tick
        await self._until(lambda: self._is_closed() or allowed(), timeout, tick=tick)
        return allowed()

    async def wait_acknowledged(self, timeout: float | None = None) -> bool:
        """Wait until no stop is left to acknowledge, at most `timeout` seconds. Returns whether."""
        permit = self._gate._permit
        await self._until(lambda: permit.closed or permit.stop is None, timeout)
        return permit.stop is None

    async def take_break(self, subject: str, seconds: float, *, timeout: float = 10.0) -> Choice:
        """Stop collecting this participant's data for so long. As Gate.take_break()."""
        return await self._choose(subject, BREAK, seconds, timeout=timeout)

    async def opt_out(self, subject: str, *, timeout: float = 10.0) -> Choice:
        """Collect nothing of this participant any more. As Gate.opt_out()."""
        return await self._choose(subject, OPT_OUT, timeout=timeout)

    async def go_on(self, subject: str, *, timeout: float = 10.0) -> Choice:
        """Collect this participant's data again. As Gate.go_on()."""
        return await self._choose(subject, GO_ON, timeout=timeout)

    async def close(self) -> None:
        """Stop for good and tell the gate, if it listens. Acknowledges nothing; takes up to 4 s."""
        await asyncio.get_running_loop().run_in_executor(None, self._gate.close)

    async def __aenter__(self) -> AsyncGate:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return repr(self._gate).replace("Gate", "AsyncGate", 1)

    async def _choose(
        self, subject: str, choice: str, seconds: float | None = None, *, timeout: float
    ) -> Choice:
        self._start_if_new()
        wish = self._gate._choices.wish(subject, choice, seconds)
        await self._until(lambda: self._is_closed() or wish.answer is not None, timeout)
        return self._gate._choices.outcome(wish)

    async def _until(
        self, true: Callable[[], bool], timeout: float | None, *, tick: float | None = None
    ) -> None:
        """Return when it is true, or after the timeout, looking on each change and each tick."""
        end = None if timeout is None else time.monotonic() + timeout
        with Bell(self._gate._permit.changed) as bell:
            while not true():
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    return
                await bell.wait(min((s for s in (left, tick) if s is not None), default=None))

    def _require(self, subject: str | None) -> None:
        if self._gate._workers is None and not self._is_closed():
            self._bridge.bind()
        self._gate._require(subject)

    def _start_if_new(self) -> None:
        self._bridge.bind()
        self._gate._start_if_new()

    def _is_closed(self) -> bool:
        return self._gate._permit.closed

    def _give_up(self) -> None:
        self._gate._permit.close("the event loop was closed")

    def begin_anew_in_child(self) -> None:
        """Forget the parent's loop. Called in a forked child."""
        self._bridge.forget()
