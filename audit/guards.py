"""Install and inspect the triggers that keep rows as they were written, and tie the entries."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.kept import REFUSED
from audit import privileges, triggers

Triggers = Mapping[tuple[str, str], str]


def install(sender: AppConfig, using: str, **_: Any) -> None:
    """Put the triggers on an app's kept tables.

    Runs after every migrate; doing it again changes nothing.
    """
    connection = connections[using]
    there = set(connection.introspection.table_names())
    tables = {m._meta.db_table for m in REFUSED if m._meta.app_label == sender.label} & there
    put(connection, {key: text for key, text in expected().items() if key[0] in tables})
    if settings.RECORD.role:
        # Each time, as each app may have new tables.
        privileges.give(connection, settings.RECORD.role, tables=there)


def put(connection: BaseDatabaseWrapper, wanted: Triggers) -> None:
    """Make the functions, in the schema of the tables, and these triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        # The body of a function is read when it is first run, so that its tables may come later.
        for name in triggers.FUNCTIONS:
            cursor.execute(triggers.function(name, schema=schema))
            # Else anybody could hang it on a table of their own, and move heads with it.
            cursor.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")
        for definition in wanted.values():
            cursor.execute(f"CREATE OR REPLACE {definition}")


def expected() -> dict[tuple[str, str], str]:
    """Every (table, trigger) that must be there and enabled, with its definition."""
    kept: dict[tuple[str, str], str] = {}
    for model, refuses in REFUSED.items():
        kept |= triggers.of_kept(model._meta.db_table, refuses=refuses)
    return kept | triggers.CHAIN


# What a trigger is worth depends on its function, which is as easily replaced.
_THERE = """
    SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid, true), p.proname, p.prosrc
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
      JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = n.oid
       AND p.prosecdef = (p.proname = ANY(%s))
      JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'plpgsql'
     WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
       AND p.proconfig = ARRAY['search_path=pg_catalog, ' || quote_ident(n.nspname) || ', pg_temp']
"""


def missing(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return the (table, trigger) pairs that are gone, disabled, or do something else."""
    with connection.cursor() as cursor:
        cursor.execute(_THERE, [list(triggers.WITH_RIGHTS_OF_ITS_OWNER)])
        there = {
            (table, name): text
            for table, name, text, function, body in cursor.fetchall()
            if triggers.FUNCTIONS.get(function) == body
        }
    return sorted(key for key, text in expected().items() if there.get(key) != f"CREATE {text}")


# Each could keep an entry from being written, change it on its way, or show what was never one.
_STRANGE = """
    WITH kept AS (
        SELECT c.oid, c.relname FROM pg_class c
          JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
         WHERE c.relname = ANY(%s::text[]))
    SELECT relname, 'trigger', tgname::text FROM kept
      JOIN pg_trigger ON tgrelid = kept.oid AND NOT tgisinternal
    UNION ALL
    SELECT relname, 'rule', rulename::text FROM kept JOIN pg_rewrite ON ev_class = kept.oid
    UNION ALL
    SELECT relname, 'table', inhrelid::regclass::text FROM kept
      JOIN pg_inherits ON inhparent = kept.oid
"""


def unexpected(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return (table, what hangs on it) for each trigger, rule and child table that is not ours."""
    ours = expected()
    with connection.cursor() as cursor:
        cursor.execute(_STRANGE, [sorted({table for table, _trigger in ours})])
        found: Iterable[tuple[str, str, str]] = cursor.fetchall()
    return sorted(
        (table, f"{kind} {name}")
        for table, kind, name in found
        if kind != "trigger" or (table, name) not in ours
    )
