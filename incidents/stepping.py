"""Set off what a step of a runbook offers, once, and keep what came of it.

The only module that writes StepAct. What leaves the house is sent by notifications.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import outbox, trail
from incidents import access, cord, holds, intake, steps, timeline
from incidents.access import Level
from incidents.actions import ACTIONS, HOLD, Action, How
from incidents.models import Incident, RunbookStep, StepAct, TimelineEntry
from incidents.steps import Refused
from programs import pauses
from programs.models import Hook, HookEvent

State = StepAct.State
LONGEST_ANSWER = 500
# What is refused by the domain is shown as it says it.
_REFUSALS = (cord.Refused, intake.Refused, pauses.Refused)


class NotAllowed(Refused):
    """The person lacks the right that this very act needs."""


@dataclass(frozen=True)
class Offer:
    """A hook of a step for the page. `systems` are those of others that would be told."""

    action: Action
    systems: list[Hook]
    acts: list[StepAct]
    allowed: bool

    @property
    def can_run(self) -> bool:
        """True if this reader may set it off, and it was not."""
        settled = {act.system_id for act in self.acts if act.state in (State.SENDING, State.DONE)}
        if self.action.how is How.HERE:
            return self.allowed and None not in settled
        return self.allowed and any(system.pk not in settled for system in self.systems)

    @property
    def by_hand(self) -> bool:
        return self.action.how is How.OUTSIDE and not self.systems and not self.acts


def offer(
    incident: Incident, steps_: Iterable[RunbookStep], user: User, *, held: frozenset[Level]
) -> dict[int, list[Offer]]:
    """Return what each step offers to a reader who holds these levels, in the order of its hooks.

    By the key of each step.
    """
    may_hold = Level.VIEW in held and access.keeps(user, incident)
    takers = list(_takers(incident))

    def one(step: RunbookStep, action: Action) -> Offer:
        outside = action.how is How.OUTSIDE
        return Offer(
            action=action,
            systems=[each for each in takers if outside and each.kind == action.kind],
            acts=[act for act in step.acts.all() if act.hook == action.name],
            allowed=may_hold if action.name == HOLD else action.level in held,
        )

    return {
        step.pk: [one(step, ACTIONS[name]) for name in step.hooks if name in ACTIONS]
        for step in steps_
    }


def _takers(incident: Incident) -> QuerySet[Hook]:
    """The other systems of its program that are told of steps."""
    if incident.program_id is None:
        return Hook.objects.none()
    theirs = Hook.objects.filter(program=incident.program, enabled=True)
    return theirs.filter(events__contains=[HookEvent.STEP])


def run(
    step: RunbookStep, name: str, *, confirmed: bool, actor: Actor, reason: str = ""
) -> list[StepAct]:
    """Set off one hook of a step. Safe to call again: what is done or on its way stays.

    Returns:
        what came of it. A refusal of the domain is one of the states and leaves nothing else.

    Raises:
        Refused: if the step has no such hook, it is not confirmed, or is done by hand.
        NotAllowed: if the person may not do what it does.
    """
    action = ACTIONS.get(name)
    if action is None or name not in step.hooks:
        raise Refused(f"hook: step {step.number} has: {', '.join(step.hooks) or 'none'}.")
    if not confirmed:
        raise Refused("confirm: say that you mean it.")
    try:
        with transaction.atomic():
            return _run(step, action, reason.strip(), actor)
    except _REFUSALS as refusal:
        return _note_refusal(step, action, str(refusal), actor)


def _run(step: RunbookStep, action: Action, reason: str, actor: Actor) -> list[StepAct]:
    incident, step = steps.lock(step)
    _allow(incident, action, actor)
    before = list(step.acts.filter(hook=action.name, state__in=[State.SENDING, State.DONE]))
    if action.how is How.HERE:
        if before:
            return before
        answer = _DOING[action.name](incident, reason, actor)
        return [_write(incident, step, action, State.DONE, answer=answer, actor=actor)]
    if action.how is How.OUTSIDE:
        told = [act.system_id for act in before if act.system_id]
        systems = _takers(incident).filter(kind=action.kind).exclude(pk__in=told)
        if not systems and not before:
            raise Refused(f"{action.says}: no other system takes it; it is done by hand.")
        return before + [
            _send(incident, step, action, system=system, actor=actor) for system in systems
        ]
    raise Refused(f"{action.says}: this is not set off from here.")


def _allow(incident: Incident, action: Action, actor: Actor) -> None:
    if actor.user is None or not access.may(actor.user, action.level, incident):
        need = action.level.label.lower()
        raise NotAllowed(f"Only who may {need} here can do this: {action.says}.")
    if action.name == HOLD and not access.may_hold(actor.user, incident):
        raise NotAllowed("Only who may set legal holds here can do this.")


def _pause(incident: Incident, reason: str, actor: Actor) -> str:
    return cord.outcome(incident, cord.pull(incident, reason=reason, actor=actor))


def _hold(incident: Incident, reason: str, actor: Actor) -> str:
    rows = list(incident.evidence.filter(held_at=None).order_by("pk"))
    if not rows:
        raise intake.Refused("There is no evidence without a legal hold.")
    for row in rows:
        holds.hold(row, reason=reason, actor=actor)
    return f"Legal hold set on {len(rows)} of the evidence."


def _page(incident: Incident, _reason: str, _actor: Actor) -> str:
    outbox.publish(
        "incident.escalate", priority=incident.counts_as, incident=incident.pk, again=True
    )
    return "Those on call are paged until one answers."


_DOING: dict[str, Callable[[Incident, str, Actor], str]] = {
    "program.pause": _pause,
    "hold.apply": _hold,
    "notify.role": _page,
}


def _send(
    incident: Incident, step: RunbookStep, action: Action, *, system: Hook, actor: Actor
) -> StepAct:
    act = _write(incident, step, action, State.SENDING, system=system, actor=actor)
    outbox.publish(
        "runbook.hook_called", priority=incident.counts_as, act=act.pk, program=system.program_id
    )
    return act


def _note_refusal(step: RunbookStep, action: Action, said: str, actor: Actor) -> list[StepAct]:
    with transaction.atomic():
        incident, step = steps.lock(step)
        return [_write(incident, step, action, State.REFUSED, answer=said, actor=actor)]


def _write(
    incident: Incident,
    step: RunbookStep,
    action: Action,
    state: StepAct.State,
    *,
    actor: Actor,
    answer: str = "",
    system: Hook | None = None,
) -> StepAct:
    assert actor.user
    act = StepAct.objects.create(
        step=step,
        hook=action.name,
        system=system,
        state=state,
        asked_by=actor.user,
        answer=answer[:LONGEST_ANSWER],
        answered_at=None if state == State.SENDING else timezone.now(),
    )
    _record(incident, act, actor=actor)
    to = f" to {system.name}" if system else ""
    came = answer or f"sent{to}"
    _tell(incident, act, f"{action.says}: {state.label.lower()}. {came}", actor=actor)
    return act


def begin(act_pk: int) -> StepAct | None:
    """Note that a call is about to be sent; None if there is nothing to send any more.

    Commit this before the call: a crash then leaves "sent, maybe twice", never nothing.
    """
    act = StepAct.objects.select_related("system__program", "step__run__incident").get(pk=act_pk)
    if act.state != State.SENDING or act.system is None:
        return None
    if not act.system.enabled:
        ended(act_pk, State.FAILED, "The other system was switched off.")
        return None
    StepAct.objects.filter(pk=act_pk).update(attempts=F("attempts") + 1)
    return act


def note(act_pk: int, answer: str) -> None:
    """Note why an attempt failed; it is made again later."""
    StepAct.objects.filter(pk=act_pk).update(answer=answer[:LONGEST_ANSWER])


@transaction.atomic
def ended(act_pk: int, state: StepAct.State, answer: str) -> None:
    """Note what another system answered, or that it never did. Safe to call again."""
    incident = Incident.objects.select_for_update(no_key=True).get(runbooks__steps__acts=act_pk)
    act = StepAct.objects.select_for_update().get(pk=act_pk)
    if act.state != State.SENDING:
        return
    act.state, act.answer, act.answered_at = state, answer[:LONGEST_ANSWER], timezone.now()
    act.save(update_fields=["state", "answer", "answered_at"])
    actor = Actor.machine("engine")
    _record(incident, act, actor=actor)
    name = act.system.name if act.system else "Andon"
    said = f"{ACTIONS[act.hook].says}: {name} {state.label.lower()}. {act.answer}"
    _tell(incident, act, said, actor=actor)


def _record(incident: Incident, act: StepAct, *, actor: Actor) -> None:
    facts: dict[str, Any] = {"hook": act.hook, "state": str(act.state), "step": act.step.number}
    stream = trail.stream_of(incident)
    trail.record("runbook.hook_run", act, actor=actor, stream=stream, **facts)


def _tell(incident: Incident, act: StepAct, text: str, *, actor: Actor) -> None:
    said = f"Step {act.step.number}: {text}"
    timeline.write(incident, TimelineEntry.Kind.RUNBOOK, said, actor=actor)
