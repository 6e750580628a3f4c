"""Page people until one answers. The only module that writes Escalation and makes a Page."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import grants, lifecycle, timeline
from incidents.models import Incident, TimelineEntry
from notifications import policies, reading
from notifications.escalation import Plan, Step
from notifications.models import Escalation, Page

ENGINE = Actor.machine("escalation")
# Paged when a policy reaches nobody, or nobody answers: somebody must at least know of that.
FALLBACK = Step(timedelta(0), Function.OPERATOR.value, None)


@transaction.atomic
def open_for(incident_pk: int, *, again: bool = False) -> Escalation | None:
    """Start paging for an incident, or start higher if it got worse; None if nothing new is needed.

    Args:
        again: page even if this level was escalated and answered before.
    """
    incident = _lock(incident_pk)
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
    plan = policies.plan(policy)
    escalation: Escalation = history.create(
        Escalation,
        actor=ENGINE,
        incident=incident,
        policy=policy,
        snapshot=plan.plain(),
        snapshot_sha256=plan.sha256(),
        level=incident.counts_as,
        next_due_at=timezone.now(),
    )
    trail.record(
        "escalation.opened",
        escalation,
        actor=ENGINE,
        stream=trail.stream_of(incident),
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


def _lock(incident_pk: int) -> Incident:
    # Nothing joined: after waiting for the lock PostgreSQL gives the new row with the old joins.
    return Incident.objects.select_for_update(no_key=True).get(pk=incident_pk)


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
    incident = _lock(Escalation.objects.values_list("incident", flat=True).get(pk=escalation_pk))
    escalation = Escalation.objects.select_for_update().get(pk=escalation_pk)
    if escalation.state != Escalation.State.ACTIVE or escalation.taken != taken:
        return
    if incident.is_over:
        _end(escalation, Escalation.State.STOPPED, actor=ENGINE)
        return
    plan = Plan.from_plain(escalation.snapshot)
    step = plan.step(taken)
    if step is None:
        _give_up(escalation, incident, plan)
        return
    reached = _page(escalation, incident, policies.people(step), by=f"step {taken + 1}")
    escalation.taken = taken + 1
    ends_a_pass = plan.ends_a_pass(taken)
    if ends_a_pass and not escalation.pages.exists():
        _nobody(escalation, incident)
        return
    # A step without people waits for nothing: the next one is taken at once. But not the next
    # pass, which would page those of this one again before they could answer.
    waits = reached or ends_a_pass
    _schedule(escalation, after=plan.wait(escalation.taken) if waits else timedelta(0))


def _page(escalation: Escalation, incident: Incident, people: list[User], *, by: str) -> list[str]:
    reached = []
    for person in people:
        ways = policies.ways(person)
        if not ways:
            continue
        for way in ways:
            _write_page(escalation, person, way)
            reached.append(f"{person.name} ({way[0]})")
        grants.admit(
            incident, person=person, level="contribute", reason=f"Paged, {by}.", actor=ENGINE
        )
    if reached:
        timeline.write(
            incident,
            TimelineEntry.Kind.ESCALATION,
            f"Paged, {by}: {', '.join(reached)}.",
            actor=ENGINE,
        )
    return reached


def _write_page(escalation: Escalation, person: User, way: policies.Way) -> None:
    method, address, contact = way
    key = f"page-{escalation.pk}-{escalation.taken}-{person.pk}-{contact.pk if contact else 0}"
    page, is_new = Page.objects.get_or_create(
        key=key,
        defaults={
            "escalation": escalation,
            "step": escalation.taken,
            "person": person,
            "method": method,
            "address": address,
            "contact": contact,
        },
    )
    if is_new:
        clockwork.schedule(
            "notifications.send_page",
            key=f"page:{escalation.pk}:{page.pk}",
            payload={"page": page.pk},
            priority=escalation.level,
        )


def _give_up(escalation: Escalation, incident: Incident, plan: Plan) -> None:
    if not escalation.pages.exists():
        _nobody(escalation, incident)
        return
    # Whoever runs Andon is told at last: a silence must not end in silence.
    _page(escalation, incident, policies.people(FALLBACK), by="as nobody answered")
    _end(escalation, Escalation.State.EXHAUSTED, actor=ENGINE, drop=False)
    timeline.write(
        incident,
        TimelineEntry.Kind.ESCALATION,
        f"Nobody answered: all steps of {plan.name} were taken {plan.repeats + 1} times.",
        actor=ENGINE,
        audience=TimelineEntry.Audience.LEADERSHIP,
    )
    outbox.publish("escalation.exhausted", priority=0, incident=incident.pk)


def _nobody(escalation: Escalation, incident: Incident) -> None:
    """The policy reaches no one: say so, in red, and tell those who can mend it."""
    _page(escalation, incident, policies.people(FALLBACK), by="as nobody else could be reached")
    _end(escalation, Escalation.State.NOBODY_NOTIFIED, actor=ENGINE, drop=False)
    timeline.write(
        incident,
        TimelineEntry.Kind.ESCALATION,
        "Nobody could be paged: the escalation policy reaches no one.",
        actor=ENGINE,
        audience=TimelineEntry.Audience.LEADERSHIP,
    )
    outbox.publish("escalation.nobody_notified", priority=0, incident=incident.pk)


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
        stream=trail.stream_of(escalation.incident),
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
def answer_page(page: Page, *, actor: Actor) -> bool:
    """Answer the escalation that a page belongs to, and no other. False if it was over already.

    For the link in a page, which is good for a week: what is paged anew in that week is not
    answered by it.
    """
    incident = _lock(page.escalation.incident_id)
    # Where it has got worse and the engine has not come yet: an answer to the page for the
    # milder level would count as one to the worse level, and that one would never be paged.
    open_for(incident.pk)
    if reading.why_over(page):
        return False
    lifecycle.acknowledge(incident, actor=actor)
    _answer(Escalation.objects.select_for_update().get(pk=page.escalation_id), actor=actor)
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
    incident = _lock(incident_pk)
    if incident.is_over:
        active = incident.escalations.select_for_update().filter(state=Escalation.State.ACTIVE)
        for escalation in active:
            _end(escalation, Escalation.State.STOPPED, actor=ENGINE)
