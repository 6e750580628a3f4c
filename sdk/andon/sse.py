"""Decides where one server-sent event ends and the next begins. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from andon.wire import Malformed

LONGEST_EVENT = 65536


def events(chunks: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Yield (name, data) of each event that has data or a name. Comments yield nothing.

    Raises:
        Malformed: if an event grows beyond 65,536 bytes.
    """
    name, size = "", 0
    data: list[str] = []
    for line in _lines(chunks):
        size += len(line)
        if size > LONGEST_EVENT:
            raise Malformed("an event of the stream is too long")
        if not line:
            if name or data:
                yield name or "message", "\n".join(data)
            name, data, size = "", [], 0
            continue
        field, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        *whole, rest = rest.split(b"\n")
        if len(rest) > LONGEST_EVENT:
            raise Malformed("a line of the stream is too long")
        for line in whole:
            yield line.rstrip(b"\r").decode(errors="replace")
