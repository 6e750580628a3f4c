"""Order collectors to stop and prove that they did.

The only module that writes StopOrder and, with programs.census, StopProof and the end of leases.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Coalesce

from accounts.actors import Actor
from audit import clockwork, history, outbox, trail
from programs import calls, census, reach
from programs.models import Collector, Program, StopOrder, StopProof
from programs.reach import Reach, Turn

ENGINE = Actor.machine("engine")
GATE = Actor(name="gate", via="gate")
# Of more than these the rows are written once the pause was told: it takes the database a fifth
# of a second for ten thousand, which the telling would wait for where they share a machine.
COUNTED_AT_ONCE = 500
COUNTED_AFTER = timedelta(seconds=0.3)

# A lease that ran out may still be acknowledged: the word is better than the inference. Whoever
# writes here has locked the order, so batches of two gates cannot block each other.
_STORE = """
    UPDATE programs_stopproof p
       SET state = 'acknowledged', stopped_at = w.stopped_at, settled_at = clock_timestamp(),
           expired_at = CASE WHEN p.state = 'expired' THEN p.settled_at END,
           buffer = w.buffer, counter = w.counter
      FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::bigint[])
           AS w (order_id, collector_id, stopped_at, buffer, counter)
     WHERE p.order_id = w.order_id AND p.collector_id = w.collector_id
       AND p.state IN ('unknown', 'expired')
"""
_WAITED_FOR = """
    SELECT order_id, collector_id FROM programs_stopproof
      JOIN unnest(%s::bigint[], %s::bigint[]) AS w (order_id, collector_id)
     USING (order_id, collector_id)
"""


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


def order(program: Program, whom: Reach, *, actor: Actor) -> StopOrder:
    """Order a stop in the program's present generation; call it with the program locked.

    Every collector that may still hold an older lease gets a row, `unknown` until it
    acknowledges or its lease cannot be alive any more. Where these are many they are
    written down by the engine, or with the first that speaks, so that nobody is told later
    for their number.
    """
    now = clockwork.now()
    stop: StopOrder = history.create(
        StopOrder,
        actor=actor,
        program=program,
        dataset_id=whom.dataset_id,
        drill_only=whom.drill_only,
        generation=program.generation,
        ordered_at=now,
        deadline_at=now + timedelta(seconds=program.bound_seconds),
    )
    told = calls.for_stop(stop)
    trail.record(
        "program.stop_ordered",
        program,
        actor=actor,
        generation=stop.generation,
        dataset=stop.dataset.slug if stop.dataset else "",
        drill=stop.drill_only,
        hooks=len(told),
    )
    outbox.publish("program.stop_ordered", priority=0, order=stop.pk)
    if census.are_more_than(COUNTED_AT_ONCE, stop):
        _later(stop, "count", after=COUNTED_AFTER)
    else:
        _count(stop, actor=actor)
    return stop


@transaction.atomic
def count_off(pk: int) -> None:
    """Write down whom an order waits for. Safe to call again, and by several at once."""
    _count(StopOrder.objects.select_for_update(no_key=True).get(pk=pk), actor=ENGINE)


def _count(stop: StopOrder, *, actor: Actor) -> None:
    if stop.counted_at is None:
        census.take(stop)
        stop.counted_at = clockwork.now()
        history.save(stop, "counted_at", actor=actor)
        settle(stop, actor=actor)


def resumed(program: Program, orders: Iterable[StopOrder], *, actor: Actor) -> None:
    """Let those that these orders stopped live in the locked program's present generation."""
    for stop in orders:
        stop.resumed_generation = program.generation
        history.save(stop, "resumed_generation", actor=actor)


@transaction.atomic
def acknowledge(words: Iterable[Acknowledgement]) -> list[Answer]:
    """Store a batch of acknowledgements; answer each in its place. Saying it twice is harmless."""
    words = list(words)
    stops = {
        (stop.program_id, stop.generation): stop
        for stop in StopOrder.objects.select_for_update(of=("self",), no_key=True)
        .filter(
            program__in={word.program_id for word in words},
            generation__in={word.generation for word in words},
        )
        # By the key of the program, as pauses lock programs, whose records they and we add to. Not
        # by "program": that sorts by its slug, and locks the program after the order.
        .order_by("program_id", "pk")
    }
    for each in stops.values():
        _count(each, actor=GATE)
    said = [(stops.get((word.program_id, word.generation)), word) for word in words]
    found = _store({(stop.pk, word.collector_id): word for stop, word in reversed(said) if stop})
    answers = [
        Answer.STORED if stop and (stop.pk, word.collector_id) in found else Answer.NO_SUCH_ORDER
        for stop, word in said
    ]
    for each in stops.values():
        settle(each, actor=GATE)
    return answers


def _store(words: dict[tuple[int, int], Acknowledgement]) -> set[tuple[int, int]]:
    """Write words down by order and collector; return those that an order waits or waited for."""
    columns: list[list[Any]] = [
        [order for order, _ in words],
        [collector for _, collector in words],
        [word.stopped_at for word in words.values()],
        [word.buffer for word in words.values()],
        [word.counter for word in words.values()],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, columns)
        cursor.execute(_WAITED_FOR, columns[:2])
        return set(cursor.fetchall())


