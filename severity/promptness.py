"""Until when a level must rest on a full assessment. Pure: the moment is passed in."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from severity.clocks.calendars import Place
from severity.duties import Due

# Our own promise and no law's: a day off in one country is no day off in all, so none counts.
_OFFICE = Place(ZoneInfo("UTC"))


def due_at(due: Due, since: datetime) -> datetime:
    """Return when a full assessment is due that is owed from a moment on.

    Hours run day and night. Business days are Monday to Friday in UTC and end with the last
    second of the last one; the day on which it begins does not count.
    """
    if due.hours is not None:
        return since + timedelta(hours=due.hours)
    day = _OFFICE.today(since)
    for _each in range(due.business_days or 0):
        day += timedelta(days=1)
        while not _OFFICE.works(day):
            day += timedelta(days=1)
    return _OFFICE.end_of(day)


def words(due: Due) -> str:
    """Say how soon that is, such as "2 hours"."""
    number, unit = (due.hours, "hour") if due.hours else (due.business_days, "business day")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
