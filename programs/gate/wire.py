"""The HTTP connection of a collector, with limits that uvicorn leaves to others."""

import asyncio
from collections import deque
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from programs.gate.answers import Refused
from programs.gate.app import DROP
from programs.gate.call import CAME

# From the first byte of a request to the end of its headers, and for a connection's first byte.
HEAD_SECONDS = 10.0
LARGEST_HEAD = 32 * 1024
# A head, the largest body that an endpoint reads, and what chunks add to it.
LARGEST_REQUEST = 192 * 1024
MOST_HEADERS = 100
# Clients do not pipeline; what waits behind an unfinished answer is kept in memory.
MOST_WAITING = 8
_END = b"\r\n\r\n"
# What a reader may leave unread before its stream counts as slow.
LARGEST_UNREAD = 16 * 1024
# Where trailers go: nobody reads them, and they must not pass for headers.
_NOWHERE: Any = deque(maxlen=0)


class TooMuch(Exception):
    """What the parser is told so that it stops in the middle of a packet."""


class Wire(HttpToolsProtocol):
    """Reads requests; ends what sends them too slowly, without end, or too many at once."""

    _in_head = True
    _head_bytes = 0
    _request_bytes = 0
    _last = b""
    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=LARGEST_UNREAD)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # Looked at before this packet counts: one that is too large at once is told so.
        if self._request_bytes > LARGEST_REQUEST:
            self.transport.abort()
            return
        self._request_bytes += len(data)
        if self._in_head and self._count(data) > LARGEST_HEAD:
            self.send_400_response("The headers must be at most 32 KiB.")
            return
        super().data_received(data)

    def _count(self, data: bytes) -> int:
        """Return how long the head is by now. What follows it in the same packet is the body's."""
        seen = self._last + data
        end = seen.find(_END)
        self._head_bytes += len(data) if end < 0 else end + len(_END) - len(self._last)
        # The end of a head may come in two packets.
        self._last = seen[1 - len(_END) :]
        return self._head_bytes

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MOST_WAITING:
            self.transport.abort()
            raise TooMuch
        super().on_message_begin()
        self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= MOST_HEADERS:
            self.send_400_response(f"There may be at most {MOST_HEADERS} headers.")
            raise TooMuch
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._rest()
        super().on_headers_complete()
        self.headers = _NOWHERE
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {DROP: self.transport.abort, CAME: self.cycle.message_event.is_set}

    def on_message_complete(self) -> None:
        self._request_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if self.transport.is_closing():
            return
        answer = Refused(400, msg, why="http").answer()
        lines = [b"HTTP/1.1 400 Bad Request", b"connection: close"]
        lines += [name + b": " + value for name, value in answer.headers]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + answer.body)
        self.transport.close()

    def _expect_head(self) -> None:
        self._in_head = True
        if self._hurry is None:
            self._hurry = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _rest(self) -> None:
        self._in_head = False
        self._head_bytes, self._last = 0, b""
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None
