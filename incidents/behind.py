"""The incidents or drills behind a figure, each with what it adds to it. Reads only.

Starts in incidents.access: what makes up a figure and the reader may not see is not listed.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet

from accounts.models import User
from incidents import access, leading
from incidents.models import LENGTHS, Drill, Incident, Measure
from incidents.totals import BOUNDS, Scope


@dataclass(frozen=True)
class Behind:
    """One incident that makes up a figure, and what it adds to it: seconds, people-hours or 1."""

    incident: Incident
    value: int

    @property
    def span(self) -> timedelta:
        """The value as a length of time, where it is one."""
        return timedelta(seconds=self.value)


# What may be looked behind, and the column of Measure that makes it up.
BEHIND = {
    "incidents": "incidents",
    "exposed": "person_seconds",
    "met": "met",
    "missed": "missed",
    "reviewed": "causes",
    **{name: name for name in LENGTHS},
}
MOST_BEHIND = 500


def of(
    user: User,
    scope: Scope,
    what: str,
    level: int | None = None,
    *,
    bar: int | None = None,
    cause: str = "",
) -> tuple[list[Behind], bool]:
    """Return the incidents behind a figure that the person may know of, and whether all are.

    Args:
        level: only those of this level.
        bar: of a length, only those in this one of the bars that totals.BOUNDS make.
        cause: only those whose review names it.
    """
    column = BEHIND[what]
    found = _within(scope).filter(
        incident__in=access.visible_to(user),
        level__lte=scope.mildest,
        **{f"{column}__isnull": False},
    )
    if what in ("exposed", "met", "missed"):
        found = found.filter(**{f"{column}__gt": 0})
    if cause:
        found = found.filter(causes__contains=[cause])
    if level is not None:
        found = found.filter(level=level)
    if bar is not None and what in LENGTHS:
        least, most = (0, *BOUNDS)[bar], (*BOUNDS, None)[bar]
        found = found.filter(**{f"{column}__gte": least})
        found = found.filter(**{f"{column}__lt": most}) if most else found
    order = () if what == "reviewed" else (f"-{column}",)
    found = found.select_related("incident__program").order_by(*order, "-incident__number")
    rows = list(found[: MOST_BEHIND + 1])
    lines = [Behind(row.incident, _value(what, row)) for row in rows[:MOST_BEHIND] if row.incident]
    return lines, len(rows) <= MOST_BEHIND


def drills(scope: Scope) -> tuple[list[Drill], bool]:
    """Return the drills that ended in a period or did not begin, and whether all are.

    Nothing of them is hidden: they stand on the pages of their programs.
    """
    found = _within(scope).filter(drill__isnull=False)
    rows = found.select_related("drill__program").order_by("-day", "-drill")[: MOST_BEHIND + 1]
    lines = [row.drill for row in rows if row.drill]
    return lines[:MOST_BEHIND], len(lines) <= MOST_BEHIND


def _within(scope: Scope) -> QuerySet[Measure]:
    found = Measure.objects.filter(day__gte=scope.period.since, day__lt=scope.period.end)
    return found.filter(program=scope.program) if scope.program is not None else found


def _value(what: str, row: Measure) -> int:
    if what == "reviewed":
        return row.incidents
    value: int = getattr(row, BEHIND[what])
    return leading.hours(value) if what == "exposed" else value
