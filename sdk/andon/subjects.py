"""Decides what participants' choices look like on the wire. Pure: text in, values out.

A subject is the pseudonym under which a program's collectors know a participant. The gate
keeps no subject, only a tag that whoever holds the program's key can make of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from datetime import datetime, timezone
from typing import Any, NamedTuple

from andon import wire
from andon.wire import Malformed

BREAK = "break"
OPT_OUT = "opt_out"
GO_ON = "go_on"
SHORTEST_BREAK = 60
LONGEST_BREAK = 2_592_000

_TAG = 64


class Listed(NamedTuple):
    """The choices of a program's participants, as a gate told them."""

    version: int
    key: bytes
    opted_out: frozenset[str]
    breaks: dict[str, float]  # tag: lease clock at which the break ends

    def __repr__(self) -> str:
        return f"Listed(version={self.version})"

    def until(self, subject: str) -> float:
        """Return the lease clock from which on this participant takes part; infinity for never."""
        tag = tag_of(subject, self.key)
        return math.inf if tag in self.opted_out else self.breaks.get(tag, 0.0)


class Choice(NamedTuple):
    """What a participant chose, as the gate has stored it."""

    choice: str
    until: datetime | None  # when a break ends, UTC
    version: int


def checked(subject: str) -> str:
    """Return the subject.

    Raises:
        ValueError: if it is none.
    """
    if not isinstance(subject, str) or not subject.isprintable() or not 0 < len(subject) <= 200:
        raise ValueError("subject must be 1 to 200 printable characters")
    return subject


def tag_of(subject: str, key: bytes) -> str:
    """Return what stands for a subject in the gate's list, 64 hex digits."""
    said = f"andon-subject-v1|{checked(subject)}"
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def read_listed(body: bytes, *, program: str, heard_at: float) -> Listed:
    """Return the list that a 200 carries.

    Args:
        heard_at: lease clock after the answer was read: a break never ends too early by it.

    Raises:
        Malformed: if any member is missing or of the wrong type; the message names it.
    """
    said = wire.members(body)
    if said.get("program") != program:
        raise Malformed(f'program must be "{program}", the one asked about')
    out, breaks = said.get("opted_out"), said.get("breaks")
    if not isinstance(out, list) or not all(_is_tag(tag) for tag in out):
        raise Malformed("opted_out must be a list of tags, 64 hex digits each")
    if not isinstance(breaks, dict) or not all(_is_tag(tag) for tag in breaks):
        raise Malformed("breaks must be an object of tags, 64 hex digits each")
    lag = heard_at - wire.read_time(said.get("server_time"))
    return Listed(
        version=wire.whole(said, "version"),
        key=wire.key(said, "subject_key"),
        opted_out=frozenset(out),
        breaks={tag: lag + wire.read_time(end, called="breaks") for tag, end in breaks.items()},
    )


def read_version(data: str, *, program: str) -> int:
    """Return the version that a `subjects` event of the stream tells.

    Raises:
        Malformed: if it is not one of this program; the message names the member.
    """
    said = wire.members(data.encode())
    if said.get("program") != program:
        raise Malformed(f'program must be "{program}", the one asked about')
    return wire.whole(said, "version")


def write_choice(program: str, subject: str, choice: str, seconds: float | None) -> bytes:
    """Return the body that tells a gate what a participant chose."""
    said: dict[str, Any] = {"program": program, "subject": subject, "choice": choice}
    if seconds is not None:
        said["seconds"] = max(SHORTEST_BREAK, min(LONGEST_BREAK, math.ceil(seconds)))
    return json.dumps(said).encode()


def read_choice(body: bytes, *, choice: str) -> Choice:
    """Return what the gate has stored.

    Raises:
        Malformed: if it is another choice, or a member is missing or of the wrong type.
    """
    said = wire.members(body)
    if said.get("choice") != choice:
        raise Malformed(f'choice must be "{choice}", the one that was sent')
    end = None
    if said.get("until") is not None:
        end = datetime.fromtimestamp(wire.read_time(said["until"], called="until"), timezone.utc)
    return Choice(choice, end, wire.whole(said, "version"))


def _is_tag(tag: Any) -> bool:
    return isinstance(tag, str) and len(tag) == _TAG and not tag.strip("0123456789abcdef")
