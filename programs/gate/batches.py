"""Gathers what many ask for into few transactions. Knows no database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 500
GATHER_SECONDS = 0.02


class Batch(Generic[Item, Result]):
    """One kind of thing to write; answers only after it was written.

    Args:
        write: writes items and returns a result for each, in their order. It does not raise.
        most: how many items it is given at once.
    """

    def __init__(
        self, write: Callable[[list[Item]], Awaitable[list[Result]]], *, most: int = MOST
    ) -> None:
        self._write = write
        self._most = most
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._some = asyncio.Event()
        self._many = asyncio.Event()
        self._flushed_at = float("-inf")

    async def ask(self, item: Item) -> Result:
        """Return the result of writing this item."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._some.set()
        if len(self._waiting) >= self._most:
            self._many.set()
        return await future

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._some.wait()
            await self._gather()
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if not self._waiting:
                self._some.clear()
            if len(self._waiting) < self._most:
                self._many.clear()
            await self._flush(batch)

    async def _gather(self) -> None:
        # The first after a rest goes at once; in a rush others come along meanwhile.
        rest = self._flushed_at + GATHER_SECONDS - asyncio.get_running_loop().time()
        if rest > 0:
            try:
                async with asyncio.timeout(rest):
                    await self._many.wait()
            except TimeoutError:
                pass

    async def _flush(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        # Whoever gave up waiting must not be granted a lease it will never hear of.
        wanted = [(item, future) for item, future in batch if not future.done()]
        if wanted:
            results = await self._write([item for item, _ in wanted])
            for (_, future), result in zip(wanted, results, strict=True):
                if not future.done():
                    future.set_result(result)
        self._flushed_at = asyncio.get_running_loop().time()
