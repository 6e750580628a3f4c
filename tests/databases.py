"""The databases of a test run: one is migrated, and whoever needs one gets a copy of it."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

# Any number that nobody else locks by. Whoever comes second waits, and finds it migrated.
LOCK = 5_190_220_873
MIGRATED = "migrated"


@contextmanager
def copied(family: str, member: str, *, run: str) -> Iterator[str]:
    """Make a database that has every table, give its name, and drop it in the end.

    Args:
        family: begins the name of every database of the tests.
        run: the name of this run of the tests; what another run migrated is never used.
    """
    name, pattern = f"{family}_{member}", f"{family}_{MIGRATED}"
    with _by_turns() as cursor:
        if _migrated_by(cursor, pattern) != run:
            _drop(cursor, pattern)
            _tell(cursor, "CREATE DATABASE {}", pattern)
            _migrate(pattern)
            _tell(cursor, "COMMENT ON DATABASE {} IS {}", pattern, sql.Literal(run))
        _drop(cursor, name)
        _tell(cursor, "CREATE DATABASE {} TEMPLATE {}", name, sql.Identifier(pattern))
    try:
        yield name
    finally:
        with _by_turns() as cursor:
            _drop(cursor, name)
            if _family(cursor, family) == [pattern]:
                _drop(cursor, pattern)


@contextmanager
def _by_turns() -> Iterator[Any]:
    # From a database of nobody: one that is in use is neither copied nor dropped.
    with connection._nodb_cursor() as cursor:
        # Migrating takes longer than the product waits for a lock.
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield cursor


def _drop(cursor: Any, name: str) -> None:
    _tell(cursor, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _tell(cursor: Any, words: str, name: str, *more: sql.Composable) -> None:
    cursor.execute(sql.SQL(words).format(sql.Identifier(name), *more))


def _migrated_by(cursor: Any, pattern: str) -> str:
    told = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    cursor.execute(told, [pattern])
    found = cursor.fetchone()
    return found[0] if found else ""


def _family(cursor: Any, family: str) -> list[str]:
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [family])
    return [name for (name,) in cursor]


def _migrate(name: str) -> None:
    # Migrating makes and forgets a hundred thousand objects; to look for them takes longer.
    gc.disable()
    with used(name):
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable")
    gc.enable()


@contextmanager
def used(name: str) -> Iterator[None]:
    """Let the connections of this process lead to that database."""
    connections.close_all()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before
