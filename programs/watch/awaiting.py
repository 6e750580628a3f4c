"""Lists that are sent to Andon and grow old: until when the next is owed, and whom to remind.

Reckoned from the last list that was taken; of a list that is overdue nothing is called clean.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from audit import clockwork, outbox, reconciling
from audit.models import Due
from programs.models import State, WatchSource

REMIND = "programs.remind_of_list"
AGAIN = timedelta(days=1)
DAYS = range(1, 367)
_MOST_MENDED = 200


def why_not(days: int | None, *, of: WatchSource.Kind) -> str:
    """Return why a list of a source of some kind cannot be expected so often; empty if it can."""
    if days is None:
        return ""
    if of == WatchSource.Kind.POSTGRES:
        return "expected_days: Andon looks at a PostgreSQL by itself; leave it out."
    return "" if days in DAYS else f"expected_days: from {DAYS[0]} to {DAYS[-1]}, or nothing."


def due_at(source: WatchSource) -> datetime | None:
    """Return until when the next list of a source is owed; None if none is."""
    program = source.dataset.program
    if source.expected_days is None or not source.enabled or program.state == State.RETIRED:
        return None
    last = source.snapshots.order_by("-pk").values_list("taken_at", flat=True).first()
    return (last or source.created_at) + timedelta(days=source.expected_days)


def overdue_since(source: WatchSource) -> datetime | None:
    """Return since when a list is owed that was not sent; None if all is as expected."""
    at = due_at(source)
    return at if at and at <= timezone.now() else None


def plan(source: WatchSource) -> None:
    """Have it reminded of when the next list is late; what was planned before ends."""
    clockwork.cancel(prefix=f"list:{source.pk}:")
    at = due_at(source)
    if at:
        _schedule(source, at)


def _schedule(source: WatchSource, at: datetime) -> None:
    key = f"list:{source.pk}:{uuid.uuid4()}"
    clockwork.schedule(REMIND, key=key, payload={"source": source.pk}, due_at=at)


@transaction.atomic
def remind(payload: dict[str, Any]) -> None:
    """Say that a list is overdue, and again each day until one is sent."""
    source = WatchSource.objects.select_for_update(no_key=True, of=("self",)).get(
        pk=payload["source"]
    )
    at, now = due_at(source), clockwork.now()
    if at is None or at > now:
        # One came meanwhile, or none is wanted any more: whoever did that has planned the next.
        return
    outbox.publish(
        "program.list_overdue",
        program=source.dataset.program_id,
        source=source.pk,
        due_at=at.isoformat(),
        days=(now - at).days,
    )
    _schedule(source, now + AGAIN)


@reconciling.check("lists forgotten")
def forgotten() -> Iterator[reconciling.Found]:
    """Sources whose list is expected and that nobody would ever be reminded of."""
    begun = Concat(Value("list:"), Cast(OuterRef("pk"), CharField()), Value(":"))
    waits = Due.objects.waiting().filter(kind=REMIND, key__startswith=begun)
    expected = WatchSource.objects.filter(enabled=True, expected_days__isnull=False)
    watched = expected.exclude(dataset__program__state=State.RETIRED)
    for source in watched.filter(~Exists(waits)).order_by("pk")[:_MOST_MENDED]:
        plan(source)
        yield reconciling.Found(str(source.pk), f"{source} had no next reminder", mended=True)
