"""What each incident and drill counts for, and the sums that figures are read from.

The only module that writes Measure, Figure and Spread. One statement reckons from the rest of the
database what one incident counts for and what all do; sums get the difference to what it was.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from audit.inserting import insert_all
from incidents import spreading
from incidents.models import LENGTHS, Figure, Grain, Incident, Measure, Spread
from programs.models import Pause

REFIGURE = "incidents.refigure"
SUMS = ("incidents", "counted", "person_seconds", "met", "missed", "passed", "failed")
_INCIDENT = re.compile(r"INC-[1-9][0-9]{0,8}")
_COLUMNS = ("incident_id", "drill_id", "day", "program_id", "level", *SUMS, *LENGTHS, "causes")


def _seconds(since: str, until: str) -> str:
    """The statement's words for whole seconds between two moments; NULL if one is not known."""
    # Not greatest(): that passes over NULL.
    spent = f"floor(extract(epoch FROM {until} - ({since})))"
    return f"CASE WHEN {until} < {since} THEN 0 ELSE {spent} END::bigint"


_BEGINS_AND_ENDS = {
    "detect": ("coalesce(e.since, i.occurred_from)", "i.reported_at"),
    "acknowledge": ("i.reported_at", "i.acknowledged_at"),
    "pause": ("i.reported_at", "s.proven_at"),
    "contain": ("i.reported_at", "i.contained_at"),
    "recover": ("i.reported_at", "i.recovered_at"),
}
# Drills are no incidents; what is dismissed or merged into another was none or is counted there.
# Without a time the end of an exposure is not known, without people nobody knows how many.
_OF_INCIDENTS = """
WITH asked AS (
  SELECT * FROM incidents_incident
  WHERE NOT is_drill AND status NOT IN ('dismissed', 'merged')
    AND (%(keys)s::bigint[] IS NULL OR id = ANY(%(keys)s::bigint[]))),
stopped AS (
  SELECT coalesce(i.duplicate_of_id, i.id) AS incident, min(o.proven_at) AS proven_at
  FROM programs_pause p
  JOIN programs_stoporder o ON o.id = p.order_id AND o.proven_at IS NOT NULL
  JOIN incidents_incident i ON p.holder = 'INC-' || i.number
  WHERE NOT p.is_drill AND (%(keys)s::bigint[] IS NULL
    OR i.id = ANY(%(keys)s::bigint[]) OR i.duplicate_of_id = ANY(%(keys)s::bigint[]))
  GROUP BY 1),
exposed AS (
  SELECT e.incident_id AS incident, min(e.since) AS since,
    -- As large as the column: several exposures of all people there are would not fit it.
    least(sum(people * greatest(0, extract(epoch FROM e.until - coalesce(e.since,
      least(coalesce(i.occurred_from, i.reported_at), e.until))))), 9223372036854775807)::bigint
      AS person_seconds, bool_or(people IS NOT NULL AND e.until IS NOT NULL) AS is_counted
  FROM incidents_exposure e JOIN asked i ON i.id = e.incident_id,
    LATERAL (SELECT coalesce(e.people_known, e.people_max, e.people_min)::bigint) known(people)
  WHERE %(keys)s::bigint[] IS NULL OR e.incident_id = ANY(%(keys)s::bigint[]) GROUP BY 1),
owed AS (
  SELECT d.incident_id AS incident,
    count(*) FILTER (WHERE d.submitted_at <= d.due_at) AS met,
    count(*) FILTER (WHERE coalesce(d.submitted_at, %(now)s) > d.due_at) AS missed
  FROM incidents_obligation d JOIN asked i ON i.id = d.incident_id
  WHERE d.due_at IS NOT NULL AND d.clock <> 'not_applicable' AND d.state <> 'not_reportable'
  GROUP BY 1),
reviewed AS (
  SELECT i.id AS incident, v.causes FROM incidents_review r JOIN asked i ON i.id = r.incident_id
  JOIN incidents_reviewversion v ON v.id = r.published_id AND v.number >= r.counts_from)
SELECT i.id AS incident_id, NULL::bigint AS drill_id,
  (i.reported_at AT TIME ZONE 'UTC')::date AS day,
  i.program_id, i.counts_as AS level, 1 AS incidents,
  (coalesce(e.is_counted, false))::int AS counted, coalesce(e.person_seconds, 0) AS person_seconds,
  coalesce(d.met, 0) AS met, coalesce(d.missed, 0) AS missed, 0 AS passed, 0 AS failed,
  {detect} AS detect, {acknowledge} AS acknowledge, {pause} AS pause, {contain} AS contain,
  {recover} AS recover, w.causes
FROM asked i LEFT JOIN stopped s ON s.incident = i.id LEFT JOIN exposed e ON e.incident = i.id
  LEFT JOIN owed d ON d.incident = i.id LEFT JOIN reviewed w ON w.incident = i.id
""".format(**{name: _seconds(*ends) for name, ends in _BEGINS_AND_ENDS.items()})  # noqa: S608
_OF_DRILLS = """
SELECT NULL::bigint AS incident_id, id AS drill_id,
  (coalesce(ended_at, planned_for) AT TIME ZONE 'UTC')::date AS day,
  program_id, NULL::int AS level, 0 AS incidents, 0 AS counted, 0::bigint AS person_seconds,
  0 AS met, 0 AS missed, (state = 'passed')::int AS passed, (state <> 'passed')::int AS failed,
  NULL::bigint AS detect, NULL::bigint AS acknowledge, NULL::bigint AS pause,
  NULL::bigint AS contain, NULL::bigint AS recover, NULL::varchar[] AS causes
FROM incidents_drill WHERE state IN ('passed', 'failed', 'missed')
  AND (%(keys)s::bigint[] IS NULL OR id = ANY(%(keys)s::bigint[]))
"""
_GRAINS = {
    Grain.DAY: "m.day",
    Grain.MONTH: "date_trunc('month', m.day)::date",
}
_BUCKET = (
    f"CASE WHEN v.seconds <= {spreading.EXACT} THEN v.seconds ELSE {spreading.EXACT}"
    f" + round(ln(v.seconds / {spreading.EXACT}.0::float8) / ln({spreading.GROWTH}::float8)) END"
)
_ADD_FIGURES = f"""
INSERT INTO incidents_figure AS f (grain, since, program_id, level, {", ".join(SUMS)})
SELECT * FROM unnest(%s::text[], %s::date[], %s::bigint[], %s::int[],
  {", ".join("%s::numeric[]" for _ in SUMS)})
ON CONFLICT (grain, since, program_id, level) DO UPDATE SET
  {", ".join(f"{name} = f.{name} + EXCLUDED.{name}" for name in SUMS)}
"""  # noqa: S608
_ADD_SPREADS = """
INSERT INTO incidents_spread AS s (grain, since, level, what, bucket, n)
SELECT * FROM unnest(%s::text[], %s::date[], %s::int[], %s::text[], %s::int[], %s::int[])
ON CONFLICT (grain, since, level, what, bucket) DO UPDATE SET n = s.n + EXCLUDED.n
"""


