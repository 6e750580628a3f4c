"""Stop a program and let it go on again.

The only module that writes Pause. Who must agree that it goes on is said in programs.resuming.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from audit.trail import joined
from programs import calls, confirmations, lifecycle, stages, stops, wishes
from programs.models import Dataset, Pause, Program, State, StopOrder
from programs.reach import SEATS, WHOLE


class Refused(Exception):
    """This cannot be done to the pause now; the message says why and what would help."""


@joined
def pause(
    program: Program,
    *,
    holder: str,
    label: str,
    reason: str,
    actor: Actor,
    dataset: Dataset | None = None,
    drill_only: bool = False,
    is_drill: bool = False,
    needs_executive: bool = False,
    rule: str = "",
) -> Pause:
    """Stop collection at once. Safe to call again: the same holder gets the same pause.

    When the caller's transaction commits, no lease of the generation before is
    worth anything; telling the collectors may still be under way.

    Args:
        holder: who keeps it paused, such as `INC-17`; one pause each.
        label: what outsiders and collectors may read instead of the holder.
        dataset: stop only what writes there; everything if left out.
        drill_only: stop only the collectors that are for drills.
        is_drill: a drill holds it, which lets go by itself, see `let_go`.
        needs_executive: an executive must be among those who agree to lift it.
        rule: the rule and version that demanded it, if one did.
    """
    # Lock the program, not its pauses: a lease is granted under the same lock, so it is
    # either seen and revoked here, or sees our pause and is refused.
    program = lifecycle.lock(program)
    if dataset and dataset.program_id != program.pk:
        # It does not say what writes where in this program, so everything stops.
        dataset = None
    hold = Pause(program=program, dataset=dataset, holder=holder, label=label, reason=reason)
    hold.drill_only, hold.is_drill = drill_only, is_drill
    hold.needs_executive, hold.rule = needs_executive, rule
    return _begin(hold, actor)


def _begin(hold: Pause, actor: Actor) -> Pause:
    held = hold.program.pauses.in_force().select_related("order").order_by("since", "pk")
    alike = [each for each in held if each.reach == hold.reach]
    for existing in alike:
        if existing.holder == hold.holder:
            return existing
    joins = bool(held)
    hold.order = _stop(hold, alike, actor=actor)
    history.save_new(hold, actor=actor, why=hold.rule)
    if joins:
        # Whoever asked, or agreed, that it goes on did not know of this pause.
        wishes.withdraw(hold.program, actor=actor, why="paused once more")
    _tell(hold, actor)
    return hold


def _tell(hold: Pause, actor: Actor) -> None:
    trail.record(
        "program.paused_by",
        hold.program,
        actor=actor,
        remark=hold.reason,
        holder=hold.holder,
        dataset=hold.dataset.slug if hold.dataset else "",
        drill=hold.drill_only,
        rule=hold.rule,
        generation=hold.program.generation,
    )
    outbox.publish("program.pause_held", priority=0, pause=hold.pk, holder=hold.holder)


@joined
def pull_the_cord(program: Program, *, reason: str, actor: Actor) -> Pause:
    """Pause by hand. Anybody who may know of the program may; nobody is asked why first.

    Whoever pulls again keeps one pause; what they say now is recorded, and nobody has agreed to it.
    """
    holder = f"person:{person_of(actor).pk}"
    reason = reason.strip() or "The cord was pulled; no reason was given yet."
    program = lifecycle.lock(program)
    if program.pauses.whole().filter(holder=holder).exists():
        trail.record("program.cord_pulled_again", program, actor=actor, remark=reason)
        wishes.withdraw(program, actor=actor, why="the cord was pulled again")
    return pause(program, holder=holder, label="Pulled by hand", reason=reason, actor=actor)


def held_by(holder: str) -> QuerySet[Pause]:
    """The pauses that one holder keeps now."""
    return Pause.objects.in_force().filter(holder=holder).select_related("program", "order")


def _stop(hold: Pause, alike: list[Pause], *, actor: Actor) -> StopOrder | None:
    program, stands_still = hold.program, hold.program.state == State.PAUSED
    if stands_still:
        covering = _covering(hold)
        if covering:
            return covering
    elif not program.runs:
        # Nothing runs, so nothing is ordered to stop; the pause still keeps it from starting.
        return None
    elif alike:
        return alike[0].order
    if hold.reach == WHOLE and not stands_still:
        program = lifecycle.halt(program, actor=actor, why=hold.label)
    else:
        program = lifecycle.begin_for_a_part(program, actor=actor, why=hold.label)
    return stops.order(program, hold.reach, actor=actor)


def _covering(hold: Pause) -> StopOrder | None:
    """Return the newest order that stopped all that a hold would, of a program that stands still.

    A drill's does not count for what is no drill: other systems need not have stopped for one.
    """
    program = hold.program
    practice = hold.is_drill or program.is_drill
    orders = program.stop_orders.filter(generation__gte=program.whole_generation)
    for order in orders.order_by("-generation"):
        if order.reach in (WHOLE, hold.reach) and (practice or not stops.is_drill(order)):
            return order
    return None


@transaction.atomic
def retire(program: Program, *, reason: str, actor: Actor) -> Program:
    """End a program for good; its collectors are ordered to stop like at a pause."""
    program = lifecycle.lock(program)
    ran = program.runs
    program = lifecycle.end(program, actor=actor, why=reason)
    if ran:
        stops.order(program, WHOLE, actor=actor)
    return program


def lift(program: Program, holds: Iterable[Pause], *, actor: Actor, why: str) -> None:
    """Lift these pauses of a locked program; it goes on if nothing else holds it.

    As a whole it goes on in stages, unless it is for drills or parts of Andon alone had
    stopped it.
    """
    holds = list(holds)
    for hold in holds:
        hold.lifted_at = timezone.now()
        history.save(hold, "lifted_at", actor=actor, why=why)
        trail.record("program.pause_lifted", program, actor=actor, holder=hold.holder)
        outbox.publish("program.pause_lifted", pause=hold.pk, holder=hold.holder)
    if program.state == State.PAUSED and not program.pauses.whole().exists():
        _go_on(program, actor=actor, why=why)
    elif program.runs:
        _let_the_parts_go_on(program, holds, actor=actor, why=why)
    confirmations.thaw(program, actor=actor)
    if program.runs:
        calls.for_resume(program, holds)


def _go_on(program: Program, *, actor: Actor, why: str) -> None:
    if program.is_drill:
        opening = SEATS
    elif _people_stopped(program):
        seats = program.collectors.filter(retired_at=None).values_list("seat", flat=True)
        opening = stages.next_opening(seats, open_seats=0)
    else:
        # As far as it was when a part of Andon stopped it: that skips no stage.
        opening = program.open_seats
    if opening >= SEATS:
        lifecycle.go_on(program, actor=actor, why=why)
    else:
        lifecycle.go_on_in_stages(program, open_seats=opening, actor=actor, why=why)


def _people_stopped(program: Program) -> bool:
    """True if anybody but a part of Andon held the program since it stopped as a whole."""
    holds = Pause.objects.filter(order__generation__gte=program.whole_generation, program=program)
    return not holds or not all(hold.is_machines for hold in holds)


def _let_the_parts_go_on(program: Program, holds: list[Pause], *, actor: Actor, why: str) -> None:
    program = lifecycle.begin_for_a_part(program, actor=actor, why=why)
    still = {hold.reach for hold in program.pauses.in_force()}
    # One that came while everything stood still was ordered nothing of its own: those it held
    # have had no lease since.
    orders = {
        hold.order.pk: hold.order
        for hold in holds
        if hold.order and hold.order.reach == hold.reach and hold.reach not in still
    }
    stops.resumed(program, orders.values(), actor=actor)


@joined
def let_go(program: Program, *, holder: str, actor: Actor) -> None:
    """Lift what a drill or a control holds, as its reason is gone. Safe to call again.

    What people hold stays, also under the same holder: they must ask and agree.
    """
    program = lifecycle.lock(program)
    theirs = program.pauses.in_force().filter(holder=holder).select_related("order")
    holds = [hold for hold in theirs if hold.is_machines]
    if holds:
        lift(program, holds, actor=actor, why=f"{holder} let go")


@joined
def demand_an_executive(holder: str, *, actor: Actor) -> None:
    """From now on an executive is among those who must agree to lift what a holder keeps.

    Locks its pauses and not their programs: the caller may hold others already.
    """
    for hold in held_by(holder).filter(needs_executive=False).select_for_update(of=("self",)):
        hold.needs_executive = True
        history.save(hold, "needs_executive", actor=actor)
        trail.record("program.executive_demanded", hold.program, actor=actor, holder=holder)


def person_of(actor: Actor) -> User:
    if actor.user is None:
        raise Refused("Only a person can do this.")
    return actor.user
