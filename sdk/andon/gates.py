"""Decides which gate is spoken to, and which addresses may be shown the token."""

from __future__ import annotations

import logging
import os
import ssl
import time
from collections.abc import Iterable

from andon.backoff import pick
from andon.endpoint import COLLECTOR, ConfigError, Endpoint, Kind, endpoint_at, token_from

logger = logging.getLogger("andon")

# A gate that did not answer is not tried again so soon while there are others, in seconds.
_REST = 10.0


def gates_from(
    url: str | None,
    token: str | None,
    tls: ssl.SSLContext | None = None,
    *,
    kind: Kind = COLLECTOR,
) -> Gates:
    """Return the gates to speak to, from ANDON_GATE_URL and the token's variable if not given.

    Args:
        url: one address, or several with commas between them.
        tls: how to verify a gate; by default against the system's authorities (and
            SSL_CERT_FILE), with the host name checked.

    Raises:
        ConfigError: if an address is not http(s)://host[:port][/path] or the token is none.
    """
    addresses = os.environ.get("ANDON_GATE_URL", "") if url is None else url
    secret = token_from(token, kind)
    found: list[Endpoint] = []
    for address in addresses.split(","):
        found.append(endpoint_at(address.strip(), secret, tls))
        # One for all: making it reads every authority of the system.
        tls = tls or found[-1].tls
    for place in found:
        warn_if_in_clear(place)
    return Gates(found, tls)


def warn_if_in_clear(place: Endpoint) -> None:
    """Say in the log that a token can be read on its way."""
    if place.strength == 0:
        logger.warning(
            "the token travels to %s in clear: use https outside one machine", place.host
        )


class Gates:
    """The gates that were configured, and those that they named.

    Without a lock, for several threads: each step leaves it in a state that makes sense.
    """

    def __init__(self, configured: Iterable[Endpoint], tls: ssl.SSLContext | None = None) -> None:
        self._configured = tuple(dict.fromkeys(configured))
        self._learned: tuple[Endpoint, ...] = ()
        self._told: tuple[str, ...] = ()
        self._failed: dict[Endpoint, float] = {}
        self._tls = tls or next((place.tls for place in self._configured if place.tls), None)
        self._strength = max(place.strength for place in self._configured)
        # Not the first: collectors with the same settings would all ask the same gate.
        self.current = pick(self._configured)

    @property
    def count(self) -> int:
        """How many there are to speak to."""
        return len(set(self._configured + self._learned))

    def learn(self, told: tuple[str, ...], *, by: Endpoint) -> None:
        """Take over which gates are alive, as one of them told in answer to our token.

        What is weaker than what was configured is left out: an answer that came in clear names
        no one who is shown a token that was to travel encrypted, and no address in clear is.
        """
        if told == self._told or by.strength < self._strength:
            return
        self._told = told
        learned = []
        for address in told:
            try:
                place = endpoint_at(address, by.token, self._tls)
            except ConfigError:
                logger.warning("a gate named an address that is none")
                continue
            if place.strength >= self._strength:
                self._tls = self._tls or place.tls
                learned.append(place)
        self._learned = tuple(learned)

    def leave(self, place: Endpoint) -> bool:
        """Note that this gate did not answer. Returns whether another is spoken to from now on."""
        self._failed[place] = time.monotonic()
        if self.current != place:
            return True
        others = set(self._configured + self._learned) - {place}
        if not others:
            return False
        since = time.monotonic() - _REST
        fresh = [other for other in others if self._failed.get(other, since) <= since]
        # All have failed: the one that has rested longest.
        self.current = pick(fresh) if fresh else min(others, key=lambda other: self._failed[other])
        logger.info("%s:%s does not answer, going to %s:%s", *place[1:3], *self.current[1:3])
        return True
