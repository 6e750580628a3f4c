"""Stop a program and let it go on again.

The only module that writes Pause and the resume requests.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history, outbox, trail
from audit.trail import joined
from programs import lifecycle, stops
from programs.models import (
    Dataset,
    Pause,
    Program,
    ResumeApproval,
    ResumeRequest,
    State,
    StopOrder,
)
from programs.reach import WHOLE, Reach

# Two of these, each by another person, let a program go on. Source: NIST SP 800-53 AC-3(2), dual
# authorization.
RESUMING_FUNCTIONS = (
    Function.PRIVACY_OFFICER,
    Function.COMMANDER,
    Function.LEGAL,
    Function.EXECUTIVE,
    Function.OPERATOR,
)
APPROVALS_NEEDED = 2


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
        rule: the rule and version that demanded it, if one did.
    """
    # Lock the program, not its pauses: a lease is granted under the same lock, so it is
    # either seen and revoked here, or sees our pause and is refused.
    program = lifecycle.lock(program)
    if dataset and dataset.program_id != program.pk:
        # It does not say what writes where in this program, so everything stops.
        dataset = None
    reach = Reach(dataset.pk if dataset else None, drill_only)
    in_force = list(program.pauses.in_force().select_related("order").order_by("since", "pk"))
    alike = [hold for hold in in_force if hold.reach == reach]
    for existing in alike:
        if existing.holder == holder:
            return existing
    hold = Pause(program=program, dataset=dataset, holder=holder, label=label, reason=reason)
    hold.drill_only, hold.is_drill, hold.rule = drill_only, is_drill, rule
    hold.order = _stop(program, reach, alike, actor=actor, label=label)
    history.save_new(hold, actor=actor, why=rule)
    if in_force:
        # Only then may somebody have asked that it goes on.
        _overtake(program, actor)
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


def pull_the_cord(program: Program, *, reason: str, actor: Actor) -> Pause:
    """Pause by hand. Anybody who may know of the program may; nobody is asked why first."""
    person = _person(actor)
    return pause(
        program,
        holder=f"person:{person.pk}",
        label="Pulled by hand",
        reason=reason.strip() or "The cord was pulled; no reason was given yet.",
        actor=actor,
    )


def held_by(holder: str) -> QuerySet[Pause]:
    """The pauses that one holder keeps now."""
    return Pause.objects.in_force().filter(holder=holder).select_related("program", "order")


def _stop(
    program: Program, reach: Reach, alike: list[Pause], *, actor: Actor, label: str
) -> StopOrder | None:
    if program.state == State.PAUSED:
        return program.stop_orders.order_by("-generation").first()
    if not program.runs:
        # Nothing runs, so nothing is ordered to stop; the pause still keeps it from starting.
        return None
    if alike:
        return alike[0].order
    if reach == WHOLE:
        program = lifecycle.halt(program, actor=actor, why=label)
    else:
        program = lifecycle.begin_for_a_part(program, actor=actor, why=label)
    return stops.order(program, reach, actor=actor)


def _overtake(program: Program, actor: Actor) -> None:
    """Drop the wish to go on: whoever agreed to it did not know of this pause."""
    for request in program.resume_requests.filter(state=ResumeRequest.State.OPEN):
        request.state = ResumeRequest.State.WITHDRAWN
        history.save(request, "state", actor=actor, why="paused once more")
        trail.record("program.resume_withdrawn", program, actor=actor, request=request.pk)


@transaction.atomic
def retire(program: Program, *, reason: str, actor: Actor) -> Program:
    """End a program for good; its collectors are ordered to stop like at a pause."""
    program = lifecycle.lock(program)
    ran = program.runs
    program = lifecycle.end(program, actor=actor, why=reason)
    if ran:
        stops.order(program, WHOLE, actor=actor)
    return program


