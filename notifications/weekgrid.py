"""The coming week of rotas, day by day on the clock of whoever reads it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifications.standing import Shift, Stand

DAYS = 7


@dataclass(frozen=True)
class Piece:
    """What of a shift is in a day; no `start` or `end` where it goes on beyond that."""

    shift: "Shift"
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class Row:
    """A rota, and each day with what is in it, the earliest first."""

    stand: "Stand"
    by_day: list[tuple[date, list[Piece]]]


@dataclass(frozen=True)
class Week:
    days: list[date]
    rows: list[Row]


def week(stands: Iterable["Stand"], at: datetime, zone: tzinfo) -> Week:
    """Return the week that begins with the day of `at`, of which nothing before `at` is shown."""
    first = at.astimezone(zone).date()
    days = [first + timedelta(days=number) for number in range(DAYS)]
    # In UTC: two times of one zone are compared by their clocks, which change.
    bounds = [_midnight(day, zone) for day in (*days, days[-1] + timedelta(days=1))]
    return Week(
        days,
        [Row(each, [*zip(days, _by_day(each.shifts, bounds), strict=True)]) for each in stands],
    )


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _by_day(shifts: Sequence["Shift"], bounds: Sequence[datetime]) -> Iterator[list[Piece]]:
    for begins, ends in pairwise(bounds):
        yield [
            Piece(
                shift,
                shift.start if shift.start > begins else None,
                shift.end if shift.end < ends else None,
            )
            for shift in shifts
            if shift.start < ends and shift.end > begins
        ]
