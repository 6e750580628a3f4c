"""Decides what counts as well-formed in what a gate says. Pure: text in, values out."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

LARGEST_GENERATION = 2**63 - 1
MOST_GATES = 16

_KEY = re.compile(r"[0-9a-fA-F]{64}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d{1,9})?(?:[Zz]|[+-]00:00)")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Malformed(ValueError):
    """What was said is nothing a gate says. It counts as no answer at all."""


def members(body: bytes) -> dict[str, Any]:
    """Return the members of a JSON object.

    Raises:
        Malformed: for anything else, and for NaN and Infinity, which no comparison stops.
    """
    try:
        said = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Malformed("the answer is not JSON") from None
    if not isinstance(said, dict):
        raise Malformed("the answer is not a JSON object")
    return said


def number(said: dict[str, Any], member: str, *, at_most: float) -> float:
    """Return a number above 0 and up to `at_most`.

    Raises:
        Malformed: if it is missing or anything else; the message names the member.
    """
    value = said.get(member)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed(f"{member} must be a number")
    if not 0 < value <= at_most or not math.isfinite(value):
        raise Malformed(f"{member} must be more than 0 and at most {at_most:g}")
    return float(value)


def whole(said: dict[str, Any], member: str) -> int:
    """Return a whole number from 0 to 2^63 - 1, such as a generation.

    Raises:
        Malformed: if it is missing or anything else; the message names the member.
    """
    value = said.get(member)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{member} must be a whole number")
    if not 0 <= value <= LARGEST_GENERATION:
        raise Malformed(f"{member} must be between 0 and 2^63 - 1")
    return value


def name(said: dict[str, Any], member: str) -> str:
    """Return a name of 1 to 200 printable characters.

    Raises:
        Malformed: if it is missing or anything else; the message names the member.
    """
    value = said.get(member)
    # A line break in a name could move the borders between the lines that are signed.
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 200:
        raise Malformed(f"{member} must be 1 to 200 printable characters")
    return value


def key(said: dict[str, Any], member: str) -> bytes:
    """Return the 32 bytes that 64 hex digits stand for.

    Raises:
        Malformed: if it is missing or anything else; the message names the member.
    """
    value = said.get(member)
    if not (isinstance(value, str) and _KEY.fullmatch(value)):
        raise Malformed(f"{member} must be 64 hex digits")
    return bytes.fromhex(value)


def addresses(said: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the addresses of gates, up to 16; None if nothing is said of them.

    Raises:
        Malformed: if they are no list of texts, or more.
    """
    value = said.get("gates")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Malformed("gates must be a list of addresses")
    if len(value) > MOST_GATES:
        raise Malformed(f"gates must be at most {MOST_GATES} addresses")
    return tuple(value)


def write_time(wall: float) -> str:
    """Return seconds since 1970 as RFC 3339 in UTC, to the millisecond."""
    moment = _EPOCH + timedelta(milliseconds=round(wall * 1000))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_time(text: Any, *, called: str = "server_time") -> float:
    """Return RFC 3339 in UTC as seconds since 1970.

    Raises:
        Malformed: for any other text, zone or type; the message calls it `called`.
    """
    parts = _TIME.fullmatch(text) if isinstance(text, str) else None
    try:
        if parts is None:
            raise ValueError
        day, clock, fraction = parts.groups()
        moment = datetime.fromisoformat(f"{day}T{clock}+00:00")
    except ValueError:
        raise Malformed(f"{called} must be RFC 3339 in UTC") from None
    return (moment - _EPOCH).total_seconds() + float(fraction or 0)


def plain(value: Any) -> str:
    """Return foreign text as one printable line of at most 200 characters, for a log."""
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in value[:400]).strip()[:200]


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)