@transaction.atomic
def close(pk: int) -> None:
    """Count what never answered as run out: by now no lease of the old generation can be alive.

    Call it no earlier than the program's bound after the order was committed.
    """
    stop = lock(pk)
    _count(stop, actor=ENGINE)
    waiting = stop.proofs.filter(state=StopProof.State.UNKNOWN)
    if waiting.update(state=StopProof.State.EXPIRED, settled_at=clockwork.now()):
        # The stop is proven without their word, but somebody should ask why they said none.
        outbox.publish("program.stop_silent", priority=0, order=stop.pk)
    settle(stop, actor=ENGINE, last=True)


def lock(pk: int) -> StopOrder:
    """Return an order as it is now, held until the transaction ends.

    Whatever it waits for arrives under this lock, so the last of it sees all the rest.
    """
    return StopOrder.objects.select_for_update(no_key=True).get(pk=pk)


def settle(stop: StopOrder, *, actor: Actor, last: bool = False) -> None:
    """Say that a locked order is proven, once every collector and every system is accounted for.

    Args:
        last: the bound has passed: what is not proven by now is said to be unproven.
    """
    if stop.proof == StopOrder.Proof.PROVEN or stop.counted_at is None:
        return
    # Asked after each batch of words, of ten thousand rows: the first that is waited for will do.
    if stop.proofs.filter(state=StopProof.State.UNKNOWN).exists():
        return
    count = tally(stop)
    unconfirmed = stop.calls.unconfirmed().count()
    proven = not count[StopProof.State.VIOLATION] and not unconfirmed
    if not proven and (not last or stop.proof == StopOrder.Proof.UNPROVEN):
        return
    _become(stop, count, unconfirmed, proven=proven, actor=actor)


def violate(proof: StopProof, count: int) -> None:
    """Write down that a collector captured after its stop, by so many refused stamps.

    Only programs.violations asks for it, with the order locked.
    """
    if proof.state != StopProof.State.VIOLATION:
        # When this was known; what it had said before is kept beside it.
        proof.settled_at = clockwork.now()
    proof.violations, proof.state = count, StopProof.State.VIOLATION
    proof.save(update_fields=["violations", "state", "settled_at"])


def disprove(stop: StopOrder, *, actor: Actor) -> None:
    """Take back that all of a locked order had stopped, if that was said."""
    if stop.proof == StopOrder.Proof.PROVEN:
        unconfirmed = stop.calls.unconfirmed().count()
        _become(stop, tally(stop), unconfirmed, proven=False, actor=actor)


def _become(
    stop: StopOrder, count: Counter[str], unconfirmed: int, *, proven: bool, actor: Actor
) -> None:
    stop.proof = StopOrder.Proof.PROVEN if proven else StopOrder.Proof.UNPROVEN
    now = clockwork.now()
    stop.proven_at = now if proven else None
    stop.settled_at = stop.settled_at or now
    history.save(stop, "proof", "proven_at", "settled_at", actor=actor)
    facts: dict[str, Any] = {state.value: count[state] for state in StopProof.State}
    facts["unconfirmed"] = unconfirmed
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


def generation_of(collector: Collector) -> int:
    """Return the generation that a collector lives in now; programs.leases grants it no other."""
    program = collector.program
    turn = Coalesce("resumed_generation", "generation")
    turns = (
        Turn(order.turn, order.reach)
        for order in program.stop_orders.alias(at=turn)
        .filter(at__gt=program.whole_generation)
        .annotate(turn=turn)
    )
    return reach.generation_of(collector.place, whole=program.whole_generation, turns=turns)


def tally(stop: StopOrder) -> Counter[str]:
    """Count the collectors of an order by what is known of them."""
    return Counter(stop.proofs.values_list("state", flat=True))


def is_under_way(program: Program) -> bool:
    """True while the latest stop of a program is neither proven nor known to be unproven."""
    latest = program.stop_orders.order_by("-generation").first()
    return latest is not None and latest.proof == StopOrder.Proof.PAUSING


def is_drill(stop: StopOrder) -> bool:
    """True if an order was given for practice: of a program, or of holds, that are all drills."""
    if stop.program.is_drill or stop.drill_only:
        return True
    holds = stop.pauses.values_list("is_drill", flat=True)
    return bool(holds) and all(holds)


def close_after_the_bound(stop_pk: int) -> None:
    """Schedule `close`. Runs after the order has committed, so the bound counts from then."""
    stop = StopOrder.objects.select_related("program").get(pk=stop_pk)
    _later(stop, "close", after=timedelta(seconds=stop.program.bound_seconds))


def _later(stop: StopOrder, what: str, *, after: timedelta) -> None:
    kind, key = f"programs.{what}_stop", f"stop:{stop.pk}:{what}"
    clockwork.schedule(kind, key=key, payload={"order": stop.pk}, after=after, priority=0)