@transaction.atomic
def request_resume(program: Program, *, reason: str, actor: Actor) -> ResumeRequest:
    """Ask that a paused program may go on.

    Raises:
        Refused: if it is not paused, its stop is not proven, or somebody asked already.
    """
    program = lifecycle.lock(program)
    if not program.pauses.in_force().exists():
        raise Refused(f"{program.slug} is not paused.")
    if not reason.strip():
        raise Refused("reason: say what was fixed and how that was checked.")
    unproven = program.stop_orders.exclude(proof=StopOrder.Proof.PROVEN).first()
    if unproven:
        raise Refused(f"The stop of generation {unproven.generation} is not proven yet.")
    if program.resume_requests.filter(state=ResumeRequest.State.OPEN).exists():
        raise Refused("There is an open request to resume already.")
    person = _person(actor)
    request: ResumeRequest = history.create(
        ResumeRequest, actor=actor, program=program, requested_by=person, reason=reason
    )
    trail.record("program.resume_requested", program, actor=actor, remark=reason)
    outbox.publish("program.resume_requested", program=program.pk, request=request.pk)
    return request


@transaction.atomic
def approve_resume(
    request: ResumeRequest, *, actor: Actor, barred: frozenset[int] = frozenset()
) -> ResumeRequest:
    """Agree to a request; with the second person of a second function the program goes on.

    Args:
        barred: people who may not decide, such as the commanders of the incident.

    Raises:
        Refused: if the request is closed, or this person may not decide on it.
    """
    program = lifecycle.lock(request.program)
    request = ResumeRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != ResumeRequest.State.OPEN:
        raise Refused(f"This request is {request.state} already.")
    person = _person(actor)
    function = _function_for(person, request, program, barred)
    ResumeApproval.objects.create(request=request, person=person, function=function)
    trail.record("program.resume_approved", program, actor=actor, function=function)
    if request.approvals.count() >= APPROVALS_NEEDED:
        _resume(program, request, actor)
    return request


def _function_for(
    person: User, request: ResumeRequest, program: Program, barred: frozenset[int]
) -> Function:
    if person.pk in barred | {request.requested_by_id, program.owner_id}:
        raise Refused(
            "Whoever asks, owns the program, or commands the incident or did since the pause,"
            " cannot approve its resumption."
        )
    if request.approvals.filter(person=person).exists():
        raise Refused("You have approved this already; a second person of another function must.")
    taken = set(request.approvals.values_list("function", flat=True))
    free = [f for f in RESUMING_FUNCTIONS if person.is_any(f) and f.value not in taken]
    if not free:
        names = ", ".join(str(f.label) for f in RESUMING_FUNCTIONS if f.value not in taken)
        raise Refused(f"Approval needs one of these functions: {names}.")
    return free[0]


def _resume(program: Program, request: ResumeRequest, actor: Actor) -> None:
    request.state = ResumeRequest.State.GRANTED
    history.save(request, "state", actor=actor)
    _lift(program, program.pauses.in_force(), actor=actor, why="resumed by two people")


@joined
def let_go(program: Program, *, holder: str, actor: Actor) -> None:
    """End the hold of a drill; the program goes on if nobody else holds it. Safe to call again.

    Every other hold needs two people.
    """
    program = lifecycle.lock(program)
    theirs = program.pauses.in_force().filter(holder=holder, is_drill=True)
    if theirs.exists():
        _lift(program, theirs, actor=actor, why="the drill is over")


def _lift(program: Program, holds: QuerySet[Pause], *, actor: Actor, why: str) -> None:
    lifted = list(holds.select_for_update(of=("self",)).select_related("order"))
    for hold in lifted:
        hold.lifted_at = timezone.now()
        history.save(hold, "lifted_at", actor=actor, why=why)
        trail.record("program.pause_lifted", program, actor=actor, holder=hold.holder)
        outbox.publish("program.pause_lifted", pause=hold.pk, holder=hold.holder)
    if program.state == State.PAUSED and not program.pauses.whole().exists():
        lifecycle.go_on(program, actor=actor, why=why)
    elif program.runs:
        still = set(program.pauses.in_force().values_list("order", flat=True))
        free = {hold.order.pk: hold.order for hold in lifted if hold.order}
        lifecycle.begin_for_a_part(program, actor=actor, why=why)
        stops.resumed(program, (free[pk] for pk in free.keys() - still), actor=actor)


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise Refused("Only a person can do this.")
    return actor.user
