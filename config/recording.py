"""What the record is sealed with, and where its checkpoints go. Read from the environment."""

import ipaddress
import re
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import environs
import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import conninfo

from accounts import secrets
from config import connection, keeping, reachable

PUBLIC = "public:"
_POSTGRES = ("postgres://", "postgresql://")
_MADE_BY = "make one with `openssl rand -base64 32`."
_ROLE = re.compile(r"[a-z_][a-z0-9_$]{0,62}")


@dataclass(frozen=True)
class Recording:
    """The keys are Base64 of 32 bytes; the first signs. One behind `public:` only checks.

    `folder` gets every checkpoint, and so do `storage`, a class of Django with its `options`, and
    `database`, the URL of another PostgreSQL. `role` is that of the database that Andon works as,
    where the tables belong to another.
    """

    keys: tuple[str, ...]
    folder: Path
    mail: tuple[str, ...]
    webhooks: tuple[str, ...]
    stamp_url: str
    role: str
    storage: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    database: str = ""


def read(env: environs.FileAwareEnv, *, var: Path) -> Recording:
    """Return what the environment says of the record; `problems` says what is wrong."""
    options = env.json("ANDON_RECORD_STORAGE_OPTIONS", {})
    return Recording(
        keys=_some(env, "ANDON_RECORD_KEYS"),
        folder=Path(env.str("ANDON_RECORD_FOLDER", str(var / "checkpoints"))).resolve(),
        mail=_some(env, "ANDON_RECORD_MAIL"),
        webhooks=_some(env, "ANDON_RECORD_WEBHOOKS"),
        stamp_url=env.str("ANDON_RECORD_STAMP_URL", ""),
        role=env.str("ANDON_RECORD_ROLE", ""),
        storage=env.str("ANDON_RECORD_STORAGE", ""),
        options=options if isinstance(options, dict) else {"": options},
        database=env.str("ANDON_RECORD_DATABASE", ""),
    )


def _some(env: environs.FileAwareEnv, name: str) -> tuple[str, ...]:
    given: list[str] = env.list(name, []) or []
    return tuple(each.strip() for each in given if each.strip())


def problems(recording: Recording, *, internal: list[str], database_url: str) -> list[str]:
    """Say in a sentence each what is wrong; `internal` are the hosts that need no TLS.

    Args:
        database_url: where the record itself is.
    """
    found = [
        f"ANDON_RECORD_KEYS: key {place} is not 32 bytes in Base64; {_MADE_BY}"
        for place, key in enumerate(recording.keys, start=1)
        if not _is_key(key.removeprefix(PUBLIC))
    ]
    if recording.keys and recording.keys[0].startswith(PUBLIC):
        found.append("ANDON_RECORD_KEYS: the first signs, so it must be the key itself.")
    found += [
        f"ANDON_RECORD_MAIL holds {each!r}: give mail addresses with commas between them."
        for each in recording.mail
        if not each.isprintable() or not all(each.rpartition("@")) or " " in each
    ]
    urls = [("ANDON_RECORD_WEBHOOKS", each) for each in recording.webhooks]
    urls.append(("ANDON_RECORD_STAMP_URL", recording.stamp_url))
    found += reachable.problems(urls, internal=internal)
    if recording.role and not _ROLE.fullmatch(recording.role):
        found.append("ANDON_RECORD_ROLE must be the name of a role, in small letters.")
    return found + _problems_of_outposts(recording, internal, database_url)


def _problems_of_outposts(
    recording: Recording, internal: list[str], database_url: str
) -> list[str]:
    found = []
    if "" in recording.options:
        found.append("ANDON_RECORD_STORAGE_OPTIONS must be one JSON object.")
    if keeping.lacks_s3(recording.storage):
        found.append("ANDON_RECORD_STORAGE is S3: install requirements/s3.lock for it.")
    if recording.database and not recording.database.startswith(_POSTGRES):
        found.append("ANDON_RECORD_DATABASE must start with postgres:// or postgresql://.")
    elif recording.database and _place_of(recording.database) == _place_of(database_url):
        # Whoever owns the record could rewrite what is to show that it was rewritten.
        found.append(
            "ANDON_RECORD_DATABASE names the database of DATABASE_URL; give another server."
        )
    elif recording.database and not _is_safe(recording.database, internal):
        # Who listens would read the password, and who stands in between would keep the checkpoints.
        found.append(
            "ANDON_RECORD_DATABASE must say ?sslmode=verify-full, or name localhost, a socket, or"
            " a host that is listed with its port in ANDON_INTERNAL_HOSTS."
        )
    return found


def _is_safe(url: str, internal: list[str]) -> bool:
    """True if nobody on the way can listen, or if the server must show who it is."""
    try:
        said = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return False
    if said.get("sslmode") == "verify-full":
        return True
    # libpq goes where `hostaddr` says, and takes the host for a name alone.
    hosts = str(said.get("hostaddr") or said.get("host") or "").split(",")
    ports = str(said.get("port") or "5432").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    # A file of services may name another place.
    return "service" not in said and all(
        _is_here(host) or f"{f'[{host}]' if ':' in host else host}:{port}" in internal
        for host, port in zip_longest(hosts, ports, fillvalue="")
    )


def _is_here(host: str) -> bool:
    """True for this machine and its sockets; not for no host, which the environment may set."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.startswith(("/", "@"))


def _place_of(url: str) -> tuple[str, str, str] | None:
    """Return host, port and name of the database of a URL; None if it is none of PostgreSQL."""
    try:
        said = connection.database(url, statement_timeout_ms=0)
    except (ValueError, ImproperlyConfigured):
        return None
    return said["HOST"].lower(), said["PORT"] or "5432", said["NAME"]


def _is_key(text: str) -> bool:
    try:
        return bool(secrets.sealing_key(text))
    except ValueError:
        return False
