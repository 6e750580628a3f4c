"""Install and inspect the triggers that keep rows as they were written."""

from typing import Any

from django.apps import AppConfig
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.kept import REFUSED

_FUNCTION = """
    CREATE OR REPLACE FUNCTION andon_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'andon: % keeps what was written, % is refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$
"""
_ROWS = (
    "CREATE OR REPLACE TRIGGER andon_kept BEFORE {} ON {}"
    " FOR EACH ROW EXECUTE FUNCTION andon_refuse()"
)
_ALL = (
    "CREATE OR REPLACE TRIGGER andon_never_emptied BEFORE TRUNCATE ON {}"
    " FOR EACH STATEMENT EXECUTE FUNCTION andon_refuse()"
)
# On top of what kept tables have: the two that tie the entries together.
CHAIN = (("audit_entry", "andon_chain"), ("audit_head", "andon_head"))


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
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(_ROWS.format(" OR ".join(REFUSED[model]), table))
                cursor.execute(_ALL.format(table))


def expected() -> set[tuple[str, str]]:
    """Every (table, trigger) that must be there and enabled."""
    kept = {_table(model) for model in REFUSED}
    return {(t, name) for t in kept for name in ("andon_kept", "andon_never_emptied")} | set(CHAIN)


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


def missing(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """Return the (table, trigger) pairs that are gone or disabled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname LIKE 'andon%%' AND t.tgenabled IN ('O', 'A')"
            " AND c.relnamespace = current_schema()::regnamespace"
        )
        there = set(cursor.fetchall())
    return sorted(expected() - there)
