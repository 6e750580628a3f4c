"""What collectors may say: bytes in, checked values out. Pure.

Source: docs/collector-protocol.md. Members that it does not name are ignored.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from programs import rfc3339
from programs.gate.answers import Refused, too_large, wrong
from programs.participation import (
    BREAK,
    GO_ON,
    LONGEST_BREAK,
    LONGEST_SUBJECT,
    OPT_OUT,
    SHORTEST_BREAK,
)

LARGEST_BODY = 16 * 1024
LARGEST_REFUSED = 128 * 1024
MOST_STAMPS = 500
STATUSES = ("starting", "running", "stopped")
CHOICES = (BREAK.value, OPT_OUT.value, GO_ON)
BUFFERS = ("empty", "sealed", "purged")
LONGEST_VERSION = 80
# Of the column that keeps it, and of every language's signed integer.
_LARGEST_NUMBER = 2**63 - 1
LONGEST_NAME = 100
_SIGNATURE = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


def _no_constant(word: str) -> NoReturn:
    # Python reads NaN and Infinity, which are no JSON.
    raise ValueError(word)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


@dataclass(frozen=True, slots=True)
class LeaseQuestion:
    """May I collect? `generation` is the last one heard."""

    program: str
    generation: int | None
    status: str
    version: str


@dataclass(frozen=True, slots=True)
class StopWord:
    """I have stopped. `stopped_at_text` is the time as it was sent and signed."""

    program: str
    generation: int
    lease_generation: int
    stopped_at: datetime
    stopped_at_text: str
    buffer: str
    counter: int
    signature: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a participant chose. Never shown by repr: the pseudonym goes into no log."""

    program: str
    subject: str = field(repr=False)
    choice: str
    seconds: int


def lease_question(body: bytes) -> LeaseQuestion:
    """Read the body of `POST /v1/lease`.

    Raises:
        Refused: 400 if it is no JSON object, 422 if a field is wrong; it names the field.
    """
    said = _members(body)
    heard = said.get("generation")
    return LeaseQuestion(
        program=_text(said, "program", most=LONGEST_NAME),
        generation=None if heard is None else _number(said, "generation"),
        status=_one_of(said, "status", STATUSES),
        version=_text(said, "version", most=LONGEST_VERSION) if "version" in said else "",
    )


def stop_word(body: bytes) -> StopWord:
    """Read the body of `POST /v1/ack`.

    Raises:
        Refused: 400 if it is no JSON object, 422 if a field is wrong; it names the field.
    """
    said = _members(body)
    generation = _number(said, "generation")
    lease_generation = _number(said, "lease_generation")
    if lease_generation >= generation:
        raise wrong("lease_generation", "smaller than generation: a stop ends an older lease")
    text = said.get("stopped_at")
    return StopWord(
        program=_text(said, "program", most=LONGEST_NAME),
        generation=generation,
        lease_generation=lease_generation,
        stopped_at=_time(text),
        stopped_at_text=str(text),
        buffer=_one_of(said, "buffer", BUFFERS),
        counter=_number(said, "counter"),
        signature=_signature(said),
    )


def chosen(body: bytes) -> Chosen:
    """Read the body of `POST /v1/subjects`.

    Raises:
        Refused: 400 if it is no JSON object, 422 if a field is wrong; it names the field.
    """
    said = _members(body)
    choice = _one_of(said, "choice", CHOICES)
    seconds = _number(said, "seconds") if choice == BREAK else 0
    if choice == BREAK and not SHORTEST_BREAK <= seconds <= LONGEST_BREAK:
        raise wrong("seconds", f"from {SHORTEST_BREAK} to {LONGEST_BREAK}")
    subject = _text(said, "subject", most=LONGEST_SUBJECT)
    if not subject:
        raise wrong("subject", f"text of 1 to {LONGEST_SUBJECT} printable characters")
    return Chosen(_text(said, "program", most=LONGEST_NAME), subject, choice, seconds)


def refused_stamps(body: bytes) -> tuple[str, list[Any]]:
    """Read the body of `POST /v1/refused`: the program's slug, and what should be stamps.

    Raises:
        Refused: 400 if it is no JSON object, 422 if a field is wrong; it names the field.
    """
    said = _members(body, most=LARGEST_REFUSED)
    stamps = said.get("stamps")
    if not isinstance(stamps, list) or len(stamps) > MOST_STAMPS:
        raise wrong("stamps", f"a list of at most {MOST_STAMPS} stamps")
    return _text(said, "program", most=LONGEST_NAME), stamps


def check_context(body: bytes) -> None:
    """Look at the evaluation context of an OpenFeature client; nothing in it changes an answer.

    Raises:
        Refused: 400 if the body is no JSON object, 422 if it has no context or an odd one.
    """
    context = _members(body).get("context")
    if not isinstance(context, dict):
        raise wrong("context", "a JSON object")
    if not isinstance(context.get("targetingKey", ""), str):
        raise wrong("context.targetingKey", "text")


def _members(body: bytes, *, most: int = LARGEST_BODY) -> dict[str, Any]:
    if len(body) > most:
        raise too_large(most)
    try:
        said = _DECODER.decode(body.decode())
    # Deep nesting ends in RecursionError, a number of 5,000 digits in ValueError.
    except (ValueError, RecursionError):
        raise Refused(400, "The body must be JSON, in UTF-8.", why="json") from None
    if not isinstance(said, dict):
        raise Refused(400, "The body must be a JSON object.", why="json")
    return said


def _text(said: dict[str, Any], field: str, *, most: int) -> str:
    value = said.get(field)
    # What cannot be printed cannot be stored either: NUL and halves of surrogate pairs.
    if not isinstance(value, str) or len(value) > most or not (value.isprintable()):
        raise wrong(field, f"text of at most {most} printable characters")
    return value


def _number(said: dict[str, Any], field: str) -> int:
    value = said.get(field)
    if type(value) is not int or not 0 <= value <= _LARGEST_NUMBER:
        raise wrong(field, "a whole number from 0 to 2^63 - 1")
    return value


def _one_of(said: dict[str, Any], field: str, words: tuple[str, ...]) -> str:
    value = said.get(field)
    if not isinstance(value, str) or value not in words:
        raise wrong(field, f"one of {', '.join(words)}")
    return value


def _signature(said: dict[str, Any]) -> str:
    value = said.get("signature")
    if not isinstance(value, str) or not _SIGNATURE.fullmatch(value):
        raise wrong("signature", "64 hex digits")
    return value


def _time(text: Any) -> datetime:
    moment = rfc3339.read(text)
    if moment is None:
        raise wrong("stopped_at", "RFC 3339 in UTC, such as 2026-11-21T03:12:45.204Z")
    return moment
