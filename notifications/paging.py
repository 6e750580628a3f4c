"""Page people until one answers. The only module that writes Escalation, Page and PageAttempt."""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, outbox, trail
from incidents import access, lifecycle, timeline
from incidents.models import Incident, TimelineEntry
from notifications import channels, links, policies
from notifications.escalation import Plan, Step
from notifications.models import Escalation, Page, PageAttempt

ENGINE = Actor.machine("escalation")
# Paged when a policy reaches nobody: somebody must at least know that nobody was told.
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
    return (
        Incident.objects.select_for_update(no_key=True, of=("self",))
        .select_related("program", "assessment")
        .get(pk=incident_pk)
    )


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
    plan = Plan.from_plain(escalation.snapshot)
    step = plan.step(taken)
    if step is None:
        _give_up(escalation, incident, plan)
        return
    reached = _page(escalation, incident, policies.people(step), by=f"step {taken + 1}")
    escalation.taken = taken + 1
    if not reached and plan.ends_a_pass(taken) and not escalation.pages.exists():
        _nobody(escalation, incident)
        return
    # A step without people waits for nothing: the next one is taken at once.
    _schedule(escalation, after=plan.wait(escalation.taken) if reached else timedelta(0))


def _page(escalation: Escalation, incident: Incident, people: list[User], *, by: str) -> list[str]:
    reached = []
    for person in people:
        for method, address, contact in policies.ways(person):
            _write_page(escalation, person, (method, address, contact))
            reached.append(f"{person.name} ({method})")
        access.admit(
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
    _end(escalation, Escalation.State.EXHAUSTED, actor=ENGINE)
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
        clockwork.cancel(prefix=f"page:{escalation.pk}:")
        escalation.pages.filter(state=Page.State.PENDING).update(state=Page.State.DROPPED)
    trail.record(
        f"escalation.{state}",
        escalation,
        actor=actor,
        stream=trail.stream_of(escalation.incident),
        taken=escalation.taken,
    )


@transaction.atomic
def acknowledge(incident: Incident, *, actor: Actor) -> Incident:
    """Answer: the paging stops and the timeline says who is on it. Safe to call again."""
    incident = lifecycle.acknowledge(incident, actor=actor)
    active = incident.escalations.select_for_update().filter(state=Escalation.State.ACTIVE)
    for escalation in active:
        escalation.acknowledged_at = timezone.now()
        escalation.acknowledged_by = actor.user
        history.save(escalation, "acknowledged_at", "acknowledged_by", actor=actor)
        _end(escalation, Escalation.State.ACKNOWLEDGED, actor=actor)
    return incident


def send_page(page_pk: int) -> Callable[[], None]:
    """Try to send a page; return what to write when it was sent.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    page, attempt = _begin(page_pk)
    if attempt is None:
        return lambda: None
    try:
        answer = channels.send(page.method, _message(page))
    except channels.NotSent as error:
        _note(attempt, str(error))
        raise
    return lambda: _sent(page, attempt, answer)


@transaction.atomic
def _begin(page_pk: int) -> tuple[Page, PageAttempt | None]:
    page = Page.objects.select_for_update().get(pk=page_pk)
    if page.state not in (Page.State.PENDING, Page.State.SENDING):
        return page, None
    page.state = Page.State.SENDING
    page.attempts += 1
    page.save(update_fields=["state", "attempts"])
    return page, PageAttempt.objects.create(page=page, number=page.attempts)


def _message(page: Page) -> channels.Message:
    incident = page.escalation.incident
    undetermined = "undetermined severity, counts as " if incident.sev is None else ""
    return channels.Message(
        key=page.key,
        address=page.address,
        secret=page.contact.secret if page.contact else "",
        codename=incident.codename,
        level=f"{undetermined}{incident.level.label}",
        reported_at=incident.reported_at,
        url=settings.ENVIRONMENT.url + reverse("incidents:detail", args=[incident.number]),
        acknowledge_url=links.acknowledge_url(page),
        is_drill=incident.is_drill,
    )


def _note(attempt: PageAttempt, answer: str) -> None:
    attempt.ended_at = timezone.now()
    attempt.answer = answer[:200]
    attempt.save(update_fields=["ended_at", "answer"])


def _sent(page: Page, attempt: PageAttempt, answer: str) -> None:
    _note(attempt, answer)
    page.state = Page.State.SENT
    page.sent_at = attempt.ended_at
    page.answer = answer[:200]
    page.save(update_fields=["state", "sent_at", "answer"])


def give_up_page(page_pk: int) -> None:
    """Note that a page could not be sent at all, where people see it."""
    page = Page.objects.select_related("person", "escalation__incident").get(pk=page_pk)
    page.state = Page.State.FAILED
    page.answer = page.tries.order_by("-number").values_list("answer", flat=True).first() or ""
    page.save(update_fields=["state", "answer"])
    timeline.write(
        page.escalation.incident,
        TimelineEntry.Kind.ESCALATION,
        f"{page.person.name} could not be paged by {page.method} after {page.attempts} attempts.",
        actor=ENGINE,
    )
