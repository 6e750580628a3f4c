"""How one entry of the record is tied to the one before it.

Pure; the trigger in audit.triggers computes the same.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64


@dataclass(frozen=True)
class Link:
    """What the hash of an entry covers, and the hash that stands there."""

    stream: str
    seq: int
    at: datetime
    body: str
    prev: str
    hash: str


@dataclass(frozen=True)
class Flaw:
    """A place where the record is not what was written. `seq` 0 speaks of the stream as a whole."""

    stream: str
    seq: int
    what: str


def canonical(body: dict[str, Any]) -> str:
    """Return the one text of a body: sorted keys, no spaces, no floats (they have many spellings).

    Raises:
        TypeError: if the body holds a float or anything that is not JSON.
    """
    _refuse_floats(body)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a body holds no floats, write {value!r} as text")
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _refuse_floats(inner)


def stamp(at: datetime) -> str:
    """Return a time as the trigger writes it: UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def digest(link: Link) -> str:
    """Return the SHA-256 that belongs to this link, as 64 hex digits."""
    text = "\n".join((link.prev, link.stream, str(link.seq), stamp(link.at), link.body))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Tail:
    """Where a stream ends so far; `at` as `stamp` writes it."""

    seq: int = 0
    hash: str = GENESIS
    at: str = ""


def flaws(links: Iterable[Link]) -> Iterator[Flaw]:
    """Yield what is wrong with one stream, given all its links in the order of `seq`."""
    tail = Tail()
    for link in links:
        yield from flaws_after(tail, link)
        tail = Tail(link.seq, link.hash, stamp(link.at))


def flaws_after(tail: Tail, link: Link) -> Iterator[Flaw]:
    """Yield what is wrong with a link that follows this tail."""
    if link.seq != tail.seq + 1:
        yield Flaw(link.stream, link.seq, f"entry {tail.seq + 1} is missing")
    elif link.prev != tail.hash:
        yield Flaw(link.stream, link.seq, "does not follow the entry before it")
    if digest(link) != link.hash:
        yield Flaw(link.stream, link.seq, "was changed after it was written")
    if stamp(link.at) < tail.at:
        yield Flaw(link.stream, link.seq, "is earlier than the entry before it")


def commitment(salt: str, text: str) -> str:
    """Return the hash that stands in a body for a text beside it, which may have to be erased."""
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
