"""Attest that a control is met, and agree to it as a second person.

The only module that writes Attestation and AttestationApproval.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from programs import access, agreement, evidence, lapses, lifecycle, reminders
from programs.controlset import Control, ControlSet, Event
from programs.evidence import Refused, Shown
from programs.models import Attestation, AttestationApproval, Program, State

LONGEST_REASON = 2000


def control_of(id_: str) -> Control:
    """Return the control that is in force under this id.

    Raises:
        Refused: if there is none.
    """
    control = ControlSet.current().get(id_)
    if control is None:
        raise Refused(f"control: there is no {id_!r} in the controls in force.")
    return control


@transaction.atomic
def attest(program: Program, control: Control, shown: Shown, *, actor: Actor) -> Attestation:
    """Say that a control is met. It counts once somebody else has agreed.

    Raises:
        Refused: if this person may not, one waits already, or the evidence is none.
    """
    program = _lock(program)
    person = _person(actor)
    if not access.may_attest(person, program, control):
        raise Refused(agreement.who_may(control, "attest it", managers=True))
    if _open(program, control).exists():
        raise Refused(f"{control.id} waits for approval already; decide on that first.")
    row = _build(program, control, shown, actor=actor)
    if shown.file:
        _store(row, shown.file)
    _save(row, actor=actor)
    _record("program.control_attested", row, actor=actor, **_evidence(row))
    outbox.publish("program.control_attested", **_named(row))
    return row


@transaction.atomic
def attest_by_machine(
    program: Program, control: Control, shown: Shown, *, passed: bool = True, actor: Actor
) -> Attestation | None:
    """Take a machine's word: what passed counts at once, what failed ends what counted before.

    Returns:
        the attestation; None if the check failed.

    Raises:
        Refused: if this control is not a machine's to attest, or the evidence is none.
    """
    program = _lock(program)
    if not control.machine:
        raise Refused(f"{control.id} is attested by a person; no machine can.")
    if not passed:
        rows = list(_live(program, [control]))
        _end(program, rows, why=f"{actor.name} found that it fails", actor=actor)
        return None
    row = _build(program, control, shown, actor=actor)
    row.state = Attestation.State.APPROVED
    row.decided_at = timezone.now()
    row.good_until = evidence.good_until(row.as_of, control)
    _replace(row, actor=actor)
    _save(row, actor=actor)
    _record("program.control_approved", row, actor=actor, **_evidence(row))
    outbox.publish("program.control_approved", **_named(row))
    reminders.plan(row, control)
    lapses.settle(program, actor=actor)
    return row


@transaction.atomic
def approve(attestation: Attestation, *, actor: Actor) -> Attestation:
    """Agree to what another person attested. With the last one that is needed it counts.

    Raises:
        Refused: if it does not wait for approval, or this person may not agree.
    """
    row, control = _waiting(attestation)
    person = _person(actor)
    function = agreement.function_for(person, row, control)
    AttestationApproval.objects.create(attestation=row, person=person, function=function)
    needed = control.approvals_needed - row.approvals.count()
    _record("program.control_agreed", row, actor=actor, function=function, needed=needed)
    if needed > 0:
        return row
    row.state = Attestation.State.APPROVED
    row.decided_by, row.decided_at = person, timezone.now()
    row.good_until = evidence.good_until(row.as_of, control)
    _replace(row, actor=actor)
    history.save(row, "state", "decided_by", "decided_at", "good_until", actor=actor)
    _record("program.control_approved", row, actor=actor)
    outbox.publish("program.control_approved", **_named(row))
    reminders.plan(row, control)
    lapses.settle(row.program, actor=actor)
    return row


@transaction.atomic
def reject(attestation: Attestation, *, reason: str, actor: Actor) -> Attestation:
    """Turn an attestation down; its author may take it back so.

    Raises:
        Refused: if it does not wait, no reason is given, or this person may not.
    """
    row, control = _waiting(attestation)
    person = _person(actor)
    reason = _reason(reason)
    if person.pk != row.attested_by_id and not access.may_decide(person, row.program, control):
        raise Refused(agreement.who_may(control, "decide on it", managers=not control.each))
    row.state, row.reason = Attestation.State.REJECTED, reason
    row.decided_by, row.decided_at = person, timezone.now()
    history.save(row, "state", "reason", "decided_by", "decided_at", actor=actor)
    _record("program.control_rejected", row, actor=actor, remark=reason)
    outbox.publish("program.control_rejected", **_named(row))
    return row


@transaction.atomic
def revoke(program: Program, control: Control, *, reason: str, actor: Actor) -> None:
    """Say that a control is met no longer. What no machine notices is said so by a person.

    Raises:
        Refused: if nothing is attested, no reason is given, or this person may not.
    """
    program = _lock(program)
    person = _person(actor)
    reason = _reason(reason)
    may = access.may_decide(person, program, control) or access.may_attest(person, program, control)
    if not may:
        raise Refused(agreement.who_may(control, "end it", managers=True))
    rows = list(_live(program, [control]))
    if not rows:
        raise Refused(f"{control.id} is not attested, so there is nothing to end.")
    why = f"{person.name} said that it holds no longer"
    _end(program, rows, why=why, actor=actor, remark=reason)


def end_for(program: Program, events: Iterable[Event], *, why: str, actor: Actor) -> list[Control]:
    """End what rests on what has changed; call it with the program locked.

    Returns:
        the controls whose attestation ended.
    """
    rows = list(_live(program, ControlSet.current().ended_by(events)))
    _end(program, rows, why=why, actor=actor)
    ended = {row.control for row in rows}
    return [control for control in ControlSet.current().controls if control.id in ended]


@transaction.atomic
def end_after_incident(program_pk: int, *, reported_at: datetime) -> None:
    """End what an incident of SEV 0 to 2 puts in doubt: what was attested before its report.

    What was attested since knew of it, however often its level is set.
    """
    program = lifecycle.lock(Program.objects.get(pk=program_pk))
    shaken = _live(program, ControlSet.current().ended_by([Event.INCIDENT_SEV_0_2]))
    rows = list(shaken.filter(attested_at__lt=reported_at))
    # Read by everybody who sees the program, so without the level.
    _end(program, rows, why="an incident put it in doubt", actor=lapses.ENGINE)


def _lock(program: Program) -> Program:
    program = lifecycle.lock(program)
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended; nothing is attested for it.")
    return program


def _open(program: Program, control: Control) -> QuerySet[Attestation]:
    waiting = Attestation.State.SUBMITTED
    return program.attestations.filter(control=control.id, state=waiting, ended_at=None)


def _live(program: Program, controls: Iterable[Control]) -> QuerySet[Attestation]:
    """What waits, and what was approved and is not over."""
    return program.attestations.exclude(state=Attestation.State.REJECTED).filter(
        control__in=[control.id for control in controls], ended_at=None
    )


def _waiting(attestation: Attestation) -> tuple[Attestation, Control]:
    _lock(attestation.program)
    row = Attestation.objects.select_related("program").get(pk=attestation.pk)
    if row.ended_at:
        raise Refused(f"It was overtaken: {row.ended_why}. Attest it again.")
    if row.state != Attestation.State.SUBMITTED:
        raise Refused(f"It is {row.get_state_display().lower()} already.")
    return row, control_of(row.control)


def _build(program: Program, control: Control, shown: Shown, *, actor: Actor) -> Attestation:
    row = Attestation(
        program=program,
        control=control.id,
        controls_version=ControlSet.current().version,
        attested_by=actor.user,
        attested_as=actor.name[:200],
        **evidence.fields(shown),
    )
    # Said now, and not to the second person.
    evidence.good_until(row.as_of, control)
    return row


def _store(row: Attestation, upload: "File[bytes]") -> None:
    found = evidence.examine(upload)
    row.file_name, row.file_type = found.name, found.type
    row.file_size, row.sha256 = found.size, found.sha256
    row.file.save(found.name, upload, save=False)


def _replace(row: Attestation, *, actor: Actor) -> None:
    """End what was approved before: of a control, one attestation counts at a time."""
    approved = Attestation.State.APPROVED
    for old in row.program.attestations.filter(control=row.control, state=approved, ended_at=None):
        old.ended_at, old.ended_why = timezone.now(), "a newer one took its place"
        history.save(old, "ended_at", "ended_why", actor=actor)


def _save(row: Attestation, *, actor: Actor) -> None:
    try:
        history.save_new(row, actor=actor)
    except Exception:
        # Else a file would lie there that no row knows.
        if row.file:
            row.file.delete(save=False)
        raise


def _end(
    program: Program, rows: list[Attestation], *, why: str, actor: Actor, remark: str = ""
) -> None:
    for row in rows:
        row.ended_at, row.ended_why = timezone.now(), why[:300]
        history.save(row, "ended_at", "ended_why", actor=actor, why=why)
        _record("program.control_ended", row, actor=actor, why=row.ended_why, remark=remark)
        outbox.publish("program.control_ended", **_named(row))
    if rows:
        lapses.settle(program, actor=actor)


def _record(act: str, row: Attestation, *, actor: Actor, remark: str = "", **facts: Any) -> None:
    trail.record(
        act,
        row,
        actor=actor,
        stream=trail.stream_of(row.program),
        remark=remark,
        control=row.control,
        version=row.controls_version,
        **facts,
    )


def _evidence(row: Attestation) -> dict[str, str]:
    return {"sha256": row.sha256, "as_of": row.as_of.isoformat()}


def _named(row: Attestation) -> dict[str, Any]:
    return {"program": row.program_id, "control": row.control, "attestation": row.pk}


def _reason(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST_REASON:
        raise Refused(f"reason: say why, in at most {LONGEST_REASON} characters.")
    return text


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise Refused("Only a person can do this.")
    return actor.user
