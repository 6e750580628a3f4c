"""The incidents or drills behind a figure, each with what it adds to it. Reads only.

Starts in incidents.access: what makes up a figure and the reader may not see is not listed. What
they may see is all counted, and listed page by page.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet, Sum

from accounts.models import User
from incidents import access, leading
from incidents.models import LENGTHS, Incident, Measure
from incidents.totals import BOUNDS, Scope

# What may be looked behind, and the column of Measure that makes it up.
BEHIND = {
    "incidents": "incidents",
    "exposed": "person_seconds",
    "met": "met",
    "missed": "missed",
    "reviewed": "causes",
    **{name: name for name in LENGTHS},
}
# Figures that are the sum of what each incident adds; the others count incidents.
SUMMED = ("exposed", "met", "missed")
PAGE = 100


@dataclass(frozen=True)
class Part:
    """Which part of a figure is looked behind; all of it where nothing is said.

    Args:
        level: only incidents of this level.
        bar: of a length, only those in this one of the bars that totals.BOUNDS make.
        cause: only those whose review names it.
        homeless: only those of which nobody knows the program.
    """

    level: int | None = None
    bar: int | None = None
    cause: str = ""
    homeless: bool = False


@dataclass(frozen=True)
class Behind:
    """One incident that makes up a figure, and what it adds to it: seconds, people-hours or 1."""

    incident: Incident
    value: int

    @property
    def span(self) -> timedelta:
        """The value as a length of time, where it is one."""
        return timedelta(seconds=self.value)


@dataclass(frozen=True)
class Listed:
    """A page of what stands behind a figure.

    Args:
        total: what all pages add up to, as the figure is told; None where it counts incidents.
    """

    page: Page[Measure]
    lines: list[Behind]
    total: int | None


def of(user: User, scope: Scope, what: str, part: Part, *, page: str = "") -> Listed:
    """Return the incidents behind a figure that the person may know of, the largest first."""
    column = BEHIND[what]
    found = _narrowed(_within(scope), what, part).filter(
        incident__in=access.visible_to(user), level__lte=scope.mildest
    )
    total = None
    if what in SUMMED:
        total = _told(what, found.aggregate(all=Sum(column))["all"] or 0)
    order = () if what == "reviewed" else (f"-{column}",)
    rows = found.select_related("incident__program").order_by(*order, "-incident__number")
    shown = Paginator(rows, PAGE).get_page(page)
    lines = [Behind(row.incident, _value(what, row)) for row in shown if row.incident]
    return Listed(shown, lines, total)


def drills(scope: Scope, *, page: str = "") -> tuple[Page[Measure], int]:
    """Return a page of the drills that ended in a period or did not begin, and how many passed.

    Nothing of them is hidden: they stand on the pages of their programs.
    """
    found = _within(scope).filter(drill__isnull=False)
    passed = found.aggregate(all=Sum("passed"))["all"] or 0
    rows = found.select_related("drill__program").order_by("-day", "-drill")
    return Paginator(rows, PAGE).get_page(page), passed


def _within(scope: Scope) -> QuerySet[Measure]:
    found = Measure.objects.filter(day__gte=scope.period.since, day__lt=scope.period.end)
    return found.filter(program=scope.program) if scope.program is not None else found


def _narrowed(found: QuerySet[Measure], what: str, part: Part) -> QuerySet[Measure]:
    column = BEHIND[what]
    # Of how many incidents it is known, which is what the figure says it is of, also if none.
    many = "counted" if what == "exposed" else column
    found = found.filter(**{f"{many}__gt": 0} if what in SUMMED else {f"{column}__isnull": False})
    if part.cause:
        found = found.filter(causes__contains=[part.cause])
    if part.level is not None:
        found = found.filter(level=part.level)
    if part.homeless:
        found = found.filter(program=None)
    if part.bar is not None and what in LENGTHS:
        least, most = (0, *BOUNDS)[part.bar], (*BOUNDS, None)[part.bar]
        found = found.filter(**{f"{column}__gte": least})
        found = found.filter(**{f"{column}__lt": most}) if most else found
    return found


def _value(what: str, row: Measure) -> int:
    return row.incidents if what == "reviewed" else _told(what, getattr(row, BEHIND[what]))


def _told(what: str, value: int) -> int:
    return leading.hours(value) if what == "exposed" else value
