"""Read the times that machines say: RFC 3339 in UTC, and nothing like it. Pure."""

import re
from datetime import UTC, datetime
from typing import Any

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:[Zz]|[+-]00:00)", re.ASCII
)


def read(text: Any) -> datetime | None:
    """Return the moment, to the microsecond; None if it is no such text or no such moment."""
    parts = _TIME.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        return None
    day, clock, fraction = parts.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment.replace(microsecond=int(f"{fraction or 0:0<6}"[:6]))


def write(moment: datetime) -> str:
    """Return a moment in UTC as text, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
