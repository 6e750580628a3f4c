"""Write how far a run through a policy is. The only module that writes Escalation, or makes a Page.

What may happen, and when, is decided by paging, answering and summoning, which hold its lock.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, trail
from notifications import concerns
from notifications.concerns import ENGINE, Concern
from notifications.escalation import Plan, Target
from notifications.models import Escalation, Page
from notifications.targets import Situation, reached
from notifications.ways import Way

STEP = "notifications.take_step"
State = Escalation.State


def begin(concern: Concern, plan: Plan, **fields: Any) -> Escalation:
    """Open a run, with its first step planned."""
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
    _plan_step(escalation, plan, after=plan.wait(0) if plan.steps else timedelta(0))
    return escalation


def go_on(escalation: Escalation, plan: Plan, *, taken: int, after: timedelta) -> None:
    """Stand at a place of the plan and take its step after a while; nothing else is planned."""
    escalation.taken = taken
    escalation.generation += 1
    _plan_step(escalation, plan, after=after)


def _plan_step(escalation: Escalation, plan: Plan, *, after: timedelta) -> None:
    now = timezone.now()
    due = plan.moment(now + after)
    escalation.next_due_at = due
    history.save(escalation, "next_due_at", "taken", "generation", "reached", actor=ENGINE)
    plan_act(escalation, STEP, after=due - now)


def plan_act(escalation: Escalation, kind: str, *, after: timedelta) -> None:
    """Have something happen to a run later, unless its generation has grown by then."""
    clockwork.schedule(
        kind,
        key=f"escalation:{escalation.pk}:{escalation.generation}",
        payload={"escalation": escalation.pk, "generation": escalation.generation},
        after=after,
        priority=escalation.level,
    )


def page(
    escalation: Escalation,
    concern: Concern,
    targets: Iterable[Target],
    *,
    by: str,
    purpose: str = Page.Purpose.STEP,
) -> list[str]:
    """Page everybody whom these targets reach, and let them in; return who and how."""
    plan = Plan.from_plain(escalation.snapshot)
    situation = Situation(timezone.now(), plan, escalation.incident, escalation.level)
    told = []
    for one in reached(targets, situation):
        for way in one.ways:
            write_page(escalation, one.person, way, purpose)
        sent = [way for way in one.ways if not way.held_until]
        if sent:
            told += [f"{one.person.name} ({way.method})" for way in sent]
            concern.admit(one.person, why=f"Paged, {by}.")
    if told:
        escalation.reached = True
        concern.tell(f"Paged, {by}: {', '.join(told)}.")
    return told


def write_page(
    escalation: Escalation, person: User, way: Way, purpose: str, *, mark: str = ""
) -> None:
    """Queue one page, or note that it is held back. The same person, way and mark: once.

    Args:
        mark: what sets it apart from the page of the same step by the same way.
    """
    at = f"{escalation.pk}-{escalation.generation}"
    page, is_new = Page.objects.get_or_create(
        key=f"page-{at}-{person.pk}-{way.contact.pk if way.contact else 0}{mark}",
        defaults={
            "escalation": escalation,
            "purpose": purpose,
            "step": escalation.taken,
            "person": person,
            "method": way.method,
            "hint": way.hint,
            "contact": way.contact,
            "held_until": way.held_until,
            "state": Page.State.HELD if way.held_until else Page.State.PENDING,
        },
    )
    if is_new and not way.held_until:
        clockwork.schedule(
            "notifications.send_page",
            key=f"page:{escalation.pk}:{page.pk}",
            payload={"page": page.pk, "lane": f"person-{person.pk}"},
            priority=escalation.level,
        )


def end(
    escalation: Escalation,
    state: str,
    *,
    actor: Actor,
    drop: bool = True,
    taken: int | None = None,
) -> None:
    """End a run; what it planned does not happen any more.

    Args:
        drop: pages that have not left do not leave any more either.
        taken: where the run stands at last; where it stood if left out.
    """
    escalation.taken = escalation.taken if taken is None else taken
    escalation.state = State(state)
    escalation.next_due_at = None
    history.save(escalation, "state", "next_due_at", "taken", "reached", actor=actor)
    clockwork.cancel(prefix=f"escalation:{escalation.pk}:")
    if drop:
        drop_unsent(escalation)
    trail.record(
        f"escalation.{state}",
        escalation,
        actor=actor,
        stream=concerns.of(escalation).stream,
        taken=escalation.taken,
    )


def answer(escalation: Escalation, *, actor: Actor) -> None:
    """Note who is on it; the paging ends."""
    escalation.acknowledged_at = timezone.now()
    escalation.acknowledged_by = actor.user
    history.save(escalation, "acknowledged_at", "acknowledged_by", actor=actor)
    if escalation.state == State.ACTIVE:
        end(escalation, State.ACKNOWLEDGED, actor=actor)
    else:
        # That it reached nobody, or nobody answered in time, stays on the page.
        drop_unsent(escalation)


def drop_unsent(escalation: Escalation) -> None:
    clockwork.cancel(prefix=f"page:{escalation.pk}:")
    # One that is being tried again is not tried any more either; its attempts show what was.
    unsent = escalation.pages.filter(state__in=[Page.State.PENDING, Page.State.SENDING])
    unsent.update(state=Page.State.DROPPED)
