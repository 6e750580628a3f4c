"""Page people until one answers: open a run through a policy, take its steps, end it."""

from collections.abc import Sequence

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from audit import outbox, trail
from audit.gathering import gathered
from incidents import lifecycle
from incidents.models import Incident, RuleFiring
from notifications import concerns, policies, reading, rooms, runs, targets
from notifications.concerns import ENGINE, AnIncident, AStop, Concern, lock_incident
from notifications.escalation import Plan, Step, Target, together
from notifications.models import Escalation, EscalationPolicy, Page
from programs import stops
from programs.models import StopOrder
from severity.vocabulary import Action


@transaction.atomic
def open_for(incident_pk: int, *, again: bool = False, by: int | None = None) -> Escalation | None:
    """Start paging for an incident, or start higher if it got worse; None if nothing new is needed.

    Args:
        again: page even if this level was escalated and answered before.
        by: the policy that a rule names; that of the level if it is retired by now. Whom it pages
            is added to what is under way.
    """
    incident = lock_incident(incident_pk)
    if incident.is_over:
        return None
    there = list(incident.escalations.order_by("level", "pk"))
    active = next((run for run in there if run.state == Escalation.State.ACTIVE), None)
    before = next((run for run in there if not _is_by_hand(run)), None)
    worse = before is None or incident.counts_as < before.level
    if not again and (not worse or _answered_already(incident)):
        return None
    policy, plan = _wanted(incident, by, first=worse)
    if active and not worse:
        return _add(active, policy, plan) if by else None
    if active and _is_by_hand(active):
        if policy is None:
            # There is nobody else; operators are paged where they do not answer.
            return None
        # Whom somebody asked for is paged all the same, and can answer the new run.
        plan = together(plan, Plan.from_plain(active.snapshot))
    if active:
        runs.end(active, Escalation.State.STOPPED, actor=ENGINE)
    return runs.begin(
        AnIncident(incident), plan, policy=policy, incident=incident, level=incident.counts_as
    )


def _wanted(
    incident: Incident, by: int | None, *, first: bool
) -> tuple[EscalationPolicy | None, Plan]:
    """Return the policy to begin with, and its plan; `first`: this level was not paged for yet."""
    level, own, named = incident.counts_as, policies.for_incident(incident), policies.named(by)
    if named is None or named == own:
        return own, policies.plan_at(own, level)
    plan = policies.plan_at(named, level)
    if own and first and _floor_pages(incident) and not _answered_already(incident):
        # Whichever of both comes first: a rule of the house only adds to the floor.
        return own, together(policies.plan_at(own, level), plan)
    return named, plan


def _floor_pages(incident: Incident) -> bool:
    fired = incident.firings.filter(action=Action.ESCALATE.value, state=RuleFiring.State.FIRED)
    return fired.filter(assessment=incident.assessment_id, name="").exists()


def _add(active: Escalation, policy: EscalationPolicy | None, plan: Plan) -> Escalation | None:
    """Page those of another policy besides; None if all of them are paged already."""
    running, incident = Plan.from_plain(active.snapshot), active.incident
    if incident is None or plan.targets <= running.targets:
        return None
    concern = AnIncident(incident)
    runs.end(active, Escalation.State.STOPPED, actor=ENGINE)
    concern.tell(f"Paging begins anew: a rule adds {plan.name}.")
    return runs.begin(
        concern,
        together(running, plan),
        policy=active.policy or policy,
        incident=incident,
        level=active.level,
    )


def _is_by_hand(run: Escalation) -> bool:
    """True if it was begun for one person, before any policy was."""
    return run.policy_id is None and bool(run.snapshot["steps"])


@transaction.atomic
def open_for_stop(order_pk: int, *, cause: str) -> Escalation | None:
    """Start paging for a stop that is not answered or violated; the program's owner first.

    Once per order and cause, unless it ended by itself, as nobody was silent any more: then it
    begins anew. None if nothing is to be done, or nobody is silent.
    """
    order = stops.lock(order_pk)
    concern = AStop(order)
    before = order.escalations.select_for_update().filter(cause=cause).first()
    if concern.is_over or (before and before.state != Escalation.State.STOPPED):
        return None
    if before:
        runs.resume(before, actor=ENGINE)
        return before
    policy = policies.for_stop(order)
    plan = policies.plan_for_stop(order, policy)
    level = policies.STOP_LEVEL.value
    return runs.begin(concern, plan, policy=policy, order=order, cause=cause, level=level)


def _answered_already(incident: Incident) -> bool:
    """True if somebody acknowledged this very level before the engine came to page for it."""
    answered, judged = incident.acknowledged_at, incident.assessment
    return bool(answered and judged and judged.assessed_at <= answered)


@trail.joined
def take_step(escalation_pk: int, generation: int) -> None:
    """Page the people of one step and plan the next.

    Nothing happens if the run has gone on since that was planned.
    """
    concern, escalation = concerns.locked(escalation_pk)
    with gathered():
        _take(escalation, concern, generation)


def take_steps(planned: Sequence[tuple[int, int]]) -> list[bool]:
    """Take the steps of several runs, by key and generation, in the caller's transaction.

    What they write is gathered, and who is on call is asked for once.

    Returns:
        of each whether it was taken. One about a stop, or an incident that somebody else holds at
        this moment, is left to `take_step`.
    """
    found = concerns.locked_free({pk for pk, _generation in planned})
    taken = []
    with gathered():
        targets.read_ahead(each for _about, run in found.values() for each in _next(run))
        for pk, generation in planned:
            concern, escalation = found.pop(pk, (None, None))
            if concern and escalation:
                _take(escalation, concern, generation)
            taken.append(concern is not None)
    return taken