@dataclass
class Changes:
    """What is added to the sums, by their cells. What is taken away is negative."""

    figures: dict[tuple[Any, ...], list[int]] = field(default_factory=dict)
    spreads: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    def count(self, row: dict[str, Any], sign: int) -> None:
        for grain, since in _cells(row["day"]):
            where = (grain, since, row["program_id"], row["level"])
            sums = self.figures.setdefault(where, [0] * len(SUMS))
            for at, name in enumerate(SUMS):
                sums[at] += sign * int(row[name])
            for what in LENGTHS:
                if row[what] is not None:
                    found = spreading.bucket(row[what])
                    self.spreads[grain, since, row["level"], what, found] += sign


def _cells(day: date) -> list[tuple[str, date]]:
    return [(Grain.DAY.value, day), (Grain.MONTH.value, day.replace(day=1))]


@transaction.atomic
def refigure(*, incidents: Iterable[int] = (), drills: Iterable[int] = ()) -> None:
    """Reckon anew what these count for, and add the difference to the sums. Safe to call again."""
    keys = sorted(set(incidents))
    with connection.cursor() as cursor:
        # While a recount is under way the sums may hold no more what these counted for before.
        cursor.execute("LOCK TABLE incidents_measure IN ROW EXCLUSIVE MODE")
    # Locked, so that of two who reckon the same one the second sees what the first wrote.
    rows = Incident.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    list(rows.values_list("pk"))
    changes = Changes()
    for which, asked, sql in (
        ("incident_id", keys, _OF_INCIDENTS),
        ("drill_id", sorted(set(drills)), _OF_DRILLS),
    ):
        if asked:
            _difference(which, asked, sql, changes)
    _add(changes)


def refigure_with_root(incident: int) -> None:
    """Reckon an incident anew, and the one that it was merged into: its stop counts there."""
    root = Incident.objects.filter(duplicates=incident).values_list("pk", flat=True)
    refigure(incidents=[incident, *root])


def stopped_by(order: int) -> list[int]:
    """Return the incidents, and those they were merged into, that an order to stop was for."""
    holders = Pause.objects.filter(order=order, is_drill=False).values_list("holder", flat=True)
    numbers = [holder[4:] for holder in holders if _INCIDENT.fullmatch(holder)]
    rows = Incident.objects.filter(number__in=numbers).values_list("pk", "duplicate_of")
    return [pk for row in rows for pk in row if pk]


