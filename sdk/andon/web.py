"""Speaks to Andon's API for a person at a terminal. Decides what counts as an answer there."""

from __future__ import annotations

import json
import os
import time
from http.client import HTTPException
from types import TracebackType
from typing import Any

from andon import clock
from andon.backoff import Backoff
from andon.connection import Answer, Line
from andon.endpoint import PERSON, ConfigError, endpoint_at, token_from
from andon.gates import Gates, warn_if_in_clear
from andon.wire import Malformed, plain

_TRIES = 3
# It may be different when it is said again: what was said before may or may not have been heard.
_AGAIN = frozenset({429, 500, 502, 503, 504})


class Refused(Exception):
    """Andon said no. The message is its sentence."""

    def __init__(self, status: int, sentence: str, said: dict[str, Any]) -> None:
        super().__init__(sentence)
        self.status = status
        self.said = said


class NoAnswer(Exception):
    """Andon did not answer, or with something that makes no sense. The message says what."""


class Web:
    """Andon's API, as the person whose token is in ANDON_API_TOKEN.

    Args:
        url: address of Andon's pages; ANDON_URL if not given.
        timeout: seconds for one question.

    Raises:
        ConfigError: if the address or the token is none.
    """

    def __init__(self, url: str | None, *, timeout: float) -> None:
        address = (os.environ.get("ANDON_URL", "") if url is None else url).strip()
        token = token_from(None, PERSON)
        try:
            place = endpoint_at(address, token)
        except ConfigError:
            raise ConfigError(
                "url (or ANDON_URL) must be the address of Andon's pages: http:// or https://, "
                "a host, and if need be a port"
            ) from None
        warn_if_in_clear(place)
        self._line = Line(Gates([place]), clock.now)
        self._timeout = timeout

    def __enter__(self) -> Web:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._line.close()

    def get(self, path: str) -> Any:
        """Return what stands at a path below /api/v1.

        Raises:
            Refused, NoAnswer: if there is none.
        """
        return self._ask(path, None, key="")

    def post(self, path: str, said: dict[str, Any], *, key: str = "") -> Any:
        """Say something at a path below /api/v1, and return the answer.

        It is said again if no answer comes: only what is harmless to say twice may be said, and
        with a `key` it is done once.

        Raises:
            Refused, NoAnswer: if it is not known to be done.
        """
        return self._ask(path, json.dumps(said).encode(), key=key)

    def _ask(self, path: str, body: bytes | None, *, key: str) -> Any:
        backoff = Backoff(least=0.3, most=3.0)
        for tried in range(1, _TRIES + 1):
            try:
                answer = self._once(f"/api/v1{path}", body, key)
                if answer.status not in _AGAIN or tried == _TRIES:
                    return _read(answer)
            except (OSError, HTTPException, Malformed) as trouble:
                if tried == _TRIES:
                    raise NoAnswer(f"Andon did not answer: {_words(trouble)}") from trouble
            time.sleep(backoff.wait())
        raise AssertionError("the last try returns or raises")

    def _once(self, path: str, body: bytes | None, key: str) -> Answer:
        if body is None:
            return self._line.get(path, timeout=self._timeout, etag="", at_most=4_194_304)
        return self._line.post(path, body, timeout=self._timeout, key=key)


def _read(answer: Answer) -> Any:
    try:
        said = json.loads(answer.body.decode())
    except (ValueError, RecursionError):
        said = None
    if answer.status in (200, 201) and isinstance(said, (dict, list)):
        return said
    detail = plain(said.get("detail")) if isinstance(said, dict) else ""
    if answer.status in _AGAIN and detail:
        raise NoAnswer(f"Andon answered {answer.status}: {detail}")
    if answer.status < 400 or answer.status in _AGAIN or not isinstance(said, dict):
        raise NoAnswer(
            f"Andon answered {answer.status} and nothing of its own: is ANDON_URL right?"
        )
    raise Refused(answer.status, detail or f"Andon refused ({answer.status}).", said)


def _words(trouble: Exception) -> str:
    return str(trouble) or type(trouble).__name__