def _next(escalation: Escalation) -> tuple[Target, ...]:
    step = Plan.from_plain(escalation.snapshot).step(escalation.taken)
    return step.targets if step else ()


def _take(escalation: Escalation, concern: Concern, generation: int) -> None:
    if escalation.state != Escalation.State.ACTIVE or escalation.generation != generation:
        return
    if concern.is_over:
        _stop(escalation, concern)
        return
    # Beside the people: whether anybody was reached is asked of these alone.
    rooms.tell(escalation, concern)
    plan, taken = Plan.from_plain(escalation.snapshot), escalation.taken
    step = plan.step(taken)
    if step is None:
        _give_up(escalation, concern, plan)
        return
    reached = runs.page(escalation, concern, step.targets, by=f"step {taken + 1}")
    if not reached:
        concern.tell(f"Step {taken + 1} reached nobody: {_called(step)}.")
    after = plan.after(taken, reached=bool(reached), anybody=escalation.reached)
    if after is None:
        _nobody(escalation, concern, plan, taken=taken + 1)
    else:
        runs.go_on(escalation, plan, taken=taken + 1, after=after)


def _called(step: Step) -> str:
    known = targets.names(step.targets)
    return ", ".join(targets.called(target, known) for target in step.targets) or "no target"


def _give_up(escalation: Escalation, concern: Concern, plan: Plan) -> None:
    if not escalation.reached:
        _nobody(escalation, concern, plan, taken=escalation.taken)
        return
    # Whoever runs Andon is told at last: a silence must not end in silence.
    runs.page(escalation, concern, plan.fallback, by="as nobody answered")
    runs.end(escalation, Escalation.State.EXHAUSTED, actor=ENGINE, drop=False)
    concern.tell(
        f"Nobody answered: all steps of {plan.name} were taken {plan.repeats + 1} times.",
        widely=True,
    )
    outbox.publish("escalation.exhausted", priority=0, **concern.facts)


def _nobody(escalation: Escalation, concern: Concern, plan: Plan, *, taken: int) -> None:
    """The policy reaches no one: say so, in red, and tell those who can mend it."""
    runs.page(escalation, concern, plan.fallback, by="as nobody else could be reached")
    state = Escalation.State.NOBODY_NOTIFIED
    runs.end(escalation, state, actor=ENGINE, drop=False, taken=taken)
    concern.tell("Nobody could be paged: the escalation policy reaches no one.", widely=True)
    outbox.publish("escalation.nobody_notified", priority=0, **concern.facts)


@transaction.atomic
def acknowledge(incident: Incident, *, actor: Actor) -> Incident:
    """Answer: the paging stops and the timeline says who is on it. Safe to call again.

    It also takes over what was handed over, and says that one is still on it.
    """
    before = lock_incident(incident.pk).acknowledged_at
    incident = lifecycle.acknowledge(incident, actor=actor)
    runs_of = incident.escalations.select_for_update().exclude(state=Escalation.State.STOPPED)
    answered = [_answer(escalation, actor) for escalation in runs_of.order_by("pk")]
    if before and any(answered):
        AnIncident(incident).tell(f"{actor.name} is on it.", widely=True)
    return incident


def _answer(escalation: Escalation, actor: Actor) -> bool:
    """True if somebody else is on it now than before."""
    if escalation.acknowledged_at is None or _is(escalation.offered_to, actor):
        runs.answer(escalation, actor=actor)
        return True
    if escalation.asked_at and _is(escalation.acknowledged_by, actor):
        runs.still_on_it(escalation, actor=actor)
    return False


def _is(person: User | None, actor: Actor) -> bool:
    return person is not None and person == actor.user


@transaction.atomic
def acknowledge_stop(order: StopOrder, *, actor: Actor) -> None:
    """Answer whatever was paged for a stop. Safe to call again."""
    order = stops.lock(order.pk)
    unanswered = order.escalations.select_for_update().filter(acknowledged_at=None)
    for escalation in unanswered.exclude(state=Escalation.State.STOPPED):
        runs.answer(escalation, actor=actor)


@transaction.atomic
def answer_page(page: Page, *, actor: Actor) -> bool:
    """Answer the escalation that a page belongs to, and no other. False if it was over already.

    For the link in a page, which is good for a week: what is paged anew in that week is not
    answered by it.
    """
    about = page.escalation
    if about.incident:
        incident = lock_incident(about.incident.pk)
        # Where it has got worse and the engine has not come yet: an answer to the page for the
        # milder level would count as one to the worse level, and that one would never be paged.
        if incident.counts_as < about.level:
            open_for(incident.pk)
    elif about.order:
        stops.lock(about.order.pk)
    if reading.why_over(page):
        return False
    before = None
    if about.incident:
        before = incident.acknowledged_at
        lifecycle.acknowledge(incident, actor=actor)
    escalation = Escalation.objects.select_for_update().get(pk=about.pk)
    if _answer(escalation, actor) and before:
        concerns.of(escalation).tell(f"{actor.name} is on it.", widely=True)
    return True


@transaction.atomic
def stop_for(incident_pk: int) -> None:
    """Stop paging for an incident that is over. Safe to call again."""
    incident = lock_incident(incident_pk)
    if incident.is_over:
        active = incident.escalations.select_for_update().filter(state=Escalation.State.ACTIVE)
        for escalation in active:
            _stop(escalation, AnIncident(incident))


def _stop(escalation: Escalation, concern: Concern) -> None:
    runs.end(escalation, Escalation.State.STOPPED, actor=ENGINE)
    concern.tell("Paging stopped: there is nothing to answer any more.")
