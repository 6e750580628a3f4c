"""Find words in reports and stories, by the database's full-text index. Reads only.

Which of these a person may know of is not asked here: incidents.search does that first. What is
corrected is not searched any more. All words must stand in the report, or in one entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value

# Words that stand in more incidents or entries than this are looked for from the newest incident
# on: of so many entries only some are read here, and they may all be of few incidents.
MANY = 2_000
# Around what was found; nobody types them, and where somebody pastes them they are dropped.
_BEGIN, _END = "\ue000", "\ue001"

_CURRENT = "NOT EXISTS (SELECT 1 FROM incidents_timelineentry c WHERE c.supersedes_id = e.id)"
_HITS = f"""
(SELECT i.id, FALSE FROM incidents_incident i, andon_asked(%(asked)s) q
 WHERE i.words @@ q LIMIT %(limit)s)
UNION ALL
(SELECT e.incident_id, TRUE FROM incidents_timelineentry e, andon_asked(%(asked)s) q
 WHERE e.words @@ q AND {_CURRENT} LIMIT %(limit)s)
"""  # noqa: S608


def hits(text: str) -> list[int] | None:
    """Return the keys of all incidents in which this stands.

    None if it stands in more than MANY of them, or in more than MANY entries.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HITS, {"asked": _clean(text), "limit": MANY + 1})
        rows = cursor.fetchall()
    keys = {pk for pk, _is_entry in rows}
    entries = sum(is_entry for _pk, is_entry in rows)
    return list(keys) if max(len(keys), entries) <= MANY else None


def within(text: str) -> Q:
    """The condition that this stands in an incident, asked for one incident after the other."""
    return Q(_StandsIn(F("pk"), Value(_clean(text))))


class _StandsIn(Func):
    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, _connection: Any) -> tuple[str, list[Any]]:
        (key, _none), (asked, params) = map(compiler.compile, self.get_source_expressions())
        row = key.rpartition(".")[0]
        sql = f"""({row}.words @@ andon_asked({asked}) OR EXISTS (
          SELECT 1 FROM incidents_timelineentry e
          WHERE e.incident_id = {key} AND e.words @@ andon_asked({asked}) AND {_CURRENT}))"""  # noqa: S608
        return sql, [*params, *params]


@dataclass(frozen=True)
class Snippet:
    """Part of a text around what was found. `parts` are (text, whether it was asked for)."""

    parts: tuple[tuple[str, bool], ...]


_SNIPPETS = f"""
SELECT pk, ts_headline('english', replace(translate(left(said, 4000), %(marks)s, ''), '<', '< '), q,
    'MaxFragments=1, MaxWords=24, MinWords=12, StartSel={_BEGIN}, StopSel={_END}')
FROM (SELECT DISTINCT ON (pk) pk, said, q FROM (
    SELECT i.id AS pk, 0 AS place, i.detail AS said, q
    FROM incidents_incident i, andon_asked(%(asked)s) q
    WHERE i.id = ANY(%(keys)s) AND i.words @@ q
    UNION ALL
    SELECT e.incident_id, e.id, e.text, q
    FROM incidents_timelineentry e JOIN incidents_incident i ON i.id = e.incident_id,
      andon_asked(%(asked)s) q
    WHERE e.incident_id = ANY(%(keys)s) AND e.words @@ q AND {_CURRENT}
      AND position(i.title IN e.text) = 0) found
  ORDER BY pk, place DESC) newest
"""  # noqa: S608


def snippets(text: str, keys: Iterable[int]) -> dict[int, Snippet]:
    """Return where this stands in each of these incidents: in the newest entry, else the report.

    An incident has none if it stands in its title or codename alone.
    """
    params: dict[str, Any] = {"asked": _clean(text), "keys": list(keys), "marks": _BEGIN + _END}
    with connection.cursor() as cursor:
        cursor.execute(_SNIPPETS, params)
        return {pk: Snippet(tuple(_parts(said))) for pk, said in cursor if _BEGIN in said}


def _parts(said: str) -> Iterable[tuple[str, bool]]:
    before, *found = said.split(_BEGIN)
    yield before, False
    for each in found:
        word, _end, after = each.partition(_END)
        yield word, True
        yield after, False


def _clean(text: str) -> str:
    return text.replace("\0", " ")
