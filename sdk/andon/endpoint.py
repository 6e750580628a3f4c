"""Decides what an address and a token may look like. Refuses what cannot work, in a sentence."""

from __future__ import annotations

import os
import re
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

_PLAIN = re.compile(r"[!-~]+")
_PROGRAM = re.compile(r"[A-Za-z0-9_-]{1,100}")


class ConfigError(ValueError):
    """A setting is missing or wrong. The message names it, and never repeats a token."""


class Kind(NamedTuple):
    """A kind of token: how it begins, what it is called, and where it is kept."""

    begins: str
    called: str
    variable: str


COLLECTOR = Kind("andon_c_", "a collector's token", "ANDON_TOKEN")
PERSON = Kind("andon_t_", "a person's API token", "ANDON_API_TOKEN")
INGEST = Kind("andon_i_", "an ingest key", "ANDON_INGEST_TOKEN")


class Endpoint(NamedTuple):
    """Where a gate is, and the token to show there."""

    secure: bool
    host: str
    port: int
    path: str
    token: str
    tls: ssl.SSLContext | None

    def __repr__(self) -> str:
        return f"Endpoint({self.host}:{self.port})"

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, so that nobody reads on the way."""
        return self.host in ("localhost", "127.0.0.1", "::1")

    @property
    def strength(self) -> int:
        """How well a token is kept on the way: 2 encrypted, 1 within one machine, 0 in clear."""
        return 2 if self.secure else int(self.is_local)


def program_from(program: str | None) -> str:
    """Return the program's slug, from the environment (ANDON_PROGRAM) if none is given."""
    slug = os.environ.get("ANDON_PROGRAM", "") if program is None else program
    if not _PROGRAM.fullmatch(slug):
        raise ConfigError(
            "program (or ANDON_PROGRAM) must be the program's slug: "
            "1 to 100 letters, digits, hyphens and underscores"
        )
    return slug


def token_from(token: str | None, kind: Kind = COLLECTOR) -> str:
    """Return the token, from the environment if none is given.

    Raises:
        ConfigError: if it is no token of this kind; the message does not repeat it.
    """
    # Tokens come out of files, and files end in a line break.
    secret = (os.environ.get(kind.variable, "") if token is None else token).strip()
    if not re.fullmatch(kind.begins + "[!-~]{1,500}", secret):
        raise ConfigError(
            f"token (or {kind.variable}) must be {kind.called}: "
            f"{kind.begins}, then printable characters without spaces"
        )
    return secret


def endpoint_at(address: str, token: str, tls: ssl.SSLContext | None = None) -> Endpoint:
    """Return the gate at an address.

    Raises:
        ConfigError: if the address is not http(s)://host[:port][/path].
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if (
        not host
        or not _PLAIN.fullmatch(address)
        or parts.scheme not in ("http", "https")
        or parts.username is not None
    ):
        raise ConfigError(
            "url (or ANDON_GATE_URL) must be http:// or https://, a host, "
            "and if need be a port and a path; no user name; several with commas between them"
        )
    if parts.query or parts.fragment:
        raise ConfigError("url (or ANDON_GATE_URL) must end with the path: no ? and no #")
    secure = parts.scheme == "https"
    if secure and tls is None:
        tls = ssl.create_default_context()
    port = (443 if secure else 80) if port is None else port
    return Endpoint(secure, host, port, parts.path.rstrip("/"), token, tls if secure else None)
