"""Decides what is let through: raises instead of running what is not allowed."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

Entered = TypeVar("Entered")
Function = TypeVar("Function", bound=Callable[..., Any])


class Guard(Generic[Entered]):
    """Looks before it lets in. A context manager and a decorator.

    What it decorates is looked at when it begins to run: a function when it is called, an async one
    when it is awaited, a generator of either kind before each of its steps. It may be used by
    many threads and tasks at once.

    Args:
        entered: what `with` gives.
        look: raises NotAllowed unless the subject, or without one anybody, may be recorded now.
        subject: whose data it is; for a decorator also a callable that gets the arguments of the
            decorated function and returns it.
    """

    def __init__(
        self,
        entered: Entered,
        look: Callable[[str | None], None],
        subject: str | Callable[..., str] | None = None,
    ) -> None:
        self._entered = entered
        self._look = look
        self._subject = subject

    def __enter__(self) -> Entered:
        if callable(self._subject):
            raise TypeError("in a with statement subject must be a text: there are no arguments")
        self._look(self._subject)
        return self._entered

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def __call__(self, function: Function) -> Function:
        """Return the function, guarded."""
        if inspect.isasyncgenfunction(function):
            guarded: Callable[..., Any] = self._async_steps(function)
        elif inspect.isgeneratorfunction(function):
            guarded = self._steps(function)
        elif inspect.iscoroutinefunction(function):
            guarded = self._async_call(function)
        else:
            guarded = self._call(function)
        return cast("Function", functools.wraps(function)(guarded))

    def _whose(self, given: tuple[Any, ...], named: dict[str, Any]) -> str | None:
        return self._subject(*given, **named) if callable(self._subject) else self._subject

    def _call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*given: Any, **named: Any) -> Any:
            self._look(self._whose(given, named))
            return function(*given, **named)

        return guarded

    def _async_call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def guarded(*given: Any, **named: Any) -> Any:
            self._look(self._whose(given, named))
            return await function(*given, **named)

        return guarded

    def _steps(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*given: Any, **named: Any) -> _Steps:
            look = functools.partial(self._look, self._whose(given, named))
            return _Steps(look, function(*given, **named))

        return guarded

    def _async_steps(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*given: Any, **named: Any) -> _AsyncSteps:
            look = functools.partial(self._look, self._whose(given, named))
            return _AsyncSteps(look, function(*given, **named))

        return guarded


class _Steps(Generator[Any, Any, Any]):
    """A generator that looks before each step, and is closed by the first refusal."""

    def __init__(self, look: Callable[[], None], steps: Generator[Any, Any, Any]) -> None:
        self._look = look
        self._steps = steps

    def send(self, value: Any) -> Any:
        self._look_first()
        return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        self._look_first()
        return self._steps.throw(*error)

    def close(self) -> None:
        self._steps.close()

    def _look_first(self) -> None:
        try:
            self._look()
        except BaseException:
            self._steps.close()
            raise


class _AsyncSteps(AsyncGenerator[Any, Any]):
    """The same for an async generator."""

    def __init__(self, look: Callable[[], None], steps: AsyncGenerator[Any, Any]) -> None:
        self._look = look
        self._steps = steps

    async def asend(self, value: Any) -> Any:
        await self._look_first()
        return await self._steps.asend(value)

    async def athrow(self, *error: Any) -> Any:
        await self._look_first()
        return await self._steps.athrow(*error)

    async def aclose(self) -> None:
        await self._steps.aclose()

    async def _look_first(self) -> None:
        try:
            self._look()
        except BaseException:
            await self._steps.aclose()
            raise
