"""How each calendar counts: hours, days, business days, months, and what moves an end. Pure.

No clock of the machine is read. Holidays come from the `holidays` package, by country and year.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

SATURDAY = 5
# A day ends with its last second: the date of an end is then the day that the law names.
LAST_SECOND = time(23, 59, 59)
NOON = time(12)


class Calendar(StrEnum):
    HOURS_CONTINUOUS = "hours_continuous"
    CALENDAR_DAYS = "calendar_days"
    EU_DAYS = "eu_days"
    BUSINESS_DAYS_US_FEDERAL = "business_days_us_federal"
    BUSINESS_DAYS_BR = "business_days_br"
    DORA_NOON = "dora_noon"


class Unit(StrEnum):
    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    DAYS_AFTER_YEAR_END = "days_after_year_end"


@dataclass(frozen=True)
class Term:
    value: int
    unit: Unit

    def __str__(self) -> str:
        words = {
            Unit.HOURS: "hour",
            Unit.CALENDAR_DAYS: "calendar day",
            Unit.BUSINESS_DAYS: "business day",
            Unit.MONTHS: "month",
            Unit.DAYS_AFTER_YEAR_END: "day",
        }
        plural = "" if self.value == 1 else "s"
        after = " after the end of the year" if self.unit is Unit.DAYS_AFTER_YEAR_END else ""
        return f"{self.value} {words[self.unit]}{plural}{after}"


@dataclass(frozen=True)
class Place:
    """Where days end, and whose holidays count.

    With several countries a day is a holiday only where all of them keep it:
    nobody is told a later end than any of them allows.
    """

    zone: ZoneInfo
    countries: tuple[str, ...] = ()

    def today(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def works(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in _public_holidays(self.countries, day.year)

    def end_of(self, day: date) -> datetime:
        return datetime.combine(day, LAST_SECOND, self.zone)


@dataclass(frozen=True)
class End:
    """When a term ends. `notes` are phrases: what moved it, or was left out of account."""

    at: datetime
    notes: tuple[str, ...] = field(default=())


def end_of(
    term: Term, start: datetime, *, calendar: Calendar, place: Place, noon_relief: bool = False
) -> End:
    """Return when `term` ends, counted from `start`, which must know its zone.

    Hours run through and end on the second, in UTC. A day of which `start` is part does
    not count, and the last one ends with its last second in `place`. A month ends on
    the day of the same number, or the last of a shorter month.

    Args:
        noon_relief: whether DORA's weekend rule helps (RTS 2025/301 Art. 5(4)).

    Source for EU days: Regulation 1182/71, Art. 3(1), (2)(c) and (4). Its Art. 3(5), at
    least two working days in a longer period, is not applied: that would end later.
    """
    place = replace(place, countries=_BUSINESS.get(calendar, place.countries))
    counted = _COUNTED[term.unit](term.value, start, place)
    # Art. 3(4) leaves a period in hours as it is.
    if calendar is Calendar.EU_DAYS and term.unit is not Unit.HOURS:
        return _extended(counted, place)
    if calendar is Calendar.DORA_NOON:
        return _to_noon(counted, place, noon_relief)
    return End(counted)


def _hours(value: int, start: datetime, place: Place) -> datetime:
    del place
    # In UTC: adding to a local time would count the hour of a clock change wrongly.
    return start.astimezone(UTC) + timedelta(hours=value)


def _calendar_days(value: int, start: datetime, place: Place) -> datetime:
    return place.end_of(place.today(start) + timedelta(days=value))


def _business_days(value: int, start: datetime, place: Place) -> datetime:
    day, left = place.today(start), value
    while left:
        day += timedelta(days=1)
        left -= place.works(day)
    return place.end_of(day)


def _months(value: int, start: datetime, place: Place) -> datetime:
    day = place.today(start)
    years, month = divmod(day.month - 1 + value, 12)
    first = date(day.year + years, month + 1, 1)
    longest = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return place.end_of(first.replace(day=min(day.day, longest.day)))


def _days_after_year_end(value: int, start: datetime, place: Place) -> datetime:
    last = date(place.today(start).year, 12, 31)
    return place.end_of(last + timedelta(days=value))


_COUNTED: dict[Unit, Callable[[int, datetime, Place], datetime]] = {
    Unit.HOURS: _hours,
    Unit.CALENDAR_DAYS: _calendar_days,
    Unit.BUSINESS_DAYS: _business_days,
    Unit.MONTHS: _months,
    Unit.DAYS_AFTER_YEAR_END: _days_after_year_end,
}


_BUSINESS = {
    Calendar.BUSINESS_DAYS_US_FEDERAL: ("US",),
    Calendar.BUSINESS_DAYS_BR: ("BR",),
}


def _extended(counted: datetime, place: Place) -> End:
    day = _next_working(place.today(counted), place)
    if day == place.today(counted):
        return End(counted)
    note = f"its last day, {counted:%Y-%m-%d}, is a weekend or holiday, so the next working day"
    return End(place.end_of(day), (note,))


def _to_noon(counted: datetime, place: Place, noon_relief: bool) -> End:
    local = counted.astimezone(place.zone)
    day = _next_working(local.date(), place)
    if day == local.date():
        return End(local)
    if not noon_relief:
        return End(local, ("a weekend or holiday, and Art. 5(5) may deny the relief",))
    moved = datetime.combine(day, NOON, place.zone)
    note = f"{local:%Y-%m-%d} is a weekend or holiday, so noon of the next working day"
    return End(moved, (note,))


def _next_working(day: date, place: Place) -> date:
    while not place.works(day):
        day += timedelta(days=1)
    return day


@lru_cache(maxsize=512)
def _public_holidays(countries: tuple[str, ...], year: int) -> frozenset[date]:
    kept = [frozenset(holidays.country_holidays(each, years=year)) for each in countries]
    return frozenset.intersection(*kept) if kept else frozenset()
