"""Which moments of the past a person may name. Pure."""

from datetime import UTC, datetime

# Earlier than anything that we are asked about. A year before 1, as a zone can make of the first
# of January, is stored by PostgreSQL and can then be read by nobody.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def why_not(moment: datetime, *, now: datetime) -> str:
    """Return why a moment cannot be meant, or nothing."""
    if moment > now:
        return "lies in the future; give a time until now."
    if moment < EARLIEST:
        return f"lies before {EARLIEST.year}; give a time from then until now."
    return ""
