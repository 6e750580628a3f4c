"""Decides what counts as an answer, and how an acknowledgement is signed. Pure: text in, text out.

Source: docs/collector-protocol.md, version 1.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, NamedTuple

from andon import wire
from andon.wire import Malformed, plain

COLLECTING = "collecting"
PAUSED = "paused"
STATES = frozenset({COLLECTING, PAUSED, "approved", "draft", "retired"})
BUFFERS = ("empty", "sealed", "purged")
LONGEST_LEASE = 3600.0
SHORTEST_PACE = 0.05


class Lease(NamedTuple):
    """One permission. Generation and key live in one tuple: they can only change together."""

    generation: int
    signing_key: bytes
    collector: str
    seconds: float
    pace: float  # seconds from one question to the next
    asked_at: float  # lease clock, before the question was sent
    wall_zero: float  # the gate's wall time, seconds since 1970, when the lease clock stood at 0
    stamp_key: bytes | None = None  # None: this gate is too old to give one
    subjects_version: int | None = None  # None: it is too old to know of participants' choices
    gates: tuple[str, ...] | None = None  # addresses of gates that are alive; None: not told

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
    said = wire.members(body)
    if said.get("state") != COLLECTING:
        raise Malformed(f'state must be "{COLLECTING}" in a 200')
    if said.get("program") != program:
        raise Malformed(f'program must be "{program}", the one asked about')
    seconds = wire.number(said, "lease_seconds", at_most=LONGEST_LEASE)
    pace = wire.number(said, "renew_seconds", at_most=LONGEST_LEASE)
    wall = wire.read_time(said.get("server_time"))
    return Lease(
        generation=wire.whole(said, "generation"),
        signing_key=wire.key(said, "signing_key"),
        collector=wire.name(said, "collector"),
        seconds=seconds,
        # A gate that asks for fewer renewals than its own lease needs is not followed.
        pace=max(SHORTEST_PACE, min(pace, seconds / 2)),
        asked_at=asked_at,
        # The gate stamped its answer somewhere between the two; the middle halves the error.
        wall_zero=wall - (asked_at + heard_at) / 2,
        stamp_key=wire.key(said, "stamp_key") if "stamp_key" in said else None,
        subjects_version=(
            wire.whole(said, "subjects_version") if "subjects_version" in said else None
        ),
        gates=wire.addresses(said),
    )


def read_refusal(status: int, body: bytes) -> Refusal:
    """Return what a refusal says. Never raises: a refusal without a readable body is one too."""
    try:
        said = wire.members(body)
    except Malformed:
        return Refusal(status, f"the gate refused ({status})")
    state, generation = _known_state(said), None
    try:
        generation = wire.whole(said, "generation")
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
    said = wire.members(data.encode())
    if said.get("program") != program:
        raise Malformed(f'program must be "{program}", the one asked about')
    state = _known_state(said)
    if state is None:
        raise Malformed(f"state must be one of {', '.join(sorted(STATES))}")
    generation = wire.whole(said, "generation")
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
        said = wire.members(body)
        return said.get("state") == "acknowledged" and wire.whole(said, "generation") == generation
    except Malformed:
        return False


def _known_state(said: dict[str, Any]) -> str | None:
    state = said.get("state")
    return state if isinstance(state, str) and state in STATES else None


def _stop_reason(state: str, said: dict[str, Any]) -> str:
    holder = plain(said.get("held_by"))
    if state == PAUSED:
        return f"the program is paused, held by {holder}" if holder else "the program is paused"
    return f"the program is {state}" + ("" if state == COLLECTING else ", not collecting")
