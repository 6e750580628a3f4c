"""When to remind of a clock: at 50, 75 and 90 % of its time, and when it is over. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime

PERCENT = (50, 75, 90, 100)


@dataclass(frozen=True)
class Reminder:
    """`percent` of the time has passed at `at`, in UTC; at 100 it is overdue."""

    percent: int
    at: datetime


def reminders(started_at: datetime, due_at: datetime) -> tuple[Reminder, ...]:
    """Return every reminder of a clock, the first one first, to the microsecond.

    Raises:
        ValueError: if it is due before it started.
    """
    if due_at < started_at:
        raise ValueError(f"due_at {due_at.isoformat()} is before {started_at.isoformat()}")
    start = started_at.astimezone(UTC)
    length = due_at.astimezone(UTC) - start
    return tuple(Reminder(percent, start + length * percent / 100) for percent in PERCENT)


def next_reminder(started_at: datetime, due_at: datetime, *, after: datetime) -> Reminder | None:
    """Return the reminder to give next.

    Of several that were missed (a clock that was set late) only the last one counts: nobody
    is told thrice at once. None once the clock was overdue at `after` already.

    Args:
        after: up to when reminders were given, or the moment the clock was set.
    """
    if after >= due_at:
        return None
    return next(each for each in reminders(started_at, due_at) if each.at > after)
