"""Decides what counts as an answer, and how an acknowledgement is signed. Pure: text in, text out.

Source: docs/collector-protocol.md, version 1.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple, NoReturn

COLLECTING = "collecting"
PAUSED = "paused"
STATES = frozenset({COLLECTING, PAUSED, "approved", "draft", "retired"})
BUFFERS = ("empty", "sealed", "purged")
LONGEST_LEASE = 3600.0
SHORTEST_PACE = 0.05

_LARGEST_GENERATION = 2**63 - 1
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d{1,9})?(?:[Zz]|[+-]00:00)")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Malformed(ValueError):
    """What was said is nothing a gate says. It counts as no answer at all."""


class Lease(NamedTuple):
    """One permission. Generation and key live in one tuple: they can only change together."""

    generation: int
    signing_key: bytes
    collector: str
    seconds: float
    pace: float  # seconds from one question to the next
    asked_at: float  # lease clock, before the question was sent
    wall_zero: float  # the gate's wall time, seconds since 1970, when the lease clock stood at 0

    def __repr__(self) -> str:
        return f"Lease(generation={self.generation}, seconds={self.seconds:g})"


class Refusal(NamedTuple):
    """A *no* that was said aloud. What a refusal leaves out is None."""

    status: int
    reason: str
    state: str | None = None
    generation: int | None = None


class News(NamedTuple):
    """One state event of the stream."""

    generation: int
    state: str
    reason: str


def question(program: str, generation: int | None, *, status: str, version: str) -> bytes:
    """Return the body that asks for a lease."""
    asked = {"program": program, "generation": generation, "status": status, "version": version}
    return json.dumps(asked).encode()


def read_lease(body: bytes, *, program: str, asked_at: float, heard_at: float) -> Lease:
    """Return the lease that a 200 carries.

    Args:
        asked_at: lease clock before the question was sent, seconds.
        heard_at: lease clock after the answer was read, seconds.

    Raises:
        Malformed: if any member is missing, of the wrong type or absurd; the message names it.
            A lease longer than 3600 s is absurd: nobody pauses a program and waits an hour.
    """
    said = _members(body)
    if said.get("state") != COLLECTING:
        raise Malformed(f'state must be "{COLLECTING}" in a 200')
    if said.get("program") != program:
        raise Malformed(f'program must be "{program}", the one asked about')
    seconds = _number(said, "lease_seconds", at_most=LONGEST_LEASE)
    key = said.get("signing_key")
    if not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise Malformed("signing_key must be 64 hex digits")
    wall = read_time(said.get("server_time"))
    return Lease(
        generation=_generation(said),
        signing_key=bytes.fromhex(key),
        collector=_name(said, "collector"),
        seconds=seconds,
        # A gate that asks for fewer renewals than its own lease needs is not followed.
        pace=max(
            SHORTEST_PACE, min(_number(said, "renew_seconds", at_most=LONGEST_LEASE), seconds / 2)
        ),
        asked_at=asked_at,
        # The gate stamped its answer somewhere between the two; the middle halves the error.
        wall_zero=wall - (asked_at + heard_at) / 2,
    )


def read_refusal(status: int, body: bytes) -> Refusal:
    """Return what a refusal says. Never raises: a refusal without a readable body is one too."""
    try:
        said = _members(body)
    except Malformed:
        return Refusal(status, f"the gate refused ({status})")
    state, generation = _known_state(said), None
    try:
        generation = _generation(said)
    except Malformed:
        state = None
    if state:
        return Refusal(status, _stop_reason(state, said), state, generation)
    detail = plain(said.get("detail")) or plain(said.get("title"))
    return Refusal(
        status, f"the gate refused ({status})" + (f": {detail}" if detail else ""), None, generation
    )


def read_news(data: str, *, program: str) -> News:
    """Return what a state event says.

    Raises:
        Malformed: if it is not a state of this program; the message names the member.
    """
    said = _members(data.encode())
    if said.get("program") != program:
        raise Malformed(f'program must be "{program}", the one asked about')
    state = _known_state(said)
    if state is None:
        raise Malformed(f"state must be one of {', '.join(sorted(STATES))}")
    generation = _generation(said)
    return News(generation, state, _stop_reason(state, said))


class Acknowledgement(NamedTuple):
    """What a collector says when it has stopped; `counter` grows within one process."""

    program: str
    collector: str
    generation: int
    lease_generation: int
    stopped_at: str
    buffer: str
    counter: int

    def body(self, signing_key: bytes) -> bytes:
        """Return the request body, signed."""
        said = dict(self._asdict(), signature=self.signature(signing_key))
        del said["collector"]  # the gate knows it from the token; only the signature repeats it
        return json.dumps(said).encode()

    def signature(self, signing_key: bytes) -> str:
        """Return the HMAC-SHA-256 over the eight lines of the protocol, in hex."""
        lines = "\n".join(["andon-ack-v1", *(str(value) for value in self)])
        return hmac.new(signing_key, lines.encode(), hashlib.sha256).hexdigest()


def is_stored(status: int, body: bytes, *, generation: int) -> bool:
    """Say whether the gate has stored the acknowledgement of this stop."""
    if status != 200:
        return False
    try:
        said = _members(body)
        return said.get("state") == "acknowledged" and _generation(said) == generation
    except Malformed:
        return False


def write_time(wall: float) -> str:
    """Return seconds since 1970 as RFC 3339 in UTC, to the millisecond."""
    moment = _EPOCH + timedelta(milliseconds=round(wall * 1000))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_time(text: Any) -> float:
    """Return RFC 3339 in UTC as seconds since 1970.

    Raises:
        Malformed: for any other text, zone or type.
    """
    parts = _TIME.fullmatch(text) if isinstance(text, str) else None
    try:
        if parts is None:
            raise ValueError
        day, clock, fraction = parts.groups()
        moment = datetime.fromisoformat(f"{day}T{clock}+00:00")
    except ValueError:
        raise Malformed("server_time must be RFC 3339 in UTC") from None
    return (moment - _EPOCH).total_seconds() + float(fraction or 0)


def plain(value: Any) -> str:
    """Return foreign text as one printable line of at most 200 characters, for a log."""
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in value[:400]).strip()[:200]


def _members(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Malformed("the answer is not JSON") from None
    if not isinstance(said, dict):
        raise Malformed("the answer is not a JSON object")
    return said


def _no_constant(word: str) -> NoReturn:
    # json.loads() takes NaN and Infinity, which no comparison stops.
    raise ValueError(word)


def _number(said: dict[str, Any], member: str, *, at_most: float) -> float:
    value = said.get(member)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed(f"{member} must be a number")
    if not 0 < value <= at_most or not math.isfinite(value):
        raise Malformed(f"{member} must be more than 0 and at most {at_most:g}")
    return float(value)


def _generation(said: dict[str, Any]) -> int:
    value = said.get("generation")
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed("generation must be a whole number")
    if not 0 <= value <= _LARGEST_GENERATION:
        raise Malformed("generation must be between 0 and 2^63 - 1")
    return value


def _name(said: dict[str, Any], member: str) -> str:
    value = said.get(member)
    # A line break in a name could move the borders between the lines that are signed.
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 200:
        raise Malformed(f"{member} must be 1 to 200 printable characters")
    return value


def _known_state(said: dict[str, Any]) -> str | None:
    state = said.get("state")
    return state if isinstance(state, str) and state in STATES else None


def _stop_reason(state: str, said: dict[str, Any]) -> str:
    holder = plain(said.get("held_by"))
    if state == PAUSED:
        return f"the program is paused, held by {holder}" if holder else "the program is paused"
    return f"the program is {state}" + ("" if state == COLLECTING else ", not collecting")
