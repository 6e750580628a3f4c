"""Count stamps that were refused after a stop, each once, and say which collectors violated it.

The only module that writes RefusedStamp, and how many of them a collector has.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Max

from accounts.actors import Actor
from audit import outbox, trail
from programs import stops
from programs.models import Program, RefusedStamp, StopOrder, StopProof
from programs.stamps import Stamp

# Of one collector and one stop, of either kind; more of a kind add nothing to what these say.
MOST_KEPT = 1000

# The order that ended a generation for a collector is the first later one that waited for it.
_ENDED_BY = """
    SELECT s.collector_id, s.generation, e.proof_id, e.order_id
      FROM unnest(%s::bigint[], %s::bigint[]) AS s (collector_id, generation)
     CROSS JOIN LATERAL (
           SELECT p.id AS proof_id, o.id AS order_id
             FROM programs_stopproof p JOIN programs_stoporder o ON o.id = p.order_id
            WHERE o.program_id = %s AND p.collector_id = s.collector_id
              AND o.generation > s.generation
            ORDER BY o.generation LIMIT 1) AS e
"""


@dataclass(frozen=True, slots=True)
class Old:
    """A stamp whose signature is right, and whose generation may be over."""

    collector_id: int
    generation: int
    captured_at: datetime
    digest: str

    @classmethod
    def of(cls, stamp: Stamp, *, collector_id: int, text: str) -> "Old":
        digest = hashlib.sha256(text.encode()).hexdigest()
        return cls(collector_id, stamp.generation, stamp.captured_at, digest)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many stamps were new, and of these captured after the stop, or before it."""

    violations: int = 0
    late: int = 0

    @property
    def counted(self) -> int:
        return self.violations + self.late


@transaction.atomic
def count(program_id: int, found: Sequence[Old], *, by: Actor) -> Tally:
    """Count stamps that were refused where a program's records come in.

    One that was captured after its collector's own acknowledged stop, or after the deadline of
    the order, is a violation. One that was captured before came late; that is no breach. One
    that was counted before, or whose generation no stop has ended, is left out.
    """
    _see_all_counted(program_id)
    ended = _ended_by(program_id, found)
    orders = _lock({order for _, order in ended.values()})
    new: defaultdict[int, dict[str, Old]] = defaultdict(dict)
    known = set(
        RefusedStamp.objects.filter(digest__in=[old.digest for old in found]).values_list(
            "digest", flat=True
        )
    )
    for old in found:
        end = ended.get((old.collector_id, old.generation))
        if end and old.digest not in known:
            new[end[0]][old.digest] = old
    proofs = StopProof.objects.select_related("collector").filter(pk__in=new).order_by("pk")
    tallies = [
        _add(orders[proof.order_id], proof, list(new[proof.pk].values()), by=by) for proof in proofs
    ]
    return Tally(sum(each.violations for each in tallies), sum(each.late for each in tallies))


def _see_all_counted(program_id: int) -> None:
    # Of a stop of thousands the proofs are written a moment after the pause.
    uncounted = StopOrder.objects.filter(program=program_id, counted_at=None)
    for pk in uncounted.order_by("pk").values_list("pk", flat=True):
        stops.count_off(pk)


