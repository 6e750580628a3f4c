"""Wires between processes that can be cut, fall silent, or lose one direction.

A silent wire keeps its connections and passes nothing on, as a network that drops packets
does; what was said meanwhile arrives when it is mended. A cut one closes and refuses.
"""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any


class Exchange:
    """The thread in which all wires run."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)


class Wire:
    """One place to connect to, and what stands behind it; both a path or a port."""

    def __init__(self, exchange: Exchange, at: Path | int, to: Path | int) -> None:
        self._exchange = exchange
        self._at = at
        self._to = to
        self._cut = False
        self._lines: set[asyncio.StreamWriter] = set()
        # What may pass: towards what stands behind, back, and back on a stream of news.
        self._up, self._down, self._news = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.mend()
        exchange.do(self._listen())

    def silence(self, *, up: bool = True, down: bool = True, news: bool = True) -> None:
        """Pass nothing on in these directions."""
        for event, silent in ((self._up, up), (self._down, down), (self._news, news)):
            if silent:
                self._exchange.loop.call_soon_threadsafe(event.clear)

    def cut(self) -> None:
        """Close all connections and refuse new ones."""
        self._cut = True
        self._exchange.loop.call_soon_threadsafe(self._close)

    def mend(self) -> None:
        self._cut = False
        for event in (self._up, self._down, self._news):
            self._exchange.loop.call_soon_threadsafe(event.set)

    def _close(self) -> None:
        for line in list(self._lines):
            line.transport.abort()

    async def _listen(self) -> None:
        if isinstance(self._at, Path):
            self._at.unlink(missing_ok=True)
            await asyncio.start_unix_server(self._serve, str(self._at))
        else:
            await asyncio.start_server(self._serve, "127.0.0.1", self._at)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            if self._cut:
                return
            first = await reader.read(65536)
            await self._up.wait()
            if isinstance(self._to, Path):
                far_reader, far_writer = await asyncio.open_unix_connection(str(self._to))
            else:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
            self._lines.add(far_writer)
            far_writer.write(first)
            back = self._news if first.startswith(b"GET /v1/stream") else self._down
            try:
                await asyncio.gather(
                    self._pump(reader, far_writer, self._up),
                    self._pump(far_reader, writer, back),
                )
            finally:
                self._lines.discard(far_writer)
                far_writer.transport.abort()
        except OSError:
            pass
        finally:
            self._lines.discard(writer)
            writer.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passes: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            await passes.wait()
            writer.write(data)
            await writer.drain()
        # One end has hung up: so does the other.
        raise ConnectionAbortedError
