"""Let code of others call out as we do: every call it makes leaves by outbound, or not at all.

A library that speaks HTTP by `requests` and looks up names itself would go around what we check.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import requests

from notifications import outbound

MOST_READ = 64 * 1024
Held = TypeVar("Held", bound="Leash")


_NO = {"error", "fail", "failed", "failure"}


def says_no(said: bytes) -> bool:
    """True if an answer says in its own words that nothing was taken, whatever its status."""
    try:
        found = json.loads(said)
    # RecursionError: brackets within brackets.
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, dict):
        return False
    code = found.get("errcode", 0)
    return (
        found.get("ok") is False
        or found.get("success") is False
        or str(found.get("status")).lower() in _NO
        or (isinstance(code, int) and code != 0)
    )


class Leash:
    """The calls of one piece of work: how the last one went, and until when they must be over."""

    def __init__(self, until: float) -> None:
        self._until = until
        self.last = ""
        # The last one was not taken, by what it says itself.
        self.refused = False

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Make one call. Whatever was asked of certificates, proxies and redirects is ignored."""
        try:
            answer, said = outbound.exchange(request, until=self._until, most=MOST_READ)
        except outbound.NotReached as error:
            self.last = str(error)
            # What the code that is held here knows how to take.
            raise requests.ConnectionError(str(error), request=request) from error
        self.last, self.refused = f"answered {answer.status_code}", says_no(said)
        # It was read as far as it will be; the line is closed.
        answer._content, answer._content_consumed = said, True  # type: ignore[attr-defined]
        return answer


class Tether(Leash):
    """Makes no call at all, and notes where each would have gone."""

    def __init__(self) -> None:
        super().__init__(until=0)
        self.wanted: list[str] = []

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        self.wanted.append(request.url or "")
        raise requests.ConnectionError("only asked where it would call", request=request)


_held: ContextVar[Leash | None] = ContextVar("leash", default=None)
_free = requests.Session.send


def _send(
    session: requests.Session, request: requests.PreparedRequest, **kwargs: Any
) -> requests.Response:
    leash = _held.get()
    return leash.send(request) if leash else _free(session, request, **kwargs)


# Every call of `requests` comes by here, from whichever of its doors. Those not held go on as ever.
requests.Session.send = _send  # type: ignore[assignment, method-assign]


@contextmanager
def held(*, until: float) -> Iterator[Leash]:
    """Hold whatever this thread does by `requests` meanwhile; see outbound.in_time for `until`."""
    with _as(Leash(until)) as leash:
        yield leash


@contextmanager
def noted() -> Iterator[Tether]:
    """Hold back whatever this thread does by `requests` meanwhile, and note where it would go."""
    with _as(Tether()) as tether:
        yield tether


@contextmanager
def _as(leash: Held) -> Iterator[Held]:
    token = _held.set(leash)
    try:
        yield leash
    finally:
        _held.reset(token)
