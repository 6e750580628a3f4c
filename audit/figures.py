"""How the engine does, in figures: who works, what waits, how late it was. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from audit.models import Due, EngineBeat, Finding

# Upper bounds in seconds; what is later counts in the last, open one.
BOUNDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0)
# Of the last hour no more than so many, the newest: enough to see, and quick to read.
MOST = 20_000
SEEN = timedelta(hours=1)
_LATENESS = """
    SELECT width_bucket(late, %s), count(*), sum(late), max(late)
      FROM (SELECT greatest(extract(epoch FROM finished_at - coalesce(planned_at, due_at)), 0)
                   ::float8 AS late
              FROM audit_due WHERE state IN ('done', 'dead') AND finished_at > %s
             ORDER BY finished_at DESC LIMIT %s) AS done
     GROUP BY 1
"""


@dataclass(frozen=True)
class Bar:
    """So much work was done less than `below` seconds late, and later than the bar before.

    `percent` is of the longest bar.
    """

    below: float | None
    count: int
    percent: int


@dataclass(frozen=True)
class Lateness:
    """Of the work that was done lately: how late, from when it was planned until it was done."""

    bars: list[Bar]
    count: int
    total: float
    most: float


@dataclass(frozen=True)
class Depth:
    """What waits of one kind."""

    kind: str
    due: int
    later: int
    next_at: datetime | None


def lateness(*, since: datetime) -> Lateness:
    """Return the histogram of what was done since then, in seconds."""
    with connection.cursor() as cursor:
        cursor.execute(_LATENESS, [list(BOUNDS), since, MOST])
        rows = {row[0]: row for row in cursor.fetchall()}
    counts = [rows[n][1] if n in rows else 0 for n in range(len(BOUNDS) + 1)]
    highest = max(counts) or 1
    bars = [
        Bar(bound, count, 100 * count // highest)
        for bound, count in zip((*BOUNDS, None), counts, strict=True)
    ]
    total = sum(row[2] for row in rows.values())
    return Lateness(bars, sum(counts), total, max((row[3] for row in rows.values()), default=0.0))


def depths(*, now: datetime) -> list[Depth]:
    """Return what waits, by kind: what is due or in hand, and what is for later."""
    is_due = Q(state=Due.State.ENQUEUED) | Q(due_at__lte=now)
    rows = (
        Due.objects.waiting()
        .values("kind")
        .annotate(due=Count("pk", filter=is_due), all=Count("pk"), next_at=Min("due_at"))
        .order_by("-due", "kind")
    )
    return [Depth(r["kind"], r["due"], r["all"] - r["due"], r["next_at"]) for r in rows]


def engines(*, now: datetime) -> QuerySet[EngineBeat]:
    """Return the engines that gave a sign of life within the hour, the liveliest first."""
    return EngineBeat.objects.filter(ticked_at__gt=now - SEEN).order_by("-ticked_at")


def dead() -> QuerySet[Due]:
    """Return what was given up and waits for an operator, the newest first."""
    return Due.objects.filter(state=Due.State.DEAD).order_by("-due_at")


def findings() -> QuerySet[Finding]:
    """Return what the checks found: what still is, then what was, the newest first."""
    return Finding.objects.order_by("over_at", "-pk")
