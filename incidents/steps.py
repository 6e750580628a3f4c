"""What becomes of the steps of a runbook: done, not needed, whose they are.

The only module that writes RunbookStep.state and who has to do it.
"""

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from incidents import access, books, lateness, timeline, unproven
from incidents.access import Level
from incidents.models import GateCheck, Incident, RunbookStep, TimelineEntry

LONGEST_NOTE = 500
SHORTEST_WORD = 10
OPEN, DONE, SKIPPED = RunbookStep.State.OPEN, RunbookStep.State.DONE, RunbookStep.State.SKIPPED


class Refused(Exception):
    """The step cannot be changed so; the message says why."""


@transaction.atomic
def mark(
    step: RunbookStep, to: str, *, actor: Actor, note: str = "", statement: str = ""
) -> RunbookStep:
    """Mark a step as done, as not needed, or as open again. Safe to call again.

    Args:
        note: why it is not needed, or open again; of what was done it may say more.
        statement: how one knows that the gate is met, if nobody said so before.

    Raises:
        Refused: if the incident is over, somebody else has settled the step, a reason is
            missing, or its gate is not met.
    """
    incident, step = lock(step)
    note = _checked(note)
    to = RunbookStep.State(to)
    if step.state == to and _is_by(step, actor):
        return step
    if step.state == to == OPEN:
        raise Refused(f"Step {step.number} is open already.")
    if step.state != OPEN and to != OPEN:
        raise Refused(_who_was_first(step))
    if to != DONE and not note:
        why = "is not needed" if to == SKIPPED else "is open again"
        raise Refused(f"note: say why the step {why}.")
    if to == DONE:
        _pass_the_gate(incident, step, statement, actor)
    _settle(step, to, note, actor)
    said = f"Step {step.number} {step.get_state_display().lower()}: {step.action}"
    _tell(incident, step, said, note, act="runbook.step_marked", actor=actor, to=str(to))
    if to == OPEN:
        lateness.plan([step], since=timezone.now())
    else:
        lateness.call_off(step)
    return step


def _is_by(step: RunbookStep, actor: Actor) -> bool:
    return step.state != OPEN and step.done_by == actor.user


def _who_was_first(step: RunbookStep) -> str:
    who = step.done_by.name if step.done_by else "Andon"
    state = step.get_state_display().lower()
    return f"{who} marked step {step.number} as {state} at {step.done_at:%Y-%m-%d %H:%M:%S} UTC."


def _settle(step: RunbookStep, to: RunbookStep.State, note: str, actor: Actor) -> None:
    step.state, step.note = to, note
    step.done_by, step.done_at = (None, None) if to == OPEN else (actor.user, timezone.now())
    fields = ["state", "note", "done_by", "done_at"]
    if to == OPEN:
        # What was true of the gate then need not be when it is done anew.
        step.gate_said, step.gate_by, step.gate_at = "", None, None
        fields += ["gate_said", "gate_by", "gate_at"]
    history.save(step, *fields, actor=actor)


def _pass_the_gate(incident: Incident, step: RunbookStep, statement: str, actor: Actor) -> None:
    # What is contained was proven then, or somebody signed for it; it may go on by now.
    if GateCheck.STOP_PROVEN in step.checks and incident.contained_at is None:
        missing = unproven.programs_of(incident)
        if missing:
            raise Refused(f"The stop of {', '.join(missing)} is not proven yet.")
    if not step.needs_a_word:
        return
    if statement.strip() and not step.gate_at and not step.needs_a_second_person:
        _write_word(step, statement, actor)
    if not step.gate_at:
        by = "a second person says" if step.needs_a_second_person else "say"
        raise Refused(f"statement: {by} how you know that this holds: {step.gate}")
    if step.needs_a_second_person and step.gate_by == actor.user:
        raise Refused("You said yourself that the gate is met; another person marks it as done.")


@transaction.atomic
def confirm_gate(step: RunbookStep, statement: str, *, actor: Actor) -> RunbookStep:
    """Say how one knows that the gate of a step is met.

    Raises:
        Refused: if it has none that words can meet, says too little, or the step is settled.
    """
    incident, step = lock(step)
    if not step.needs_a_word:
        raise Refused(f"Step {step.number} has no gate that somebody has to confirm.")
    if step.state != OPEN:
        raise Refused(_who_was_first(step))
    if step.gate_at and step.gate_by == actor.user and step.gate_said == statement.strip():
        return step
    if step.gate_at:
        who = step.gate_by.name if step.gate_by else "Andon"
        raise Refused(f"{who} confirmed it at {step.gate_at:%Y-%m-%d %H:%M:%S} UTC.")
    _write_word(step, statement, actor)
    said = f"Gate of step {step.number} met: {step.gate}"
    _tell(incident, step, said, step.gate_said, act="runbook.gate_confirmed", actor=actor)
    return step


