"""Read the sums of incidents.measuring over a period. Reads only, counts whatever there is.

Nobody is asked here who may see what: incidents.leading does, before it shows anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from incidents import spreading
from incidents.countings import SUMS
from incidents.models import LENGTHS
from incidents.spans import Period

# Up to so many incidents the median is that of the lengths themselves, beyond that of buckets.
EXACTLY = 20_000
# Upper ends of the bars of a picture, in seconds; what takes longer is in a last one.
BOUNDS = (10, 60, 300, 900, 3600, 14_400, 86_400)
# So many weeks fit beside each other; more are told by month.
MOST_WEEKS = 60


@dataclass(frozen=True)
class Scope:
    """What is summed up: a period, of one program or all, of a level or what is more severe."""

    period: Period
    program: int | None = None
    mildest: int = 5

    def levels(self) -> range:
        """The levels that are summed up."""
        return range(self.mildest + 1)

    def where(self, alias: str) -> tuple[str, list[Any]]:
        """The condition on rows of Measure, and its parameters."""
        sql = f"{alias}.day >= %s AND {alias}.day < %s"
        params: list[Any] = [self.period.since, self.period.end]
        return self._narrowed(alias, sql, params)

    def cells(self, alias: str, *, only_days: bool = False) -> tuple[str, list[Any]]:
        """The condition on rows of Figure, as few as make up the period."""
        pieces = [("day", self.period.since, self.period.end)] if only_days else self._pieces()
        one = f"({alias}.grain = %s AND {alias}.since >= %s AND {alias}.since < %s)"
        sql = f"({' OR '.join([one] * len(pieces))})"
        return self._narrowed(alias, sql, [value for piece in pieces for value in piece])

    def _pieces(self) -> list[tuple[str, date, date]]:
        return [(each.grain, each.first, each.end) for each in self.period.pieces()]

    def _narrowed(self, alias: str, sql: str, params: list[Any]) -> tuple[str, list[Any]]:
        if self.program is not None:
            sql, params = f"{sql} AND {alias}.program_id = %s", [*params, self.program]
        # Drills have no level.
        return f"{sql} AND ({alias}.level IS NULL OR {alias}.level <= %s)", [*params, self.mildest]


@dataclass(frozen=True)
class Length:
    """How long something took of `n` incidents: the median in seconds, None if of none."""

    n: int
    median: int | None
    exact: bool


@dataclass(frozen=True)
class Sums:
    """The columns of SUMS, in all, by level and by program."""

    every: dict[str, int]
    by_level: dict[int, int]
    by_program: dict[int | None, dict[str, int]]


def sums(scope: Scope) -> Sums:
    where, params = scope.cells("f")
    columns = ", ".join(f"sum(f.{name})::bigint" for name in SUMS)
    rows = _rows(
        f"SELECT f.level, f.program_id, {columns} FROM incidents_figure f"  # noqa: S608
        f" WHERE {where} GROUP BY 1, 2",
        params,
    )
    every = dict.fromkeys(SUMS, 0)
    by_level: dict[int, int] = {}
    by_program: dict[int | None, dict[str, int]] = {}
    for level, program, *values in rows:
        found = dict(zip(SUMS, values, strict=True))
        its = by_program.setdefault(program, dict.fromkeys(SUMS, 0))
        for name, value in found.items():
            every[name] += value
            its[name] += value
        if level is not None:
            by_level[level] = by_level.get(level, 0) + found["incidents"]
    return Sums(every, by_level, by_program)


def lengths(scope: Scope, incidents: int) -> dict[str, Length]:
    """Return the median of each of LENGTHS.

    Args:
        incidents: how many there are in the scope: of few, or of one program, it is exact.
    """
    if incidents <= EXACTLY or scope.program is not None:
        return _exactly(scope)
    where, params = scope.cells("s")
    rows = _rows(
        "SELECT s.what, s.bucket, sum(s.n)::bigint FROM incidents_spread s"  # noqa: S608
        f" WHERE {where} GROUP BY 1, 2",
        params,
    )
    found: dict[str, dict[int, int]] = {name: {} for name in LENGTHS}
    for what, bucket, n in rows:
        found[what][bucket] = n
    return {
        name: Length(sum(each.values()), spreading.middle(each), exact=False)
        for name, each in found.items()
    }


def _exactly(scope: Scope) -> dict[str, Length]:
    where, params = scope.where("m")
    columns = ", ".join(
        f"count(m.{name}), percentile_disc(0.5) WITHIN GROUP (ORDER BY m.{name})"
        for name in LENGTHS
    )
    [row] = _rows(f"SELECT {columns} FROM incidents_measure m WHERE {where}", params)  # noqa: S608
    return {
        name: Length(row[2 * at], row[2 * at + 1], exact=True) for at, name in enumerate(LENGTHS)
    }


def times_to_pause(scope: Scope) -> list[int]:
    """Return how many stops were proven within each of BOUNDS and not before, and how many later.

    From the lengths themselves; stops are few beside incidents.
    """
    where, params = scope.where("m")
    rows = _rows(
        "SELECT width_bucket(m.pause, %s), count(*) FROM incidents_measure m"  # noqa: S608
        f" WHERE m.pause IS NOT NULL AND {where} GROUP BY 1",
        [list(BOUNDS), *params],
    )
    found = dict(rows)
    return [found.get(at, 0) for at in range(len(BOUNDS) + 1)]


@dataclass(frozen=True)
class Reviewed:
    """How many incidents have a review that stands, and of how many each cause is named."""

    n: int
    causes: dict[str, int]


def reviewed(scope: Scope) -> Reviewed:
    """Read what reviews name as having contributed. From the reviews; few beside incidents."""
    where, params = scope.where("m")
    rows = _rows(
        "SELECT c.cause, count(*) FROM incidents_measure m"  # noqa: S608
        # One row without a cause for the incident itself.
        " CROSS JOIN LATERAL unnest(array_append(m.causes, NULL)) AS c (cause)"
        f" WHERE m.causes IS NOT NULL AND {where} GROUP BY 1",
        params,
    )
    found = dict(rows)
    return Reviewed(found.pop(None, 0), found)


def step_of(period: Period) -> str:
    """Return `week`, or `month` where there would be too many of them, or it is told by them."""
    return "week" if period.days <= 7 * MOST_WEEKS and not period.in_months else "month"


def over_time(scope: Scope) -> dict[tuple[date, int], int]:
    """Return how many incidents there were by the first day of their week or month, and level."""
    step = step_of(scope.period)
    # A week may begin in one month and end in the next.
    where, params = scope.cells("f", only_days=step == "week")
    rows = _rows(
        "SELECT date_trunc(%s, f.since)::date, f.level, sum(f.incidents)::bigint"  # noqa: S608
        f" FROM incidents_figure f WHERE f.level IS NOT NULL AND {where} GROUP BY 1, 2",
        [step, *params],
    )
    return {(since, level): n for since, level, n in rows}


def open_by_level(program: int | None, mildest: int) -> dict[int, int]:
    """Return how many incidents are open now at each level up to the mildest; no drills."""
    rows = _rows(
        "SELECT counts_as, count(*) FROM incidents_incident"
        " WHERE status NOT IN ('closed', 'dismissed', 'merged') AND NOT is_drill"
        " AND counts_as <= %s AND (%s::bigint IS NULL OR program_id = %s) GROUP BY 1",
        [mildest, program, program],
    )
    return dict.fromkeys(range(mildest + 1), 0) | dict(rows)


def _rows(sql: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Any] = cursor.fetchall()
    return found
