"""Carry what happened to programs into the stories of the incidents that paused them."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.actors import Actor
from incidents import duplicates, timeline
from incidents.models import Incident, TimelineEntry
from programs import stops
from programs.models import Pause, StopOrder, StopProof

_PROOF = Actor.machine("proof of stop")


def stop_settled(order_pk: int, *, proven: bool) -> None:
    """Write into each incident that holds a pause on this order what became of it."""
    order = StopOrder.objects.select_related("program").get(pk=order_pk)
    count = stops.tally(order)
    asked = order.calls.filter(must_confirm=True).count()
    silent = order.calls.unconfirmed().count()
    said = _proven(count, asked) if proven else _not_proven(count, silent)
    for incident in _holding(order):
        timeline.write(
            incident,
            TimelineEntry.Kind.PROOF,
            f"{order.program.name}: {said}.",
            actor=_PROOF,
            occurred_at=order.proven_at,
            audience=TimelineEntry.Audience.LEADERSHIP,
            acknowledged=count[StopProof.State.ACKNOWLEDGED],
            expired=count[StopProof.State.EXPIRED],
            violation=count[StopProof.State.VIOLATION],
            **({"systems": asked, "unconfirmed": silent} if asked else {}),
        )


def _proven(count: Counter[str], asked: int) -> str:
    words = (
        f"all {sum(count.values())} collectors stopped, "
        f"{count[StopProof.State.ACKNOWLEDGED]} acknowledged, "
        f"{count[StopProof.State.EXPIRED]} by the end of their lease"
    )
    return f"{words}; all {asked} systems confirmed" if asked else words


def _not_proven(count: Counter[str], silent: int) -> str:
    found = []
    if violating := count[StopProof.State.VIOLATION]:
        found.append(f"{violating} of {sum(count.values())} collectors violate it")
    if silent:
        found.append(f"{silent} of the systems that were told have not confirmed")
    return f"the stop is not proven, {' and '.join(found)}"


def pause_lifted(pause_pk: int) -> None:
    """Write into the incident that held a pause that it was lifted."""
    hold = Pause.objects.select_related("program").get(pk=pause_pk)
    by = ", as the drill is over" if hold.is_drill else " by two people"
    for incident in _told([hold.label]):
        timeline.write(
            incident,
            TimelineEntry.Kind.PAUSE,
            f"{duplicates.called(incident, hold.program)}: the pause was lifted{by}.",
            actor=_PROOF,
            occurred_at=hold.lifted_at,
            audience=TimelineEntry.Audience.LEADERSHIP,
        )


def _holding(order: StopOrder) -> QuerySet[Incident]:
    return _told(order.pauses.values_list("label", flat=True))


def _told(codenames: Iterable[str]) -> QuerySet[Incident]:
    """The incidents of these names, and those that they were merged into."""
    names = list(codenames)
    return Incident.objects.filter(
        Q(codename__in=names) | Q(duplicates__codename__in=names)
    ).distinct()
