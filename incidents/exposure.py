"""From when to when data were exposed, as far as anybody knows. Pure: rows in, a window out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from incidents.models import Exposure, Incident, StillOpen


@dataclass(frozen=True)
class Window:
    """`until` is None while it is open. `since` is the report where nothing earlier is known."""

    since: datetime
    until: datetime | None
    is_estimate: bool = False


def window(incident: Incident, exposures: Iterable[Exposure] = ()) -> Window | None:
    """Return the time of exposure; None for what turned out to be no incident.

    Args:
        exposures: what responders wrote down. Where there is any, it counts and not the report.
    """
    rows = list(exposures)
    if rows:
        return _over_all(incident, rows)
    since = incident.occurred_from or incident.reported_at
    until = incident.occurred_to or incident.contained_at or incident.closed_at
    if until is None and incident.is_over:
        return None
    if until is None and incident.still_open == StillOpen.NO:
        until = incident.reported_at
    return Window(since, max(since, until) if until else None)


def _over_all(incident: Incident, rows: list[Exposure]) -> Window | None:
    """From the first that began until the last that was closed."""
    usual = incident.occurred_from or incident.reported_at
    began = [(row.since or min(usual, row.until or usual), row.since_is_estimate) for row in rows]
    since, guessed = min(began)
    open_rows = [row for row in rows if row.until is None]
    if not open_rows:
        until, end_guessed = max((row.until, row.until_is_estimate) for row in rows if row.until)
        return Window(since, max(since, until), guessed or end_guessed)
    if not incident.is_over:
        return Window(since, None, guessed)
    end = incident.contained_at or incident.closed_at
    return Window(since, max(since, end), guessed) if end else None
