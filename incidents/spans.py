"""The period that figures are of: whole days of UTC, and the one before to compare with. Pure."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

# Five years: what is asked for by mistake must not read everything there ever was.
LONGEST = 1830
FIRST_DAY = date(2000, 1, 1)
PRESETS = ("30", "90", "quarter", "year")
_DAY = timedelta(days=1)


class Refused(Exception):
    """There is no such period; the message names the field and what is allowed."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


@dataclass(frozen=True)
class Piece:
    """Days or whole months from `first` until before `end`."""

    grain: str
    first: date
    end: date


@dataclass(frozen=True)
class Period:
    """From the day `since` to the day `until`, both within.

    `is_free`: somebody chose the days. `in_months`: it was widened to whole months.
    """

    since: date
    until: date
    is_free: bool = field(default=False, compare=False)
    in_months: bool = field(default=False, compare=False)

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def end(self) -> date:
        """The day after."""
        return self.until + _DAY

    def before(self) -> "Period":
        """The period of as many days, or months, that ends the day before this one begins."""
        if self.in_months:
            since, months = self.since, self._months()
            for _each in range(months):
                since = _month(since - _DAY)
            return replace(self, since=since, until=self.since - _DAY)
        return Period(self.since - timedelta(days=self.days), self.since - _DAY)

    def whole_months(self, today: date) -> "Period":
        """The months that it lies in, until today."""
        until = min(_next_month(self.until) - _DAY, today)
        return replace(self, since=_month(self.since), until=until, in_months=True)

    def _months(self) -> int:
        years = self.until.year - self.since.year
        return 12 * years + self.until.month - self.since.month + 1

    def pieces(self) -> list[Piece]:
        """The period as few sums: its whole months, and the days before and after them."""
        first = _month(self.since) if self.since.day == 1 else _next_month(self.since)
        last = _month(self.end)
        if first >= last:
            return [Piece("day", self.since, self.end)]
        found = [
            Piece("day", self.since, first),
            Piece("month", first, last),
            Piece("day", last, self.end),
        ]
        return [piece for piece in found if piece.first < piece.end]


def _month(day: date) -> date:
    return day.replace(day=1)


def _next_month(day: date) -> date:
    return _month(_month(day) + timedelta(days=32))


def preset(name: str, today: date) -> Period:
    """Return one of PRESETS: the last 30 or 90 days, or this quarter or year so far.

    Raises:
        Refused: if it is none of them.
    """
    if name in ("30", "90"):
        return Period(today - timedelta(days=int(name) - 1), today)
    if name == "quarter":
        return Period(date(today.year, 3 * ((today.month - 1) // 3) + 1, 1), today)
    if name == "year":
        return Period(date(today.year, 1, 1), today)
    raise Refused("preset", f"preset: {name!r} is none of {', '.join(PRESETS)}.")


def between(since: date, until: date, today: date) -> Period:
    """Return the period between two days.

    Raises:
        Refused: if it ends before it begins, begins in the future, or is too long or too long ago.
    """
    if since < FIRST_DAY:
        raise Refused("since", f"since: not before {FIRST_DAY}.")
    if since > today:
        raise Refused("since", f"since: {since} has not come yet; today is {today} in UTC.")
    if until < since:
        raise Refused("until", f"until: {until} is before {since}, on which the period begins.")
    if (until - since).days >= LONGEST:
        raise Refused("until", f"until: a period has at most {LONGEST} days.")
    return Period(since, min(until, today), is_free=True)
