"""The incidents behind a figure, each with what it adds to it. Reads only.

Starts in incidents.access: what makes up a figure and the reader may not see is not listed.
"""

from dataclasses import dataclass
from datetime import timedelta

from accounts.models import User
from incidents import access, leading
from incidents.models import LENGTHS, Incident, Measure
from incidents.totals import Scope


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
    **{name: name for name in LENGTHS},
}
MOST_BEHIND = 500


def of(user: User, scope: Scope, what: str, level: int | None = None) -> tuple[list[Behind], bool]:
    """Return the incidents behind a figure that the person may know of, and whether all are.

    Args:
        level: only those of this level.
    """
    column = BEHIND[what]
    found = Measure.objects.filter(
        incident__in=access.visible_to(user),
        day__gte=scope.period.since,
        day__lt=scope.period.end,
        level__lte=scope.mildest,
        **{f"{column}__isnull": False},
    )
    if what in ("exposed", "met", "missed"):
        found = found.filter(**{f"{column}__gt": 0})
    if scope.program is not None:
        found = found.filter(program=scope.program)
    if level is not None:
        found = found.filter(level=level)
    order = (f"-{column}", "-incident__number")
    rows = list(found.select_related("incident__program").order_by(*order)[: MOST_BEHIND + 1])
    lines = [
        Behind(row.incident, _value(what, getattr(row, column)))
        for row in rows[:MOST_BEHIND]
        if row.incident
    ]
    return lines, len(rows) <= MOST_BEHIND


def _value(what: str, value: int) -> int:
    return leading.hours(value) if what == "exposed" else value
