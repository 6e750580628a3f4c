"""What should have happened by now and has not.

Reads only; covers every waiting row, whatever its age.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q

from audit.models import Due, EngineBeat

TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True)
class Overdue:
    """`silent_for` is None if no engine ever ticked.

    `dead` counts what was given up in the last day.
    """

    silent_for: timedelta | None
    overdue: int
    dead: int


def look(*, now: datetime) -> Overdue:
    """Return how far behind the engine is."""
    last = EngineBeat.objects.aggregate(last=Max("ticked_at"))["last"]
    late = now - TOLERANCE
    behind = Q(state=Due.State.SCHEDULED, due_at__lt=late) | Q(
        state=Due.State.ENQUEUED, lease_until__lt=late
    )
    day = now - timedelta(days=1)
    return Overdue(
        silent_for=now - last if last else None,
        overdue=Due.objects.filter(behind).count(),
        dead=Due.objects.filter(state=Due.State.DEAD, finished_at__gt=day).count(),
    )
