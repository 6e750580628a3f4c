"""Leads from the gate's threads into an event loop. Decides who waits for whom, and how long."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, wait
from contextlib import suppress
from types import TracebackType
from typing import Any

from andon.announcer import LeftBehind
from andon.permit import Changed

_LOOK_EVERY = 0.1


class Bridge:
    """Runs callbacks in the loop, for the gate's threads.

    Args:
        closed: says whether the gate was closed: nobody waits for a callback then.
        give_up: called when a callback is due and its loop was closed.
    """

    def __init__(self, closed: Callable[[], bool], give_up: Callable[[], None]) -> None:
        self._closed = closed
        self._give_up = give_up
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self) -> None:
        """Take the running loop for the callbacks, if there is none yet or it was closed."""
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.get_running_loop()

    def forget(self) -> None:
        """Let go of the loop."""
        self._loop = None

    def across(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return what a thread of the gate may call: it runs in the loop, async or not."""
        return functools.partial(self._run, function)

    def _run(self, function: Callable[..., Any], *given: Any) -> Any:
        loop, future = self._loop, None
        if loop is not None and not loop.is_closed():
            future = _begin(_call(function, *given), loop)
        if loop is None or future is None:
            self._give_up()
            raise LeftBehind
        while not wait([future], _LOOK_EVERY).done:
            if loop.is_closed():
                self._give_up()
            # The callback goes on by itself: it may be what closes the gate.
            if self._closed():
                raise LeftBehind
        return future.result()


class Bell:
    """Wakes one coroutine on each change that a thread makes."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._rung: asyncio.Future[None] | None = None

    def __enter__(self) -> Bell:
        with self._changed:
            self._changed.watchers.append(self._ring)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changed:
            self._changed.watchers.remove(self._ring)

    async def wait(self, seconds: float | None) -> None:
        """Return on the next change, or after so many seconds."""
        self._rung = self._loop.create_future()
        # Not asyncio.wait_for(): before Python 3.12 it may swallow a cancellation.
        timer = None if seconds is None else self._loop.call_later(seconds, self._wake)
        try:
            await self._rung
        finally:
            if timer is not None:
                timer.cancel()

    def _ring(self) -> None:
        # A loop that was closed waits for nothing any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._rung is not None and not self._rung.done():
            self._rung.set_result(None)


async def _call(function: Callable[..., Any], *given: Any) -> Any:
    said = function(*given)
    return await said if inspect.isawaitable(said) else said


def _begin(
    coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop
) -> Future[Any] | None:
    try:
        return asyncio.run_coroutine_threadsafe(coroutine, loop)
    except RuntimeError:
        coroutine.close()  # the loop was closed just now
        return None
