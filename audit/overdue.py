"""What should have happened by now and has not.

Reads only; covers every waiting row, whatever its age.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from audit.models import Due, EngineBeat

TOLERANCE = timedelta(seconds=60)
SILENT_AFTER = timedelta(seconds=15)
# Engines look for what was lost each half minute; that a check fails or never ends is seen here.
UNCHECKED_AFTER = timedelta(seconds=150)


@dataclass(frozen=True)
class Overdue:
    """`silent_for` is None if no engine ever ticked, `unchecked_for` if none ticks now.

    `dead` counts what was given up in the last day.
    """

    silent_for: timedelta | None
    overdue: int
    dead: int
    unchecked_for: timedelta | None

    @property
    def silent(self) -> bool:
        return self.silent_for is None or self.silent_for > SILENT_AFTER

    @property
    def unchecked(self) -> bool:
        return self.unchecked_for is None or self.unchecked_for > UNCHECKED_AFTER

    @property
    def well(self) -> bool:
        """True if whoever watches from outside may be told that nobody is left untold."""
        return not (self.silent or self.overdue or self.unchecked)


def behind(late: Any) -> Q:
    """Return what should have been done, or let go of, before `late`: a time or an expression."""
    return Q(state=Due.State.SCHEDULED, due_at__lt=late) | Q(
        state=Due.State.ENQUEUED, lease_until__lt=late
    )


def look(*, now: datetime) -> Overdue:
    """Return how far behind the engine is."""
    last = EngineBeat.objects.aggregate(last=Max("ticked_at"))["last"]
    alive = EngineBeat.objects.filter(ticked_at__gt=now - SILENT_AFTER)
    checked = alive.aggregate(last=Max(Coalesce("checked_at", "started_at")))["last"]
    day = now - timedelta(days=1)
    return Overdue(
        silent_for=now - last if last else None,
        overdue=Due.objects.filter(behind(now - TOLERANCE)).count(),
        dead=Due.objects.filter(state=Due.State.DEAD, finished_at__gt=day).count(),
        unchecked_for=now - checked if checked else None,
    )
