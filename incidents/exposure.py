"""From when to when data were exposed, as far as anybody knows. Pure: a row in, a window out."""

from dataclasses import dataclass
from datetime import datetime

from incidents.models import Incident, StillOpen


@dataclass(frozen=True)
class Window:
    """`until` is None while it is open. `since` is the report where nothing earlier is known."""

    since: datetime
    until: datetime | None


def window(incident: Incident) -> Window | None:
    """Return the time of exposure; None for what turned out to be no incident."""
    since = incident.occurred_from or incident.reported_at
    until = incident.occurred_to or incident.contained_at or incident.closed_at
    if until is None and incident.is_over:
        return None
    if until is None and incident.still_open == StillOpen.NO:
        until = incident.reported_at
    return Window(since, max(since, until) if until else None)
