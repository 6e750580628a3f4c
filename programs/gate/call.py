"""One request as the endpoints see it. Reads headers and body, and refuses what is too large."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from programs.gate.answers import Refused, too_large
from programs.gate.questions import LARGEST_BODY

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 5.0
# Where the server puts what says whether the first part of the body is here.
CAME = "andon.came"


class Gone(Exception):
    """The caller hung up before it had said everything."""


class Call:
    __slots__ = ("_receive", "_scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive

    @property
    def method(self) -> str:
        method: str = self._scope["method"]
        return method

    @property
    def path(self) -> str:
        path: str = self._scope["path"]
        return path

    @property
    def address(self) -> str:
        client = self._scope.get("client")
        return client[0] if client else ""

    def header(self, name: bytes) -> str | None:
        """Return a header; None if it is missing or said twice."""
        found = [value for key, value in self._scope["headers"] if key == name]
        return found[0].decode("latin-1") if len(found) == 1 else None

    def has(self, *names: bytes) -> bool:
        return any(key in names for key, _ in self._scope["headers"])

    def knows(self, tag: str) -> bool:
        """True if the caller has what this ETag names, by its If-None-Match."""
        known = (self.header(b"if-none-match") or "").split(",")
        return any(each.strip().removeprefix("W/") in (tag, "*") for each in known)

    def extension(self, name: str) -> Callable[[], Any]:
        """Return what the server offers under a name; a harmless nothing if it does not."""
        offered: Callable[[], Any] = self._scope.get("extensions", {}).get(name, _nothing)
        return offered

    def parameter(self, name: str) -> str | None:
        """Return a query parameter; None if it is missing or said twice."""
        query = self._scope["query_string"].decode("latin-1")
        try:
            found = parse_qs(query, max_num_fields=20).get(name, [])
        except ValueError:
            found = []
        return found[0] if len(found) == 1 else None

    async def json_body(self, *, most: int = LARGEST_BODY) -> bytes:
        """Return the body.

        Args:
            most: how many bytes are read; what comes at once may be longer.

        Raises:
            Refused: if it is not called JSON, is larger, or takes longer than 5 s.
            Gone: if the caller hung up.
        """
        kind = (self.header(b"content-type") or "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Refused(
                415,
                "content-type must be application/json.",
                why="type",
                allowed="application/json",
            )
        body, more = b"", True
        # Of most bodies all is here by now; a clock for these would only cost time.
        if self.extension(CAME)():
            body, more = await self._part()
        if more:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await self._rest(body, most)
            except TimeoutError:
                raise Refused(
                    408, "The body must arrive within 5 s.", why="slow", headers=_LAST
                ) from None
        return body

    async def _rest(self, body: bytes, most: int) -> bytes:
        more = True
        while more:
            if len(body) > most:
                raise too_large(most)
            part, more = await self._part()
            body += part
        return body

    async def _part(self) -> tuple[bytes, bool]:
        """Return what came next, and whether more follows."""
        said = await self._receive()
        if said["type"] == "http.disconnect":
            raise Gone
        return said.get("body", b""), said.get("more_body", False)


def _nothing() -> None:
    return None


_LAST = ((b"connection", b"close"),)