def _ended_by(program_id: int, found: Iterable[Old]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return proof and order by collector and generation."""
    pairs = sorted({(old.collector_id, old.generation) for old in found})
    with connection.cursor() as cursor:
        cursor.execute(_ENDED_BY, [[c for c, _ in pairs], [g for _, g in pairs], program_id])
        return {(collector, gen): (proof, order) for collector, gen, proof, order in cursor}


def _lock(pks: Iterable[int]) -> dict[int, StopOrder]:
    # In the order of programs.stops, so that words and stamps cannot block each other.
    orders = StopOrder.objects.select_for_update(of=("self",), no_key=True)
    return {each.pk: each for each in orders.filter(pk__in=pks).order_by("program_id", "pk")}


def _add(stop: StopOrder, proof: StopProof, new: list[Old], *, by: Actor) -> Tally:
    limit = _limit(stop, proof)
    new = _room_for(proof, new, after=min(limit, stop.ordered_at))
    RefusedStamp.objects.bulk_create(
        RefusedStamp(digest=old.digest, proof=proof, captured_at=old.captured_at) for old in new
    )
    violations = sum(old.captured_at > limit for old in new)
    StopProof.objects.filter(pk=proof.pk).update(refused=F("refused") + len(new))
    if violations:
        _violated(stop, proof, proof.violations + violations, by=by)
    return Tally(violations, len(new) - violations)


def _room_for(proof: StopProof, new: list[Old], *, after: datetime) -> list[Old]:
    # A backlog from before the stop must not use up the room of what may turn out to violate it.
    kept = proof.refused_stamps.filter(captured_at__gt=after).count()
    grave = [old for old in new if old.captured_at > after]
    mild = [old for old in new if old.captured_at <= after]
    return grave[: max(0, MOST_KEPT - kept)] + mild[: max(0, MOST_KEPT - (proof.refused - kept))]


def _limit(stop: StopOrder, proof: StopProof) -> datetime:
    own = proof.stopped_at
    return min(own, stop.deadline_at) if own else stop.deadline_at


def _violated(stop: StopOrder, proof: StopProof, count: int, *, by: Actor) -> None:
    before = proof.violations
    stops.violate(proof, count)
    # At the first, the tenth, the hundredth: one that never ends must not be news each second.
    if before and len(str(before)) == len(str(count)):
        return
    trail.record(
        "program.stop_violated",
        stop.program,
        actor=by,
        generation=stop.generation,
        collector=proof.collector.name,
        count=count,
    )
    outbox.publish(
        "program.stop_violated",
        priority=0,
        program=stop.program_id,
        order=stop.pk,
        collector=proof.collector_id,
        count=count,
    )
    stops.disprove(stop, actor=by)


@transaction.atomic
def acknowledge(words: Iterable[stops.Acknowledgement]) -> list[stops.Answer]:
    """Store words as programs.stops does, and hold each against the stamps refused before it.

    A collector that says late that it stopped early does not talk away what it sent meanwhile.
    """
    words = list(words)
    answers = stops.acknowledge(words)
    spoke = StopProof.objects.select_related("order__program", "collector").filter(
        refused__gt=0,
        order__program__in={word.program_id for word in words},
        collector__in={word.collector_id for word in words},
        state=StopProof.State.ACKNOWLEDGED,
    )
    for proof in spoke.order_by("order__program_id", "order_id", "pk"):
        after = proof.refused_stamps.filter(captured_at__gt=_limit(proof.order, proof)).count()
        if after:
            _violated(proof.order, proof, after, by=stops.GATE)
    return answers


def in_the_way(program: Program) -> str:
    """Return why a program may not go on after its stops, or nothing.

    A violation is not undone. Whoever violated a stop is retired before the others go on.
    """
    for stop in program.stop_orders.exclude(proof=StopOrder.Proof.PROVEN).order_by("generation"):
        violating = stop.proofs.filter(state=StopProof.State.VIOLATION)
        waits = stop.proof == StopOrder.Proof.PAUSING or stop.calls.unconfirmed().exists()
        if waits or not violating.exists():
            return f"The stop of generation {stop.generation} is not proven yet."
        at_large = violating.filter(collector__retired_at=None).order_by("collector__name")
        names = list(at_large.values_list("collector__name", flat=True)[:3])
        if names:
            who = ", ".join(names)
            return f"The stop of generation {stop.generation} was violated: retire {who} first."
    return ""


def learned_at(program: Program) -> datetime | None:
    """Return when it was last learned that a collector went on after a stop of a program."""
    violating = StopProof.objects.filter(order__program=program, state=StopProof.State.VIOLATION)
    found: datetime | None = violating.aggregate(last=Max("settled_at"))["last"]
    return found
