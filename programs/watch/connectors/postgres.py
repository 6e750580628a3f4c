"""Look at who may read tables of a PostgreSQL: roles, memberships, grants, owners, views, PUBLIC.

Reads catalogs alone, in one transaction that can write nothing and ends by itself. No data.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from audit import elsewhere
from programs.watch.connectors.catalog import Catalog, read
from programs.watch.connectors.mapping import taken
from programs.watch.connectors.taking import Canary, Taken, Tried, Unreachable

_SESSION: dict[str, int | str] = {
    "statement_timeout": 20_000,
    "lock_timeout": 2_000,
    "idle_in_transaction_session_timeout": 60_000,
    "default_transaction_read_only": "on",
}
# A look at a hundred thousand grants takes a few seconds; a store that falls silent in the midst of
# one must not hold whoever looks.
LONGEST_SECONDS = 240
SSL_MODES = ("prefer", "require", "verify-full")


@dataclass(frozen=True)
class Place:
    """Which database, and which of its tables: `schema.table`, or `schema.*` for all of one."""

    host: str
    port: int
    database: str
    user: str
    tables: tuple[str, ...]
    sslmode: str = "prefer"


def take(place: Place, password: str) -> Taken:
    """Return who may read these tables, and views on them.

    Raises:
        Unreachable: if nothing was seen.
    """
    with _opened(place, place.user, password) as line:
        catalog = _catalog(line, place.tables)
    return taken(catalog, place.tables)


def _catalog(line: psycopg.Connection[Any], tables: Sequence[str]) -> Catalog:
    try:
        # All of it as of one moment: a role that joins meanwhile is in both lists or in none.
        line.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return read(line, tables)
    except psycopg.Error as error:
        raise Unreachable(f"The store broke off: {_said(error)}") from error


def try_as_outsider(place: Place, user: str, password: str) -> Tried:
    """Try to read one row of each table as somebody who should not; keep nothing of it."""
    try:
        with _opened(place, user, password) as line:
            return _tried(line, place.tables)
    except Unreachable as error:
        # Who signs in and may not go on reads nothing. A wrong password, or a store that is away,
        # says nothing of what that user may read.
        if _is_kept_out(error):
            return Tried(Canary.REFUSED, f"{user} is not let into the database.")
        return Tried(Canary.UNKNOWN, f"{user} could not sign in.")
    except psycopg.Error as error:
        return Tried(Canary.UNKNOWN, f"the store broke off: {_said(error)}")


def _is_kept_out(error: Unreachable) -> bool:
    # Only how the server's words begin: names of users and databases stand further on.
    said = str(error.__cause__).partition("FATAL:")[2].strip()
    return said.startswith("permission denied for database")


def _tried(line: psycopg.Connection[Any], tables: Sequence[str]) -> Tried:
    unknown, is_refused = "", False
    for name in _named(line, tables):
        schema, _, table = name.partition(".")
        try:
            with line.transaction():
                line.execute(
                    sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(schema, table))
                )
        except psycopg.errors.InsufficientPrivilege:
            is_refused = True
        except psycopg.Error as error:
            unknown = f"{name}: {_said(error)}"
        else:
            return Tried(Canary.READ, f"{name} was read as {line.info.user}.")
    if unknown or not is_refused:
        return Tried(Canary.UNKNOWN, unknown or "there was no table to try.")
    return Tried(Canary.REFUSED, f"{line.info.user} was refused everywhere.")


def _named(line: psycopg.Connection[Any], tables: Sequence[str]) -> list[str]:
    """The tables one by one: the outsider may list them even where it may not read them."""
    plain = [name for name in tables if not name.endswith(".*")]
    whole = [name.removesuffix(".*") for name in tables if name.endswith(".*")]
    rows = line.execute(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n"
        " ON n.oid = c.relnamespace WHERE n.nspname = ANY(%s)"
        " AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        # Of very many those first that it would read: the others refuse, as far as one can tell.
        " ORDER BY has_any_column_privilege(c.oid, 'SELECT') DESC, 1 LIMIT 1000",
        [whole],
    )
    return plain + [name for (name,) in rows]


@contextmanager
def _opened(place: Place, user: str, password: str) -> Iterator[psycopg.Connection[Any]]:
    with ExitStack() as stack:
        try:
            line = stack.enter_context(
                elsewhere.opened(
                    seconds=LONGEST_SECONDS,
                    session=_SESSION,
                    host=place.host,
                    port=place.port,
                    dbname=place.database,
                    user=user,
                    password=password or None,
                    sslmode=place.sslmode,
                    # Nobody in between, or who stands there in its place, is told the password or
                    # its MD5.
                    require_auth="scram-sha-256" if password else None,
                    application_name="andon exposure watch",
                    # Not what lies in the home of whoever runs the engine.
                    passfile=os.devnull,
                )
            )
        except psycopg.Error as error:
            raise Unreachable(f"The store cannot be reached: {_said(error)}") from error
        yield line


def _said(error: psycopg.Error) -> str:
    # What PostgreSQL calls it and its first line; never a value of a row.
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return first[:200]
