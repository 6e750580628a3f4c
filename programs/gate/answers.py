"""What the gate answers, as bytes. Every refusal is a sentence that says what is allowed."""

import json
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from programs.gate.registry import Program, Verdict
from programs.gate.subjects import Listed, text_of
from programs.participation import Kept

Header = tuple[bytes, bytes]
_JSON: tuple[Header, ...] = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
)
# Made once: json.dumps() would make one for each answer.
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_PROBLEM: tuple[Header, ...] = (
    (b"content-type", b"application/problem+json"),
    (b"cache-control", b"no-store"),
)


class Answer:
    """One whole answer."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, status: int, body: bytes = b"", *, headers: Iterable[Header] = _JSON
    ) -> None:
        self.status = status
        self.body = body
        self.headers = [*headers]
        # These two say nothing of a body, not even that it is empty (RFC 9110, 8.6).
        if status not in (204, 304):
            self.headers.append((b"content-length", b"%d" % len(body)))

    @classmethod
    def of(
        cls, said: dict[str, Any], *, status: int = 200, headers: Iterable[Header] = ()
    ) -> "Answer":
        return cls(status, _ENCODER.encode(said).encode(), headers=(*_JSON, *headers))


class Refused(Exception):
    """A request that gets a *no*.

    Args:
        detail: a sentence for a person.
        why: one word for the figures.
        members: further members of the problem, such as `field` and `allowed`.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        why: str,
        headers: Iterable[Header] = (),
        **members: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.why = why
        self.headers = tuple(headers)
        self.members = members

    def answer(self) -> Answer:
        """Return it as a problem, see RFC 9457."""
        said = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        } | self.members
        body = _ENCODER.encode(said).encode()
        return Answer(self.status, body, headers=(*_PROBLEM, *self.headers))


def wrong(field: str, allowed: str) -> Refused:
    """Return the refusal of a field that is missing or not as it must be."""
    return Refused(422, f"{field} must be {allowed}.", why="field", field=field, allowed=allowed)


def too_large(most: int) -> Refused:
    # The rest of it would be read as the next request: this connection is done.
    allowed = f"{most // 1024} KiB"
    detail = f"The body must be at most {allowed}."
    last = [(b"connection", b"close")]
    return Refused(413, detail, why="size", headers=last, allowed=allowed)


def unavailable(detail: str) -> Refused:
    return Refused(503, detail, why="unavailable", headers=[(b"retry-after", b"1")])


def stale() -> Refused:
    return unavailable(
        "This gate has not been able to read the database for 3 s, so it extends nothing."
    )


def fault() -> Refused:
    return Refused(500, "This gate has a fault; it is in its log.", why="fault")


def unwritten() -> Refused:
    return unavailable("This gate cannot write to the database now, so it grants nothing.")


def lapsed(program: Program) -> Refused:
    """Return the refusal of a program that a control stops and the engine has not paused yet."""
    return unavailable(f"The controls of {program.slug} have lapsed, so its leases run out.")


def unauthorized(detail: str) -> Refused:
    return Refused(401, detail, why="token", headers=[(b"www-authenticate", b"Bearer")])


def withdrawn() -> Refused:
    return unauthorized("This token was withdrawn or has expired; ask for a new one.")


def unknown_program() -> Refused:
    return Refused(404, "This token's program has no such name.", why="program")


def stopped(program: Program, verdict: Verdict) -> Refused:
    """Return the refusal of a collector that may not collect."""
    return Refused(409, _why(program, verdict), why="stopped", **_members(verdict))


def no_such_stop(generation: int, verdict: Verdict) -> Refused:
    """Return the refusal of an acknowledgement that nobody waits for."""
    return Refused(
        409,
        f"There is no stop of generation {generation} for this collector.",
        why="no_such_stop",
        **_members(verdict),
    )


def json_bytes(body: bytes, *, tag: str) -> Answer:
    """Return what was encoded before, with its name."""
    return Answer(200, body, headers=(*_JSON, (b"etag", tag.encode())))


def not_modified(tag: str) -> Answer:
    return Answer(304, headers=[(b"etag", tag.encode()), (b"cache-control", b"no-store")])


def news(program: Program, verdict: Verdict) -> bytes:
    """Return the `state` event of a stream."""
    said = {"program": program.slug} | _members(verdict)
    return b"event: state\ndata: " + _ENCODER.encode(said).encode() + b"\n\n"


def subjects_news(program: Program, version: int) -> bytes:
    """Return the `subjects` event of a stream."""
    said = {"program": program.slug, "version": version}
    return b"event: subjects\ndata: " + _ENCODER.encode(said).encode() + b"\n\n"


def listed(program: Program, said: Listed, *, subject_key: str, time: datetime, tag: str) -> Answer:
    """Return who takes no part."""
    head = _ENCODER.encode(
        {
            "program": program.slug,
            "version": said.version,
            "server_time": text_of(time),
            "subject_key": subject_key,
        }
    )
    body = head.encode()[:-1] + b"," + said.members + b"}"
    return Answer(200, body, headers=(*_JSON, (b"etag", tag.encode())))


def kept(said: Kept) -> Answer:
    """Return what is stored of a choice."""
    until = said.until and text_of(said.until)
    return Answer.of({"choice": said.choice, "until": until, "version": said.version})


def _members(verdict: Verdict) -> dict[str, Any]:
    said: dict[str, Any] = {"generation": verdict.generation, "state": verdict.state}
    if verdict.held_by:
        said["held_by"] = verdict.held_by
    return said


def _why(program: Program, verdict: Verdict) -> str:
    held = f", held by {verdict.held_by}" if verdict.held_by else ""
    if verdict.state == "paused":
        return f"{program.slug} is paused{held}."
    if verdict.state == "retired":
        return f"{program.slug} has ended."
    return f"{program.slug} is {verdict.state} and does not collect yet{held}."
