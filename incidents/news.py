"""Carry what happened to programs into the stories of the incidents that paused them."""

from django.db.models import QuerySet

from accounts.actors import Actor
from incidents import timeline
from incidents.models import Incident, TimelineEntry
from programs import stops
from programs.models import Pause, StopOrder, StopProof

_PROOF = Actor.machine("proof of stop")


def stop_settled(order_pk: int, *, proven: bool) -> None:
    """Write into each incident that holds a pause on this order what became of it."""
    order = StopOrder.objects.select_related("program").get(pk=order_pk)
    count = stops.tally(order)
    total = sum(count.values())
    acknowledged = count[StopProof.State.ACKNOWLEDGED]
    expired = count[StopProof.State.EXPIRED]
    violating = count[StopProof.State.VIOLATION]
    if proven:
        text = (
            f"{order.program.name}: all {total} collectors stopped, "
            f"{acknowledged} acknowledged, {expired} by the end of their lease."
        )
    else:
        text = (
            f"{order.program.name}: the stop is not proven, "
            f"{violating} of {total} collectors violate it."
        )
    for incident in _holding(order):
        timeline.write(
            incident,
            TimelineEntry.Kind.PROOF,
            text,
            actor=_PROOF,
            occurred_at=order.proven_at,
            audience=TimelineEntry.Audience.LEADERSHIP,
            acknowledged=acknowledged,
            expired=expired,
            violation=violating,
        )


def pause_lifted(pause_pk: int) -> None:
    """Write into the incident that held a pause that it was lifted."""
    hold = Pause.objects.select_related("program").get(pk=pause_pk)
    by = ", as the drill is over" if hold.is_drill else " by two people"
    for incident in Incident.objects.filter(codename=hold.label):
        timeline.write(
            incident,
            TimelineEntry.Kind.PAUSE,
            f"{hold.program.name}: the pause was lifted{by}.",
            actor=_PROOF,
            occurred_at=hold.lifted_at,
            audience=TimelineEntry.Audience.LEADERSHIP,
        )


def _holding(order: StopOrder) -> QuerySet[Incident]:
    return Incident.objects.filter(codename__in=order.pauses.values("label"))