def _difference(which: str, keys: list[int], sql: str, changes: Changes) -> None:
    known = Measure.objects.filter(**{f"{which}__in": keys})
    before = {row[which]: row for row in known.values(*_COLUMNS)}
    after = {row[which]: row for row in _reckoned(sql, keys)}
    if before == after:
        return
    for row in before.values():
        changes.count(row, -1)
    for row in after.values():
        changes.count(row, +1)
    known.delete()
    insert_all([Measure(**row) for row in after.values()])


def _reckoned(sql: str, keys: list[int]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"keys": keys, "now": _now(cursor)})
        return [dict(zip(_COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def _now(cursor: Any) -> Any:
    cursor.execute("SELECT clock_timestamp()")
    return cursor.fetchone()[0]


def _add(changes: Changes) -> None:
    # In one order, so that two who add to the same cells wait for each other and never both.
    figures = sorted(
        ((where, sums) for where, sums in changes.figures.items() if any(sums)),
        key=lambda pair: [str(part) for part in pair[0]],
    )
    spreads = sorted((where, n) for where, n in changes.spreads.items() if n)
    with connection.cursor() as cursor:
        if figures:
            rows = [(*where, *sums) for where, sums in figures]
            cursor.execute(_ADD_FIGURES, [list(column) for column in zip(*rows, strict=True)])
        if spreads:
            rows = [(*where, n) for where, n in spreads]
            cursor.execute(_ADD_SPREADS, [list(column) for column in zip(*rows, strict=True)])


@transaction.atomic
def recount() -> int:
    """Reckon everything anew from what it follows from; return how many things count.

    Whatever is reckoned meanwhile waits for this.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_NOBODY_ELSE)
        now, counted = _now(cursor), 0
        cursor.execute("DELETE FROM incidents_measure")
        for sql in (_OF_INCIDENTS, _OF_DRILLS):
            into = f"INSERT INTO incidents_measure ({', '.join(_COLUMNS)}) {sql}"
            # A WITH may stand before the SELECT of an INSERT.
            cursor.execute(into, {"keys": None, "now": now})
            counted += cursor.rowcount
        _sum_up(cursor, date.min, date.max)
    return counted


def month_after(month: date) -> date | None:
    """Return the first day of the next month that anything was measured or summed up in."""
    first = _next_month(month) if month > date.min else month
    kept: list[tuple[QuerySet[Any], str]] = [(Measure.objects.all(), "day")]
    for grain in Grain:
        # By grain, as their indexes are.
        kept += [(model.objects.filter(grain=grain), "since") for model in (Figure, Spread)]
    days = [
        rows.filter(**{f"{day}__gte": first}).order_by(day).values_list(day, flat=True).first()
        for rows, day in kept
    ]
    return min((day.replace(day=1) for day in days if day), default=None)


@transaction.atomic
def sum_up(month: date) -> None:
    """Make the sums of one month anew from what was measured in it; its day is the first.

    Whatever is reckoned meanwhile waits for this.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NOBODY_ELSE)
        _sum_up(cursor, month, _next_month(month))


def _next_month(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def _sum_up(cursor: Any, first: date, end: date) -> None:
    days = {"first": first, "end": end}
    for model in (Spread, Figure):
        cursor.execute(
            f"DELETE FROM {model._meta.db_table}"  # noqa: S608
            " WHERE since >= %(first)s AND since < %(end)s",
            days,
        )
    for grain, since in _GRAINS.items():
        for sql in (_FIGURES_OF, _SPREADS_OF):
            cursor.execute(sql.format(since=since), days | {"grain": grain.value})


_NOBODY_ELSE = "LOCK TABLE incidents_measure IN SHARE ROW EXCLUSIVE MODE"
_FIGURES_OF = f"""
INSERT INTO incidents_figure (grain, since, program_id, level, {", ".join(SUMS)})
SELECT %(grain)s, {{since}}, m.program_id, m.level, {", ".join(f"sum(m.{name})" for name in SUMS)}
FROM incidents_measure m WHERE m.day >= %(first)s AND m.day < %(end)s GROUP BY 2, 3, 4
"""  # noqa: S608
_SPREADS_OF = f"""
INSERT INTO incidents_spread (grain, since, level, what, bucket, n)
SELECT %(grain)s, {{since}}, m.level, v.what, {_BUCKET}, count(*)
FROM incidents_measure m, LATERAL (VALUES
  {", ".join(f"('{name}', m.{name})" for name in LENGTHS)}) v (what, seconds)
WHERE v.seconds IS NOT NULL AND m.day >= %(first)s AND m.day < %(end)s GROUP BY 2, 3, 4, 5
"""  # noqa: S608


def sums() -> tuple[set[tuple[Any, ...]], set[tuple[Any, ...]]]:
    """Return every sum that is not nought, for whoever compares two countings."""
    figures = Figure.objects.values_list("grain", "since", "program_id", "level", *SUMS)
    spreads = Spread.objects.exclude(n=0)
    return (
        {row for row in figures if any(row[4:])},
        set(spreads.values_list("grain", "since", "level", "what", "bucket", "n")),
    )
