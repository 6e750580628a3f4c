"""Save a row so that its history names who changed it and why."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from accounts.actors import Actor
from audit.inserting import insert_all


def create(model: type[models.Model], *, actor: Actor, why: str = "", **fields: Any) -> Any:
    """Create a row and its first history row."""
    row = model(**fields)
    save_new(row, actor=actor, why=why)
    return row


def save_new(row: models.Model, *, actor: Actor, why: str = "") -> None:
    """Insert a row that was built before, with its first history row."""
    _sign(row, actor, why)
    row.save(force_insert=True)


def create_all(rows: Sequence[models.Model], *, actor: Actor, why: str = "") -> None:
    """Insert many rows of one model and their first history rows, in two statements."""
    bulk_create_with_history(
        list(rows),
        type(rows[0]),
        default_user=actor.user,
        default_change_reason=_why(actor, why),
    )


def create_in_set(rows: Sequence[models.Model], *, actor: Actor, why: str = "") -> None:
    """Insert many rows of one model; the database copies them into their history itself.

    What `create_all` does, at half its cost where there are hundreds: nothing is sent twice.
    """
    insert_all(rows)
    _copy(rows, "+", actor, why)


def save(row: models.Model, *fields: str, actor: Actor, why: str = "") -> None:
    """Save the named fields. Never `queryset.update()`: it writes no history."""
    _sign(row, actor, why)
    row.save(update_fields=fields)


def save_all(rows: Sequence[models.Model], *fields: str, actor: Actor, why: str = "") -> None:
    """Save the named fields of many rows of one model, as `save` does, in two statements."""
    model = type(rows[0])
    table, key = model._meta.db_table, _column_of_key(model)
    named = [each for each in model._meta.concrete_fields if each.name in fields]
    sets = ", ".join(f"{each.column} = v.{each.column}" for each in named)
    columns = ", ".join(str(each.column) for each in named)
    arrays = ", ".join(f"%s::{each.db_type(connection)}[]" for each in named)
    sql = (
        f"UPDATE {table} SET {sets} FROM unnest(%s::bigint[], {arrays})"  # noqa: S608
        f" AS v (key, {columns}) WHERE {table}.{key} = v.key"
    )
    values = [
        [each.get_db_prep_save(getattr(row, each.attname), connection) for row in rows]
        for each in named
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, [[row.pk for row in rows], *values])
    _copy(rows, "~", actor, why)


def _copy(rows: Sequence[models.Model], what: str, actor: Actor, why: str) -> None:
    model = type(rows[0])
    past = model.history.model  # type: ignore[attr-defined]
    names = [each.column for each in past.tracked_fields]
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    table, of = past._meta.db_table, model._meta
    key = _column_of_key(model)
    sql = (
        f"INSERT INTO {table} ({quoted}, history_date, history_type, history_user_id,"  # noqa: S608
        f" history_change_reason) SELECT {quoted}, %s, %s, %s, %s FROM {of.db_table}"
        f" WHERE {key} = ANY(%s) ORDER BY {key}"
    )
    who = actor.user.pk if actor.user else None
    with connection.cursor() as cursor:
        cursor.execute(sql, [timezone.now(), what, who, _why(actor, why), [row.pk for row in rows]])


def remove(row: models.Model, *, actor: Actor, why: str = "") -> None:
    """Delete a row; its history stays, with who removed it. For parts of a whole alone."""
    _sign(row, actor, why)
    row.delete()


def _column_of_key(model: type[models.Model]) -> str:
    key = model._meta.pk
    return str(key.column) if key else "id"


def _sign(row: models.Model, actor: Actor, why: str) -> None:
    # Set on the row, not taken from the request: workers and the gate have none.
    row._history_user = actor.user  # type: ignore[attr-defined]
    row._change_reason = _why(actor, why)  # type: ignore[attr-defined]


def _why(actor: Actor, why: str) -> str:
    return (f"{actor.via}: {why}" if why else actor.via)[:100]
