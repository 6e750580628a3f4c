"""When somebody's digest is due: each day or week at an hour of their own clock. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAILY, WEEKLY, OFF = "daily", "weekly", "off"


@dataclass(frozen=True)
class Rhythm:
    """Each day, or each week on a weekday (Monday is 0), at a full hour of a zone's clock."""

    kind: str
    hour: int
    weekday: int
    zone: ZoneInfo


@dataclass(frozen=True)
class Period:
    """What one digest is about: after `since`, up to `until`. Its day is that of `until` there."""

    day: date
    since: datetime
    until: datetime


def latest(rhythm: Rhythm, by: datetime) -> Period:
    """Return the newest period that ends at or before a moment.

    A day on which the clock changes has 23 or 25 hours, and none is left out or told twice. An
    hour that a clock leaves out is the one after it; of one that comes twice the first counts.
    """
    local = by.astimezone(rhythm.zone).date() + timedelta(days=1)
    length = timedelta(days=7 if rhythm.kind == WEEKLY else 1)
    if rhythm.kind == WEEKLY:
        local -= timedelta(days=(local.weekday() - rhythm.weekday) % 7)
    while _at(rhythm, local) > by:
        local -= length
    return Period(local, _at(rhythm, local - length), _at(rhythm, local))


def _at(rhythm: Rhythm, day: date) -> datetime:
    moment = datetime(day.year, day.month, day.day, rhythm.hour, tzinfo=rhythm.zone)
    # Compared as moments: two times of one zone are compared by their clocks.
    return moment.astimezone(ZoneInfo("UTC"))
