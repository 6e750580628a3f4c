"""Page people until one answers. The only module that writes Escalation and makes a Page."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import lifecycle
from incidents.models import Incident
from notifications import concerns, policies, reading
from notifications.concerns import ENGINE, AnIncident, AStop, Concern, lock_incident
from notifications.escalation import Plan, Step
from notifications.models import Escalation, Page
from programs import stops
from programs.models import StopOrder

# Paged when a policy reaches nobody, or nobody answers: somebody must at least know of that.
FALLBACK = Step(timedelta(0), Function.OPERATOR.value, None)


@transaction.atomic
def open_for(incident_pk: int, *, again: bool = False) -> Escalation | None:
    """Start paging for an incident, or start higher if it got worse; None if nothing new is needed.

    Args:
        again: page even if this level was escalated and answered before.
    """
    incident = lock_incident(incident_pk)
    if incident.is_over:
        return None
    before = incident.escalations.order_by("level").first()
    active = incident.escalations.filter(state=Escalation.State.ACTIVE).first()
    worse = before is None or incident.counts_as < before.level
    if not again and (not worse or _answered_already(incident)):
        return None
    if active and not worse:
        return None
    if active:
        _end(active, Escalation.State.STOPPED, actor=ENGINE)
    policy = policies.for_incident(incident)
    return _open(
        AnIncident(incident),
        policies.plan(policy),
        policy=policy,
        incident=incident,
        level=incident.counts_as,
    )


@transaction.atomic
def open_for_stop(order_pk: int, *, cause: str) -> Escalation | None:
    """Start paging for a stop that is not answered or violated; the program's owner first.

    Once per order and cause. None if that was done, or nobody is silent any more.
    """
    order = stops.lock(order_pk)
    concern = AStop(order)
    if order.escalations.filter(cause=cause).exists() or concern.is_over:
        return None
    policy = policies.for_stop(order)
    plan = policies.plan_for_stop(order, policy)
    level = policies.STOP_LEVEL.value
    return _open(concern, plan, policy=policy, order=order, cause=cause, level=level)


def _open(concern: Concern, plan: Plan, **fields: Any) -> Escalation:
    escalation: Escalation = history.create(
        Escalation,
        actor=ENGINE,
        snapshot=plan.plain(),
        snapshot_sha256=plan.sha256(),
        next_due_at=timezone.now(),
        **fields,
    )
    trail.record(
        "escalation.opened",
        escalation,
        actor=ENGINE,
        stream=concern.stream,
        policy=plan.name,
        snapshot=escalation.snapshot_sha256,
        level=escalation.level,
    )
    _schedule(escalation, after=plan.wait(0) if plan.steps else timedelta(0))
    return escalation


def _answered_already(incident: Incident) -> bool:
    """True if somebody acknowledged this very level before the engine came to page for it."""
    answered, judged = incident.acknowledged_at, incident.assessment
    return bool(answered and judged and judged.assessed_at <= answered)


def _schedule(escalation: Escalation, *, after: timedelta) -> None:
    escalation.next_due_at = timezone.now() + after
    history.save(escalation, "next_due_at", "taken", actor=ENGINE)
    clockwork.schedule(
        "notifications.take_step",
        key=f"escalation:{escalation.pk}:{escalation.taken}",
        payload={"escalation": escalation.pk, "taken": escalation.taken},
        after=after,
        priority=escalation.level,
    )


@transaction.atomic
def take_step(escalation_pk: int, taken: int) -> None:
    """Page the people of one step and plan the next.

    A step that was taken already changes nothing.
    """
    concern, escalation = concerns.locked(escalation_pk)
    if escalation.state != Escalation.State.ACTIVE or escalation.taken != taken:
        return
    if concern.is_over:
        _stop(escalation, concern)
        return
    plan = Plan.from_plain(escalation.snapshot)
    step = plan.step(taken)
    if step is None:
        _give_up(escalation, concern, plan)
        return
    reached = _page(escalation, concern, policies.people(step), by=f"step {taken + 1}")
    escalation.taken = taken + 1
    ends_a_pass = plan.ends_a_pass(taken)
    if ends_a_pass and not escalation.pages.exists():
        _nobody(escalation, concern)
        return
    # A step without people waits for nothing: the next one is taken at once. But not the next
    # pass, which would page those of this one again before they could answer.
    waits = reached or ends_a_pass
    _schedule(escalation, after=plan.wait(escalation.taken) if waits else timedelta(0))


def _page(escalation: Escalation, concern: Concern, people: list[User], *, by: str) -> list[str]:
    reached = []
    for person in people:
        ways = policies.ways(person)
        if not ways:
            continue
        for way in ways:
            _write_page(escalation, person, way)
            reached.append(f"{person.name} ({way[0]})")
        concern.admit(person, why=f"Paged, {by}.")
    if reached:
        concern.tell(f"Paged, {by}: {', '.join(reached)}.")
    return reached


def _write_page(escalation: Escalation, person: User, way: policies.Way) -> None:
    method, hint, contact = way
    key = f"page-{escalation.pk}-{escalation.taken}-{person.pk}-{contact.pk if contact else 0}"
    page, is_new = Page.objects.get_or_create(
        key=key,
        defaults={
            "escalation": escalation,
            "step": escalation.taken,
            "person": person,
            "method": method,
            "hint": hint,
            "contact": contact,
        },
    )
    if is_new:
        clockwork.schedule(
            "notifications.send_page",
            key=f"page:{escalation.pk}:{page.pk}",
            payload={"page": page.pk, "lane": f"person-{person.pk}"},
            priority=escalation.level,
        )


def _give_up(escalation: Escalation, concern: Concern, plan: Plan) -> None:
    if not escalation.pages.exists():
        _nobody(escalation, concern)
        return
    # Whoever runs Andon is told at last: a silence must not end in silence.
    _page(escalation, concern, policies.people(FALLBACK), by="as nobody answered")
    _end(escalation, Escalation.State.EXHAUSTED, actor=ENGINE, drop=False)
    concern.tell(
        f"Nobody answered: all steps of {plan.name} were taken {plan.repeats + 1} times.",
        widely=True,
    )
    outbox.publish("escalation.exhausted", priority=0, **concern.facts)


def _nobody(escalation: Escalation, concern: Concern) -> None:
    """The policy reaches no one: say so, in red, and tell those who can mend it."""
    _page(escalation, concern, policies.people(FALLBACK), by="as nobody else could be reached")
    _end(escalation, Escalation.State.NOBODY_NOTIFIED, actor=ENGINE, drop=False)
    concern.tell("Nobody could be paged: the escalation policy reaches no one.", widely=True)
    outbox.publish("escalation.nobody_notified", priority=0, **concern.facts)


def _end(escalation: Escalation, state: str, *, actor: Actor, drop: bool = True) -> None:
    escalation.state = Escalation.State(state)
    escalation.next_due_at = None
    history.save(escalation, "state", "next_due_at", "taken", actor=actor)
    clockwork.cancel(prefix=f"escalation:{escalation.pk}:")
    if drop:
        _drop_unsent(escalation)
    trail.record(
        f"escalation.{state}",
        escalation,
        actor=actor,
        stream=concerns.of(escalation).stream,
        taken=escalation.taken,
    )


def _drop_unsent(escalation: Escalation) -> None:
    clockwork.cancel(prefix=f"page:{escalation.pk}:")
    # One that is being tried again is not tried any more either; its attempts show what was.
    unsent = escalation.pages.filter(state__in=[Page.State.PENDING, Page.State.SENDING])
    unsent.update(state=Page.State.DROPPED)


@transaction.atomic
def acknowledge(incident: Incident, *, actor: Actor) -> Incident:
    """Answer: the paging stops and the timeline says who is on it. Safe to call again."""
    incident = lifecycle.acknowledge(incident, actor=actor)
    unanswered = incident.escalations.select_for_update().filter(acknowledged_at=None)
    unanswered = unanswered.exclude(state=Escalation.State.STOPPED)
    for escalation in unanswered:
        _answer(escalation, actor=actor)
    return incident


@transaction.atomic
def acknowledge_stop(order: StopOrder, *, actor: Actor) -> None:
    """Answer whatever was paged for a stop. Safe to call again."""
    order = stops.lock(order.pk)
    unanswered = order.escalations.select_for_update().filter(acknowledged_at=None)
    for escalation in unanswered.exclude(state=Escalation.State.STOPPED):
        _answer(escalation, actor=actor)


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
        open_for(incident.pk)
    elif about.order:
        stops.lock(about.order.pk)
    if reading.why_over(page):
        return False
    if about.incident:
        lifecycle.acknowledge(incident, actor=actor)
    _answer(Escalation.objects.select_for_update().get(pk=about.pk), actor=actor)
    return True


def _answer(escalation: Escalation, *, actor: Actor) -> None:
    escalation.acknowledged_at = timezone.now()
    escalation.acknowledged_by = actor.user
    history.save(escalation, "acknowledged_at", "acknowledged_by", actor=actor)
    if escalation.state == Escalation.State.ACTIVE:
        _end(escalation, Escalation.State.ACKNOWLEDGED, actor=actor)
    else:
        # That it reached nobody, or nobody answered in time, stays on the page.
        _drop_unsent(escalation)


@transaction.atomic
def stop_for(incident_pk: int) -> None:
    """Stop paging for an incident that is over. Safe to call again."""
    incident = lock_incident(incident_pk)
    if incident.is_over:
        active = incident.escalations.select_for_update().filter(state=Escalation.State.ACTIVE)
        for escalation in active:
            _stop(escalation, AnIncident(incident))


def _stop(escalation: Escalation, concern: Concern) -> None:
    _end(escalation, Escalation.State.STOPPED, actor=ENGINE)
    concern.tell("Paging stopped: there is nothing to answer any more.")
