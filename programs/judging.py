"""Judge stamps by what the database says now, and count the refused ones. Writes nothing itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models.functions import Coalesce

from accounts.actors import Actor
from audit import clockwork
from programs import signing, stamps, violations
from programs.gate import registry
from programs.models import Program
from programs.reach import Turn
from programs.stamps import Judgement, Reason, Sheet, Stamp, Standing
from programs.violations import Old


@dataclass(frozen=True, slots=True)
class Claim:
    """The text of a stamp, and the SHA-256 of its record in hex if that is to be compared."""

    text: str
    sha256: str | None = None


def judge(program: Program, claims: Sequence[Claim], *, by: Actor) -> list[Judgement]:
    """Say of each record whether it may be taken in; what is of the past is counted on its stop."""
    read = [_read(claim.text) for claim in claims]
    sheet = _sheet(program, {each.collector for each in read if isinstance(each, Stamp)})
    judged, past = [], []
    for claim, each in zip(claims, read, strict=True):
        if not isinstance(each, Stamp):
            judged.append(each)
            continue
        judgement = stamps.judge(sheet, each, sha256=claim.sha256)
        judged.append(judgement)
        if judgement.is_of_the_past:
            collector_id = sheet.collectors[each.collector].collector_id
            past.append(Old.of(each, collector_id=collector_id, text=claim.text))
    if past:
        violations.count(program.pk, past, by=by)
    return judged


def _read(text: str) -> Stamp | Judgement:
    try:
        return stamps.read(text)
    except stamps.Malformed as refusal:
        return Judgement(accepted=False, reason=Reason.MALFORMED, detail=str(refusal))


def _sheet(program: Program, names: Iterable[str]) -> Sheet:
    """Make the sheet that a gate hands out, of these collectors alone."""
    # Before the rest: what changes meanwhile can only make a stamp older than the sheet.
    now = clockwork.now()
    program = Program.objects.get(pk=program.pk)
    copy = _copy(program)
    standings = {}
    for each in program.collectors.filter(name__in=list(names), retired_at=None):
        verdict = registry.decide(copy, each.place)
        standings[each.name] = Standing(each.pk, each.place, verdict.state, verdict.generation)
    root = signing.stamp_root(signing.master_from(settings.SECRET_KEY), program_id=program.pk)
    return Sheet(program.slug, root, standings, now)


def _copy(program: Program) -> registry.Program:
    """Return the program as a gate has it in its copy."""
    holds = program.pauses.in_force().select_related("order").order_by("pk")
    turn = Coalesce("resumed_generation", "generation")
    orders = program.stop_orders.annotate(turn=turn).filter(turn__gt=program.whole_generation)
    return registry.Program(
        id=program.pk,
        slug=program.slug,
        state=program.state,
        generation=program.generation,
        whole_generation=program.whole_generation,
        open_seats=program.open_seats,
        lease_seconds=program.lease_seconds,
        holds=tuple(
            registry.Hold(hold.reach, hold.label, hold.order.generation if hold.order else None)
            for hold in holds
        ),
        turns=tuple(Turn(order.turn, order.reach) for order in orders),
    )
