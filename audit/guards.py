"""Install and inspect the triggers that keep rows as they were written."""

from typing import Any

from django.apps import AppConfig
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.kept import REFUSED

_REFUSE = """
    BEGIN
        RAISE EXCEPTION 'andon: % keeps what was written, % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    END """
_FUNCTION = (
    f"CREATE OR REPLACE FUNCTION andon_refuse() RETURNS trigger LANGUAGE plpgsql AS $${_REFUSE}$$"
)
# As PostgreSQL itself words them, so that what is there can be compared with what must be.
_ROWS = "TRIGGER andon_kept BEFORE {} ON {} FOR EACH ROW EXECUTE FUNCTION andon_refuse()"
_ALL = (
    "TRIGGER andon_never_emptied BEFORE TRUNCATE ON {}"
    " FOR EACH STATEMENT EXECUTE FUNCTION andon_refuse()"
)
_CHAIN = "TRIGGER {0} BEFORE {1} ON {2} FOR EACH ROW EXECUTE FUNCTION {0}()"
# On top of what kept tables have: the two that tie the entries together.
CHAIN = {
    ("audit_entry", "andon_chain"): _CHAIN.format("andon_chain", "INSERT", "audit_entry"),
    ("audit_head", "andon_head"): _CHAIN.format("andon_head", "INSERT OR UPDATE", "audit_head"),
}


def install(sender: AppConfig, using: str, **_: Any) -> None:
    """Put the triggers on an app's kept tables.

    Runs after every migrate; doing it again changes nothing.
    """
    connection = connections[using]
    kept = [model for model in REFUSED if model._meta.app_label == sender.label]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(_FUNCTION)
        for model in kept:
            if model._meta.db_table in tables:
                for definition in _of_kept(model).values():
                    cursor.execute(f"CREATE OR REPLACE {definition}")


def expected() -> dict[tuple[str, str], str]:
    """Every (table, trigger) that must be there and enabled, with its definition."""
    return {key: text for model in REFUSED for key, text in _of_kept(model).items()} | CHAIN


def _of_kept(model: type[models.Model]) -> dict[tuple[str, str], str]:
    table = model._meta.db_table
    return {
        (table, "andon_kept"): _ROWS.format(" OR ".join(sorted(REFUSED[model])), table),
        (table, "andon_never_emptied"): _ALL.format(table),
    }


# What a trigger is worth depends on its function, which is as easily replaced.
_THERE = """
    SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid, true)
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid
      JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgname LIKE 'andon%%' AND t.tgenabled IN ('O', 'A')
       AND c.relnamespace = current_schema()::regnamespace
       AND (p.proname <> 'andon_refuse' OR p.prosrc = %s)
"""


def missing(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return the (table, trigger) pairs that are gone, disabled, or do something else."""
    with connection.cursor() as cursor:
        cursor.execute(_THERE, [_REFUSE])
        there = {(table, name): text for table, name, text in cursor.fetchall()}
    return sorted(key for key, text in expected().items() if there.get(key) != f"CREATE {text}")
