"""Leave a control aside for a time, where it blocks nothing and two people agree.

The only module that writes Waiver and WaiverApproval.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from programs import access, lately, lifecycle
from programs.controlset import Control, ControlSet
from programs.models import Program, State, Waiver, WaiverApproval

LONGEST_REASON = 2000


class Refused(Exception):
    """The control is not waived so; the message says why and what is allowed."""


@transaction.atomic
def ask(program: Program, control: Control, *, reason: str, days: int, actor: Actor) -> Waiver:
    """Ask that a control is left aside for some days from the second yes on.

    Raises:
        Refused: if it blocks, for too long or without a reason, one waits, or this person may not.
    """
    program = lifecycle.lock(program)
    person = _person(actor)
    longest = ControlSet.current().waiver_days
    if control.blocks:
        raise Refused(f"{control.id} blocks, and is never waived: it must be shown.")
    if program.state == State.RETIRED or not control.applies(program.facts):
        raise Refused(f"{control.id} does not apply to {program.slug}.")
    if not access.may_attest(person, program, control):
        raise Refused("Only the control's owner and who runs the program may ask.")
    if not 1 <= days <= longest:
        raise Refused(f"days: 1 to {longest}.")
    if program.waivers.filter(control=control.id, state=Waiver.State.OPEN).exists():
        raise Refused(f"A waiver of {control.id} waits for approval already.")
    waiver: Waiver = history.create(
        Waiver,
        actor=actor,
        program=program,
        control=control.id,
        reason=_reason(reason),
        days=days,
        asked_by=person,
    )
    _record("program.waiver_asked", waiver, actor=actor, remark=waiver.reason, days=days)
    return waiver


@transaction.atomic
def agree(waiver: Waiver, *, actor: Actor) -> Waiver:
    """Agree to a waiver; with the second person it is in force.

    Raises:
        Refused: if it is closed, or this person may not agree, as one who lately ran the program.
    """
    waiver, control = _open(waiver)
    person = _person(actor)
    if person.pk == waiver.asked_by_id:
        raise Refused("You asked for this; two others must agree.")
    if not access.may_waive(person, waiver.program, control):
        raise Refused(_who_may())
    if person.pk in lately.left(waiver.program, put_forward=waiver.asked_at):
        raise Refused(
            f"Whoever ran the program when this was asked, in the {lately.DAYS} days before or"
            " since, cannot agree to it; others must."
        )
    if waiver.approvals.filter(person=person).exists():
        raise Refused("You have agreed to this already; another person must.")
    WaiverApproval.objects.create(waiver=waiver, person=person)
    _record("program.waiver_agreed", waiver, actor=actor)
    if waiver.approvals.count() < ControlSet.current().waiver_approvals:
        return waiver
    waiver.state, waiver.closed_at = Waiver.State.GRANTED, timezone.now()
    waiver.good_until = waiver.closed_at + timedelta(days=waiver.days)
    history.save(waiver, "state", "closed_at", "good_until", actor=actor)
    until = waiver.good_until.isoformat()
    _record("program.waiver_granted", waiver, actor=actor, until=until)
    outbox.publish(
        "program.waiver_granted", program=waiver.program_id, control=control.id, waiver=waiver.pk
    )
    return waiver


@transaction.atomic
def refuse(waiver: Waiver, *, reason: str, actor: Actor) -> Waiver:
    """Turn a waiver down; whoever asked takes it back so.

    Raises:
        Refused: if it is closed, without a reason, or this person may not.
    """
    waiver, control = _open(waiver)
    person = _person(actor)
    if person.pk != waiver.asked_by_id and not access.may_waive(person, waiver.program, control):
        raise Refused(_who_may())
    waiver.state, waiver.closed_at = Waiver.State.REFUSED, timezone.now()
    waiver.refusal = _reason(reason)
    history.save(waiver, "state", "closed_at", "refusal", actor=actor)
    _record("program.waiver_refused", waiver, actor=actor, remark=waiver.refusal)
    return waiver


def _open(waiver: Waiver) -> tuple[Waiver, Control]:
    program = lifecycle.lock(waiver.program)
    waiver = Waiver.objects.select_related("program").get(pk=waiver.pk)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended; nothing is waived for it.")
    if waiver.state != Waiver.State.OPEN:
        raise Refused(f"This waiver is {waiver.get_state_display().lower()} already.")
    control = ControlSet.current().get(waiver.control)
    if control is None or control.blocks:
        raise Refused(f"{waiver.control} is not to be waived any more.")
    return waiver, control


def _who_may() -> str:
    return (
        "Two people agree who have a function that approves this control, or are privacy officer or"
        " executive; never who runs the program."
    )


def _record(act: str, waiver: Waiver, *, actor: Actor, remark: str = "", **facts: Any) -> None:
    trail.record(
        act,
        waiver,
        actor=actor,
        stream=trail.stream_of(waiver.program),
        remark=remark,
        control=waiver.control,
        **facts,
    )


def _reason(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST_REASON:
        raise Refused(f"reason: say why, in at most {LONGEST_REASON} characters.")
    return text


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise Refused("Only a person can do this.")
    return actor.user
