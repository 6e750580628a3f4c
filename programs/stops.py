"""Order collectors to stop and prove that they did.

The only module that writes StopOrder and StopProof, and that revokes leases.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.actors import Actor
from audit import clockwork, history, outbox, trail
from programs.models import STALE_SECONDS, Dataset, Lease, Program, StopOrder, StopProof

ENGINE = Actor.machine("engine")
GATE = Actor(name="gate", via="gate")


class Answer(StrEnum):
    """What became of an acknowledgement."""

    STORED = "stored"
    NO_SUCH_ORDER = "no such order"


@dataclass(frozen=True)
class Acknowledgement:
    """A collector's signed word that it has stopped. The gate has checked the signature."""

    collector_id: int
    program_id: int
    generation: int
    stopped_at: datetime
    buffer: str
    counter: int


def order(program: Program, *, ended: int, dataset: Dataset | None, actor: Actor) -> StopOrder:
    """Order a stop of the leases of generation `ended`; call it with the program locked.

    Every collector that may still hold such a lease gets a row, `unknown`
    until it acknowledges or its lease cannot be alive any more.
    """
    now = _clock()
    stop: StopOrder = history.create(
        StopOrder,
        actor=actor,
        program=program,
        dataset=dataset,
        generation=program.generation,
        ordered_at=now,
        deadline_at=now + timedelta(seconds=program.bound_seconds),
    )
    leases = list(_concerned(program, ended, dataset, alive_after=now - _slack(program)))
    # The lease that ends last stands for its collector.
    last = {lease.collector_id: lease for lease in sorted(leases, key=attrgetter("expires_at"))}
    proofs = [_first_state(stop, lease, now) for lease in last.values()]
    StopProof.objects.bulk_create(proofs)
    alive = [lease.pk for lease in leases if lease.revoked_at is None]
    Lease.objects.filter(pk__in=alive).update(revoked_at=now)
    trail.record(
        "program.stop_ordered",
        program,
        actor=actor,
        generation=stop.generation,
        dataset=dataset.slug if dataset else "",
        collectors=len(last),
    )
    outbox.publish("program.stop_ordered", priority=0, order=stop.pk)
    if all(proof.state != StopProof.State.UNKNOWN for proof in proofs):
        _settle(stop, actor=actor)
    return stop


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _concerned(
    program: Program, ended: int, dataset: Dataset | None, *, alive_after: datetime
) -> QuerySet[Lease]:
    # A generation that ended for one dataset left the others' leases alive, and a collector that
    # has not heard of it still runs on such a lease.
    runs = Q(generation=ended) | Q(generation__lt=ended, expires_at__gte=alive_after)
    # Whoever was told before and was not heard of since may still run.
    unheard = StopProof.objects.filter(order__program=program, state=StopProof.State.UNKNOWN)
    to_stop = Q(revoked_at=None) | Q(collector__in=unheard.values("collector"))
    leases = Lease.objects.filter(runs, to_stop, program=program)
    if dataset:
        # A collector that does not say where it writes may write there.
        leases = leases.filter(Q(collector__dataset=dataset) | Q(collector__dataset=None))
    # In the order of programs.leases, so that a pause and a renewal cannot block each other.
    return leases.order_by("collector", "generation").select_for_update(of=("self",), no_key=True)


def _slack(program: Program) -> timedelta:
    # A row may be older than the truth: a gate cut off from us may have extended the lease for
    # a while, and a collector renews each third of its length.
    return timedelta(seconds=STALE_SECONDS + program.lease_seconds / 3)


def _first_state(stop: StopOrder, lease: Lease, now: datetime) -> StopProof:
    over = lease.expires_at + _slack(stop.program) < now
    return StopProof(
        order=stop,
        collector_id=lease.collector_id,
        lease_ends_at=lease.expires_at,
        state=StopProof.State.EXPIRED if over else StopProof.State.UNKNOWN,
        settled_at=now if over else None,
    )


@transaction.atomic
def acknowledge(words: Iterable[Acknowledgement]) -> list[Answer]:
    """Store a batch of acknowledgements; answer each in its place. Saying it twice is harmless."""
    words = list(words)
    stops = {
        (stop.program_id, stop.generation): stop
        for stop in StopOrder.objects.select_for_update(no_key=True)
        .filter(
            program__in={word.program_id for word in words},
            generation__in={word.generation for word in words},
        )
        # As pauses lock programs, whose records they and we add to.
        .order_by("program", "pk")
    }
    answers = []
    for word in words:
        stop = stops.get((word.program_id, word.generation))
        answers.append(_store(stop, word) if stop else Answer.NO_SUCH_ORDER)
    for stop in stops.values():
        _settle(stop, actor=GATE)
    return answers


def _store(stop: StopOrder, word: Acknowledgement) -> Answer:
    proof = stop.proofs.filter(collector=word.collector_id).first()
    if proof is None:
        return Answer.NO_SUCH_ORDER
    # A lease that ran out may still be acknowledged: the word is better than the inference.
    if proof.state in (StopProof.State.UNKNOWN, StopProof.State.EXPIRED):
        proof.state = StopProof.State.ACKNOWLEDGED
        proof.stopped_at = word.stopped_at
        proof.settled_at = _clock()
        proof.buffer = word.buffer
        proof.counter = word.counter
        proof.save()
    return Answer.STORED


@transaction.atomic
def close(pk: int) -> None:
    """Count what never answered as run out: by now no lease of the old generation can be alive.

    Call it no earlier than the program's bound after the order was committed.
    """
    stop = StopOrder.objects.select_for_update(no_key=True).get(pk=pk)
    waiting = stop.proofs.filter(state=StopProof.State.UNKNOWN)
    waiting.update(state=StopProof.State.EXPIRED, settled_at=_clock())
    _settle(stop, actor=ENGINE, last=True)


def _settle(stop: StopOrder, *, actor: Actor, last: bool = False) -> None:
    if stop.proof == StopOrder.Proof.PROVEN:
        return
    count = tally(stop)
    if count[StopProof.State.UNKNOWN]:
        return
    proven = not count[StopProof.State.VIOLATION]
    if not proven and not last:
        return
    stop.proof = StopOrder.Proof.PROVEN if proven else StopOrder.Proof.UNPROVEN
    stop.proven_at = _clock() if proven else None
    history.save(stop, "proof", "proven_at", actor=actor)
    facts: dict[str, Any] = {state.value: count[state] for state in StopProof.State}
    trail.record(
        "program.stop_proven" if proven else "program.stop_not_proven",
        stop.program,
        actor=actor,
        generation=stop.generation,
        **facts,
    )
    outbox.publish(
        "program.stop_proven" if proven else "program.stop_not_proven", order=stop.pk, **facts
    )


def tally(stop: StopOrder) -> Counter[str]:
    """Count the collectors of an order by what is known of them."""
    return Counter(stop.proofs.values_list("state", flat=True))


def close_after_the_bound(stop_pk: int) -> None:
    """Schedule `close`. Runs after the order has committed, so the bound counts from then."""
    stop = StopOrder.objects.select_related("program").get(pk=stop_pk)
    clockwork.schedule(
        "programs.close_stop",
        key=f"stop:{stop.pk}:close",
        payload={"order": stop.pk},
        after=timedelta(seconds=stop.program.bound_seconds),
        priority=0,
    )
