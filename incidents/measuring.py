"""What each incident and drill counts for, and the sums that figures are read from.

The only module that writes Measure, Figure and Spread. What one incident counts for is reckoned
from the rest of the database; sums get the difference to what it was.
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
from incidents.countings import COLUMNS, OF_ALL, OF_DRILLS, OF_INCIDENTS, SUMS
from incidents.models import LENGTHS, Figure, Grain, Incident, Measure, Spread
from programs.models import Pause

REFIGURE = "incidents.refigure"
_INCIDENT = re.compile(r"INC-[1-9][0-9]{0,8}")
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
        ("incident_id", keys, OF_INCIDENTS),
        ("drill_id", sorted(set(drills)), OF_DRILLS),
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
    before = {row[which]: row for row in known.values(*COLUMNS)}
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
        return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]


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
        for sql in OF_ALL:
            into = f"INSERT INTO incidents_measure ({', '.join(COLUMNS)}) {sql}"
            # A WITH may stand before the SELECT of an INSERT.
            cursor.execute(into, {"now": now})
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
