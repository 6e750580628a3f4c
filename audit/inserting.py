"""Insert many rows at once, sent as one JSON text that the database takes apart.

Django prepares each value of each row by itself, and sends a list for each column in which every
quotation mark is escaped: with hundreds of rows that hold JSON it took longer than to store them.
"""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models, router
from django.utils.functional import Promise

from accounts import vault


def insert_all(rows: Sequence[models.Model], *, known_by: str = "") -> None:
    """Insert rows of one model in one statement, in their order, and set their keys.

    What `bulk_create` does; triggers see the rows in the same order.

    Args:
        known_by: a column of one value a row. What is there by that value stays as it is, and its
            key is set. No two of the rows have the same.

    Raises:
        TypeError: if a value is of a type that is not told here how to write.
        ValueError: if a row names another one that has no key yet, or holds a plain secret.
    """
    if not rows:
        return
    key = _key(type(rows[0])._meta)
    # Changed to what it is: PostgreSQL returns no row with which it does nothing.
    known = f' ON CONFLICT ("{known_by}") DO UPDATE SET "{known_by}" = EXCLUDED."{known_by}"'
    keys = _insert(rows, f'{known if known_by else ""} RETURNING "{key}"')
    for row, (key,) in zip(rows, keys, strict=True):
        row.pk, row._state.adding, row._state.db = key, False, router.db_for_write(type(row))


def insert_new(rows: Sequence[models.Model]) -> None:
    """Insert those of several rows of one model that are not there yet; sets no keys.

    Raises:
        TypeError, ValueError: as `insert_all`.
    """
    if rows:
        _insert(rows, " ON CONFLICT DO NOTHING RETURNING 1")


def _insert(rows: Sequence[models.Model], how: str) -> list[tuple[Any, ...]]:
    meta = type(rows[0])._meta
    fields = [each for each in meta.concrete_fields if not _is_given(each)]
    plain = [(each.column, each.attname) for each in fields if _is_plain(each)]
    others = [each for each in fields if not _is_plain(each)]
    said = [
        {column: getattr(row, name) for column, name in plain}
        | {each.column: _value(each, row) for each in others}
        for row in rows
    ]
    table, names = meta.db_table, ", ".join(f'"{each.column}"' for each in fields)
    sql = (
        f'INSERT INTO "{table}" ({names}) SELECT {names}'  # noqa: S608
        f' FROM json_populate_recordset(NULL::"{table}", %s::json){how}'
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(said, ensure_ascii=False, default=_plain)])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _key(meta: Any) -> str:
    return str(meta.pk.column)


def _is_given(field: Any) -> bool:
    """True if the database says what is in it."""
    return bool(field.generated) or isinstance(field, models.AutoField | models.BigAutoField)


def _is_plain(field: Any) -> bool:
    """True if what the row has is what is stored: most columns, and asking each costs more."""
    is_sealed = isinstance(field, vault.SealedField)
    return type(field).pre_save is models.Field.pre_save and not (field.is_relation or is_sealed)


def _value(field: Any, row: models.Model) -> Any:
    value = field.pre_save(row, True)
    named = value is None and field.is_relation and field.is_cached(row)
    # A row keeps the key that what it names had when it was made.
    if named and getattr(row, field.name) is not None:
        raise ValueError(f"{field.name}: save it before you make a row that names it.")
    if isinstance(field, vault.SealedField):
        # Other columns need no preparing; this one refuses what was not sealed.
        value = field.get_prep_value(value)
    return value


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__}: no column takes one that is sent as JSON.")
