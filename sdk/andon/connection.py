"""Speaks to a gate over one kept-alive connection. Decides when an exchange has taken too long."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
)
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, NamedTuple, cast

from andon.gates import Gates
from andon.version import VERSION
from andon.wire import Malformed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LARGEST_ANSWER = 65536


class Answer(NamedTuple):
    """What came back. Times are of the lease clock, around the exchange that brought the answer."""

    status: int
    body: bytes
    asked_at: float
    heard_at: float
    etag: str = ""


class _Question(NamedTuple):
    method: str
    path: str
    body: bytes | None = None
    more: tuple[str, str] = ("", "")  # one header
    at_most: int = LARGEST_ANSWER


class NoStream(Exception):
    """The gate answered, but not with a stream."""


class _TimedBytes(RawIOBase):
    """The bytes of one answer, until its time is up.

    The socket's own time-out starts again with each byte: a gate that drips its answer would
    hold the renewals for ever.
    """

    def __init__(self, raw: RawIOBase, connection: socket.socket, *, deadline: float) -> None:
        self._raw = raw
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        *,
        deadline: float,
    ) -> None:
        super().__init__(sock, debuglevel, method)
        self.fp = BufferedReader(_TimedBytes(self.fp.detach(), sock, deadline=deadline))


class Line:
    """One connection to a gate, for one thread. Only renew() and end() may come from another.

    A gate that does not answer is left for another, if there is one.
    """

    def __init__(self, gates: Gates, clock: Callable[[], float]) -> None:
        self._gates = gates
        self._place = gates.current
        self._clock = clock
        self._http: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._stale = False
        self._over = False

    def post(self, path: str, body: bytes, *, timeout: float, key: str = "") -> Answer:
        """Ask, and return what is answered, whatever its status.

        Args:
            timeout: seconds for the whole exchange, and for each wait within it.
            key: says that a question is the same as one before; empty if that is of no account.

        Raises:
            OSError, HTTPException: if there is no answer in time.
            Malformed: if the answer is larger than 65,536 bytes.
        """
        return self._ask(_Question("POST", path, body, ("Idempotency-Key", key)), timeout)

    def get(self, path: str, *, timeout: float, etag: str, at_most: int) -> Answer:
        """Read what stands there, and return it: as post(), with 304 if it still has this tag.

        Args:
            etag: of what was read before; empty if nothing was.
            at_most: bytes; a larger answer is Malformed.
        """
        return self._ask(_Question("GET", path, None, ("If-None-Match", etag), at_most), timeout)

    def stream(self, path: str, *, timeout: float, silence: float) -> Generator[bytes, None, None]:
        """Yield the bytes of a stream as they come.

        Args:
            timeout: seconds to connect.
            silence: seconds without a byte after which the stream counts as dead.

        Raises:
            OSError, HTTPException: if it breaks or falls silent.
            NoStream: if the answer is not a stream.
        """
        try:
            http = self._connect(timeout)
            assert self._socket is not None
            self._socket.settimeout(silence)
            http.request("GET", self._place.path + path, headers=self._headers("text/event-stream"))
            with http.getresponse() as response:
                self._expect_stream(response)
                while chunk := response.read1(8192):
                    yield chunk
            self.leave()
        except (OSError, HTTPException):
            self.leave()
            raise
        finally:
            self.close()

    def renew(self) -> None:
        """Use a new connection for the next question: the gate at the far end is leaving."""
        self._stale = True

    def leave(self) -> None:
        """Close the connection, and speak to another gate the next time, if there is one."""
        self.close()
        if not self._over:
            self._gates.leave(self._place)

    def learn(self, told: tuple[str, ...]) -> None:
        """Take over which gates are alive, as the last answer told."""
        self._gates.learn(told, by=self._place)

    def end(self) -> None:
        """Break off whatever is under way and open nothing any more."""
        self._over = True
        self._cut()

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        http, self._http, self._socket, self._stale = self._http, None, None, False
        if http is not None:
            http.close()

    def forget(self) -> None:
        """Let go of the descriptor in a forked child, without a word on the parent's connection."""
        if self._socket is not None:
            with suppress(OSError):
                os.close(self._socket.detach())
        self._http = self._socket = None

    def _ask(self, question: _Question, timeout: float) -> Answer:
        if self._stale:
            self.close()
        kept = self._http is not None
        try:
            try:
                answer = self._exchange(question, timeout)
            except (ConnectionError, HTTPException):
                # A gate may close a quiet connection at any moment, also just as we ask.
                if not kept or self._over:
                    raise
                answer = self._exchange(question, timeout)
        except (OSError, HTTPException, Malformed):
            self.leave()
            raise
        if answer.status >= 500:
            # It says itself that it is of no use now.
            self._stale = self._gates.leave(self._place)
        return answer

    def _exchange(self, question: _Question, timeout: float) -> Answer:
        asked_at = self._clock()
        try:
            http = self._http or self._connect(timeout)
            http.sock.settimeout(timeout)
            http.response_class = cast(
                "type[HTTPResponse]", partial(_TimedResponse, deadline=time.monotonic() + timeout)
            )
            headers = self._headers("application/json")
            name, value = question.more
            if value:
                headers[name] = value
            path = self._place.path + question.path
            http.request(question.method, path, question.body, headers)
            with http.getresponse() as response:
                said = response.read(question.at_most + 1)
                whole, missing = response.isclosed(), response.length
            if len(said) > question.at_most:
                raise Malformed(f"the answer is larger than {question.at_most} bytes")
            if missing:
                # read() with a limit takes a connection that broke off for the end.
                raise IncompleteRead(said, missing)
        except BaseException:
            self.close()
            raise
        if not whole or http.sock is None:
            self.close()
        etag = response.getheader("ETag", "")
        return Answer(response.status, said, asked_at, self._clock(), etag)

    def _connect(self, timeout: float) -> HTTPConnection:
        self.close()
        self._place = place = self._gates.current
        if place.secure:
            http: HTTPConnection = HTTPSConnection(
                place.host, place.port, timeout=timeout, context=place.tls
            )
        else:
            http = HTTPConnection(place.host, place.port, timeout=timeout)
        try:
            http.connect()
        except BaseException:
            http.close()
            raise
        self._http, self._socket = http, http.sock
        if self._over:
            raise ConnectionAbortedError("the gate was closed on this side")
        return http

    def _cut(self) -> None:
        under_way = self._socket
        if under_way is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown(): that takes the TLS state away from the thread
                # that is reading.
                socket.socket.shutdown(under_way, socket.SHUT_RDWR)

    def _expect_stream(self, response: HTTPResponse) -> None:
        if response.status >= 500:
            self._gates.leave(self._place)
        if response.status != 200:
            raise NoStream(f"the gate answered {response.status} instead of a stream")
        if not response.getheader("Content-Type", "").startswith("text/event-stream"):
            raise NoStream("the gate answered with something that is not a stream")

    def _headers(self, accept: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._place.token}",
            "Accept": accept,
            "Content-Type": "application/json",
            "User-Agent": f"andon-sdk/{VERSION}",
        }