def _write_word(step: RunbookStep, statement: str, actor: Actor) -> None:
    statement = statement.strip()
    if actor.user is None:
        raise Refused("Only a person can say that a gate is met.")
    if not SHORTEST_WORD <= len(statement) <= LONGEST_NOTE:
        raise Refused(
            f"statement: say how you know, in {SHORTEST_WORD} to {LONGEST_NOTE} characters."
        )
    step.gate_said, step.gate_by, step.gate_at = statement, actor.user, timezone.now()
    history.save(step, "gate_said", "gate_by", "gate_at", actor=actor)


@transaction.atomic
def assign(step: RunbookStep, person: User | None, *, actor: Actor) -> RunbookStep:
    """Give a step to somebody who may see the incident, or to nobody. Safe to call again.

    Raises:
        Refused: if the incident is over, the step is settled, or the person may not see it.
    """
    incident, step = lock(step)
    if step.assignee == person:
        return step
    if step.state != OPEN:
        raise Refused(_who_was_first(step))
    if person and not access.may(person, Level.VIEW, incident):
        raise Refused(f"who: {person.name} may not see {incident.ref}; let them in first.")
    step.assignee = person
    history.save(step, "assignee", actor=actor)
    whose = f"is for {person.name}" if person else "is for nobody in particular"
    said = f"Step {step.number} {whose}: {step.action}"
    _tell(incident, step, said, "", act="runbook.step_assigned", actor=actor)
    if person and person != actor.user:
        at = timezone.now().isoformat()
        outbox.publish("runbook.step_assigned", step=step.pk, person=person.pk, at=at)
    return step


@transaction.atomic
def take_note(step: RunbookStep, note: str, *, actor: Actor) -> RunbookStep:
    """Write a word beside a step, whatever its state. The words before stay on the timeline.

    Raises:
        Refused: if the incident is over, or the note is empty or too long.
    """
    incident, step = lock(step)
    note = _checked(note)
    if not note:
        raise Refused("note: write what is to be known of this step.")
    if step.note == note:
        return step
    step.note = note
    history.save(step, "note", actor=actor)
    said = f"Step {step.number}, a note"
    _tell(incident, step, said, note, act="runbook.step_noted", actor=actor)
    return step


def responsible(step: RunbookStep) -> list[User]:
    """Return who has to do a step, of those who may see the incident: a person, or a role."""
    incident = step.run.incident
    if step.assignee:
        found = {step.assignee.pk: step.assignee}
    else:
        held = incident.roles.filter(until=None, role__in=books.roles_of(step.role))
        found = {each.person_id: each.person for each in held.select_related("person")}
        if books.names(step.role, books.PROGRAM_OWNER) and incident.program:
            found[incident.program.owner_id] = incident.program.owner
        if books.names(step.role, books.REPORTER):
            found[incident.reporter_id] = incident.reporter
    return [found[pk] for pk in sorted(found) if access.may(found[pk], Level.VIEW, incident)]


def lock(step: RunbookStep) -> tuple[Incident, RunbookStep]:
    """Return a step and its incident as they are now, held.

    Raises:
        Refused: if the incident is over.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=step.run.incident_id)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; its runbook is closed.")
    # Nothing joined that may be null: its row would be that of before the wait.
    return incident, RunbookStep.objects.select_for_update(of=("self",)).get(pk=step.pk)


def _checked(note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise Refused(f"note: at most {LONGEST_NOTE} characters are allowed.")
    return note.strip()


def _tell(
    incident: Incident,
    step: RunbookStep,
    said: str,
    note: str,
    *,
    act: str,
    actor: Actor,
    **facts: str,
) -> None:
    stream = trail.stream_of(incident)
    trail.record(act, step, actor=actor, stream=stream, remark=note, step=step.number, **facts)
    text = f"{said} ({note})" if note else said
    timeline.write(incident, TimelineEntry.Kind.RUNBOOK, text, actor=actor)
