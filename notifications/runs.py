"""Write how far a run through a policy is. The only module that writes Escalation; makes the pages.

What may happen, and when, is decided by paging, answering and summoning, which hold its lock.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, outbox, trail
from audit.clockwork import Wish
from audit.gathering import Turn, write_soon
from audit.models import Entry
from notifications import concerns, patience, queueing
from notifications.concerns import ENGINE, Concern
from notifications.escalation import Plan, Target
from notifications.models import Escalation, Page
from notifications.targets import Situation, reached
from notifications.ways import Way

STEP = "notifications.take_step"
LOOK = "notifications.look_after_answer"
_ANSWER = ("acknowledged_at", "acknowledged_by", "offered_to", "asked_at", "snoozed_until")
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


def go_on(
    escalation: Escalation, plan: Plan, *, taken: int, after: timedelta, in_vain: bool = False
) -> None:
    """Take the step at a place of the plan after a while, alone; `in_vain`: nobody was reached."""
    escalation.taken, escalation.reached = taken, escalation.reached and not in_vain
    escalation.generation += 1
    _plan_step(escalation, plan, after=after)


def _plan_step(escalation: Escalation, plan: Plan, *, after: timedelta) -> None:
    now = timezone.now()
    due = plan.moment(now + after)
    escalation.next_due_at = due
    write_soon(_save_places, escalation, turn=Turn.SUBJECTS)
    plan_act(escalation, STEP, after=due - now)


def _save_places(escalations: list[Escalation]) -> None:
    fields = ("next_due_at", "taken", "generation", "reached")
    history.save_all(escalations, *fields, actor=ENGINE)


def plan_act(escalation: Escalation, kind: str, *, after: timedelta) -> None:
    """Have something happen to a run later, unless its generation has grown by then."""
    wish = Wish(
        kind,
        f"escalation:{escalation.pk}:{escalation.generation}",
        {"escalation": escalation.pk, "generation": escalation.generation},
        after=after,
        priority=escalation.level,
    )
    write_soon(clockwork.schedule_all, wish, turn=Turn.WORK)


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
    # Whoever has answered is awake, and is asked in quiet hours too.
    awake = purpose == Page.Purpose.STILL
    situation = Situation(timezone.now(), plan, escalation.incident, escalation.level, awake)
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


def page_by_hand(escalation: Escalation, concern: Concern, target: Target, *, by: str) -> None:
    """Page one person beside the steps, which go on as planned."""
    page(escalation, concern, [target], by=by, purpose=Page.Purpose.BY_HAND)
    history.save(escalation, "reached", actor=ENGINE)


def write_page(
    escalation: Escalation, person: User, way: Way, purpose: str, *, mark: str = ""
) -> None:
    """Queue one page, or note that it is held back. The same person, way and mark: once.

    Args:
        mark: what sets it apart from the page of the same step by the same way.
    """
    at = f"{escalation.pk}-{escalation.generation}"
    if purpose == Page.Purpose.BY_HAND:
        # As often as somebody asks for it; there is no step that could be taken twice.
        at = f"{at}-{escalation.pages.count()}"
    queueing.put(
        Page(
            key=f"page-{at}-{person.pk}-{way.contact.pk if way.contact else 0}{mark}",
            escalation=escalation,
            purpose=purpose,
            step=escalation.taken,
            person=person,
            method=way.method,
            hint=way.hint,
            contact=way.contact,
            held_until=way.held_until,
            state=Page.State.HELD if way.held_until else Page.State.PENDING,
        )
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
    if state == State.STOPPED:
        outbox.publish("escalation.stopped", escalation=escalation.pk)
    _record(f"escalation.{state}", escalation, actor=actor, taken=escalation.taken)


def _record(act: str, escalation: Escalation, *, actor: Actor, **facts: Any) -> None:
    stream = concerns.of(escalation).stream
    trail.record(act, escalation, actor=actor, stream=stream, **facts)


def answer(escalation: Escalation, *, actor: Actor) -> None:
    """Note who is on it; the paging ends, and whether they are still there is looked after."""
    escalation.acknowledged_at = timezone.now()
    escalation.acknowledged_by = actor.user
    escalation.offered_to = escalation.asked_at = escalation.snoozed_until = None
    history.save(escalation, *_ANSWER, actor=actor)
    if escalation.state == State.ACTIVE:
        end(escalation, State.ACKNOWLEDGED, actor=actor)
    else:
        # That it reached nobody, or nobody answered in time, stays on the page.
        drop_unsent(escalation)
        _record("escalation.answered", escalation, actor=actor)
    _tell_of_answer(escalation)
    if escalation.incident and actor.user:
        look_later(escalation, after=patience.of(escalation.level).ask)


def _tell_of_answer(escalation: Escalation) -> None:
    outbox.publish("escalation.answered", priority=escalation.level, escalation=escalation.pk)


def look_later(escalation: Escalation, *, after: timedelta) -> None:
    """Look after a while whether whoever answered is still there; nothing else is planned."""
    escalation.generation += 1
    escalation.next_due_at = timezone.now() + after
    escalation.heard = _last_act(escalation)
    history.save(escalation, "generation", "next_due_at", "heard", actor=ENGINE)
    plan_act(escalation, LOOK, after=after)


def is_heard(escalation: Escalation) -> bool:
    """True if whoever answered has done anything in the incident since it was looked last."""
    return _last_act(escalation) > escalation.heard


def _last_act(escalation: Escalation) -> int:
    stream = concerns.of(escalation).stream
    acts = Entry.objects.filter(stream=stream, actor=escalation.acknowledged_by)
    return acts.order_by("-pk").values_list("pk", flat=True).first() or 0


def look_no_more(escalation: Escalation) -> None:
    """Whoever answered has done what was to be done at once."""
    escalation.generation += 1
    escalation.next_due_at = escalation.asked_at = escalation.offered_to = None
    escalation.snoozed_until = None
    history.save(escalation, "generation", "next_due_at", *_ANSWER, actor=ENGINE)


def ask(escalation: Escalation, concern: Concern) -> None:
    """Ask whoever answered whether they are still on it."""
    assert escalation.acknowledged_by
    escalation.asked_at = timezone.now()
    history.save(escalation, "asked_at", actor=ENGINE)
    target = Target("person", person=escalation.acknowledged_by.pk)
    page(
        escalation,
        concern,
        [target],
        by="to ask whether they are still on it",
        purpose=Page.Purpose.STILL,
    )
    look_later(escalation, after=patience.of(escalation.level).wait)


def heard_of(escalation: Escalation) -> None:
    """Whoever answered is still there: the question comes later."""
    if escalation.asked_at:
        _tell_of_answer(escalation)
    escalation.asked_at = None
    history.save(escalation, "asked_at", actor=ENGINE)
    look_later(escalation, after=patience.of(escalation.level).ask)


def still_on_it(escalation: Escalation, *, actor: Actor) -> None:
    """Note a sign of life; the question comes again later."""
    escalation.asked_at = None
    history.save(escalation, "asked_at", actor=actor)
    _record("escalation.still_on_it", escalation, actor=actor)
    _tell_of_answer(escalation)
    look_later(escalation, after=patience.of(escalation.level).ask)


def offer(escalation: Escalation, concern: Concern, to: User, *, actor: Actor) -> None:
    """Ask a person to take over; until they do, whoever answered stays on it."""
    escalation.offered_to, escalation.asked_at = to, None
    history.save(escalation, "offered_to", "asked_at", actor=actor)
    look_later(escalation, after=patience.of(escalation.level).accept)
    by = f"to take over from {actor.name}"
    page(escalation, concern, [Target("person", person=to.pk)], by=by, purpose=Page.Purpose.OFFER)


def snooze(escalation: Escalation, after: timedelta, *, actor: Actor) -> None:
    """Let an answered run rest; then it pages again."""
    escalation.snoozed_until = timezone.now() + after
    escalation.asked_at = escalation.offered_to = None
    history.save(escalation, "snoozed_until", "asked_at", "offered_to", actor=actor)
    look_later(escalation, after=after)


def resume(
    escalation: Escalation, plan: Plan | None = None, *, actor: Actor, taken: int = 0
) -> None:
    """Take an answer back, if there is one, and page again from a place of the plan, at once."""
    escalation.state = State.ACTIVE
    escalation.acknowledged_at = escalation.acknowledged_by = None
    escalation.offered_to = escalation.asked_at = escalation.snoozed_until = None
    escalation.reached = False
    escalation.next_due_at = timezone.now()
    history.save(escalation, "state", "next_due_at", "reached", *_ANSWER, actor=actor)
    _record("escalation.resumed", escalation, actor=actor, taken=taken)
    go_on(escalation, plan or Plan.from_plain(escalation.snapshot), taken=taken, after=timedelta(0))


def drop_unsent(escalation: Escalation) -> None:
    clockwork.cancel(prefix=f"page:{escalation.pk}:")
    # One that is being tried again is not tried any more either; its attempts show what was.
    unsent = escalation.pages.filter(about=None, state__in=[Page.State.PENDING, Page.State.SENDING])
    unsent.update(state=Page.State.DROPPED)
