"""Compare the rows of a model with what their own history says last. Reads only.

History is no chain, but its tables refuse a change: whoever edits a row by SQL writes none of it.
It reaches every field, where the record tells the few that decide.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection, models

from audit.differences import DIFFERS, GONE, UNHEARD, Difference, Looked
from audit.links import stream_of_rows

_COUNT = "SELECT count(*) FROM {live}"
_DIFFER = """
    SELECT l.{key}::text, h.history_id IS NULL, {pairs}
      FROM {live} AS l LEFT JOIN LATERAL (
           SELECT * FROM {past} AS p WHERE p.{key} = l.{key} ORDER BY p.history_id DESC LIMIT 1
           ) AS h ON true
     WHERE h.history_id IS NULL OR ({ours}) IS DISTINCT FROM ({theirs}) ORDER BY l.{key}
"""
_GONE = """
    SELECT DISTINCT p.{key}::text FROM {past} AS p
     WHERE NOT EXISTS (SELECT FROM {live} AS l WHERE l.{key} = p.{key})
       AND NOT EXISTS (SELECT FROM {past} AS d WHERE d.{key} = p.{key} AND d.history_type = '-')
"""
# What a person wrote may be of an incident that who reads the verification may not know.
_WRITTEN = (models.CharField, models.TextField, models.FileField)


class Past:
    """A model with history, and how its rows are compared with that."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        past = model.history.model  # type: ignore[attr-defined]
        self._fields: list[models.Field[Any, Any]] = [
            each for each in past.tracked_fields if not each.primary_key
        ]
        quote = connection.ops.quote_name
        columns = [quote(str(each.column)) for each in self._fields]
        self._names = {
            "key": quote(str(model._meta.pk.column)),
            "live": quote(model._meta.db_table),
            "past": quote(past._meta.db_table),
            "pairs": ", ".join(f"l.{each}::text, h.{each}::text" for each in columns),
            "ours": ", ".join(f"l.{each}" for each in columns),
            "theirs": ", ".join(f"h.{each}" for each in columns),
        }

    def differences(self, looked: list[Looked]) -> Iterator[Difference]:
        """Yield the rows that are not as their history says, and those that are on one side alone.

        Args:
            looked: gets a line of what was compared.
        """
        label = self.model._meta.label
        with connection.cursor() as cursor:
            cursor.execute(_COUNT.format(**self._names))
            (rows,) = cursor.fetchone()
        fields = tuple(each.name for each in self._fields)
        looked.append(Looked(label, "history", fields, rows))
        for key, is_new, *values in stream_of_rows(_DIFFER.format(**self._names), []):
            if is_new:
                yield Difference(UNHEARD, label, key)
                continue
            pairs = zip(self._fields, values[::2], values[1::2], strict=True)
            for each, live, recorded in pairs:
                if live != recorded:
                    told = _shown(each, live), _shown(each, recorded)
                    yield Difference(DIFFERS, label, key, each.name, *told)
        for (key,) in stream_of_rows(_GONE.format(**self._names), []):
            yield Difference(GONE, label, key)


def _shown(of: "models.Field[Any, Any]", value: str | None) -> str:
    if isinstance(of, _WRITTEN) and not of.choices and value:
        return "(text)"
    return value or ""
