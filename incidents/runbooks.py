"""Which runbook an incident gets, and which of its steps are done.

The only module that writes RunbookRun and RunbookStep.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import history, trail
from incidents import timeline
from incidents.models import Incident, RunbookRun, RunbookStep, TimelineEntry

LONGEST_NOTE = 500
FOLDER = Path(__file__).parent / "runbook_files"


class Refused(Exception):
    """The step cannot be changed so; the message says why."""


@dataclass(frozen=True)
class Step:
    """One step as it is written. `within` is None where the step has no target time.

    `is_report` is true of what is done as soon as there is an incident.
    """

    role: str
    action: str
    within: timedelta | None
    gate: str
    is_report: bool


@dataclass(frozen=True)
class Runbook:
    """A runbook as it is shipped. `audiences` are the reporter's answers that call for it."""

    id: str
    version: str
    title: str
    audiences: frozenset[str]
    steps: tuple[Step, ...]


@functools.cache
def shipped() -> tuple[Runbook, ...]:
    """Every runbook that comes with the product, in the order of their ids."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.yaml")))


def _read(path: Path) -> Runbook:
    data: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Runbook(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        audiences=frozenset(data["audiences"]),
        steps=tuple(
            Step(
                role=step["role"],
                action=step["action"],
                within=timedelta(minutes=step["minutes"]) if "minutes" in step else None,
                gate=step.get("gate", ""),
                is_report="incident.open" in step.get("hooks", ()),
            )
            for step in data["steps"]
        ),
    )


def choose(incident: Incident) -> Runbook:
    """Return the runbook for what the reporter saw; the one for internal access if nothing fits."""
    fitting = [book for book in shipped() if incident.audience in book.audiences]
    return (fitting or list(shipped()))[0]


def attach(incident: Incident, *, actor: Actor) -> RunbookRun | None:
    """Copy the fitting runbook into the incident; None if it has it already."""
    book = choose(incident)
    if incident.runbooks.filter(runbook=book.id).exists():
        return None
    run: RunbookRun = history.create(
        RunbookRun,
        actor=actor,
        incident=incident,
        runbook=book.id,
        version=book.version,
        title=book.title,
        attached_by=actor.name,
    )
    steps = [
        RunbookStep(
            run=run,
            number=number,
            role=step.role,
            action=step.action,
            gate=step.gate,
            due_at=incident.reported_at + step.within if step.within is not None else None,
            **(_by_the_report(incident) if step.is_report else {}),
        )
        for number, step in enumerate(book.steps, start=1)
    ]
    history.create_all(steps, actor=actor)
    trail.record(
        "runbook.attached",
        run,
        actor=actor,
        stream=trail.stream_of(incident),
        runbook=book.id,
        version=book.version,
    )
    timeline.write(
        incident, TimelineEntry.Kind.RUNBOOK, f"Runbook attached: {book.title}.", actor=actor
    )
    return run


def _by_the_report(incident: Incident) -> dict[str, Any]:
    done = RunbookStep.State.DONE
    return {"state": done, "done_by": incident.reporter, "done_at": incident.reported_at}


@transaction.atomic
def mark(step: RunbookStep, to: str, *, actor: Actor, note: str = "") -> RunbookStep:
    """Mark a step as done, as not needed (with a reason), or as open again.

    Raises:
        Refused: if the incident is over, or a step is skipped without a reason.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=step.run.incident_id)
    step = RunbookStep.objects.select_for_update(of=("self",)).select_related("run").get(pk=step.pk)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; its runbook is closed.")
    if to == RunbookStep.State.SKIPPED and not note.strip():
        raise Refused("note: say why the step is not needed.")
    if len(note) > LONGEST_NOTE:
        raise Refused(f"note: at most {LONGEST_NOTE} characters are allowed.")
    if step.state == to:
        return step
    is_open = to == RunbookStep.State.OPEN
    step.state, step.note = RunbookStep.State(to), note
    step.done_by = None if is_open else actor.user
    step.done_at = None if is_open else timezone.now()
    history.save(step, "state", "note", "done_by", "done_at", actor=actor)
    trail.record(
        "runbook.step_marked",
        step,
        actor=actor,
        stream=trail.stream_of(incident),
        step=step.number,
        to=str(to),
    )
    timeline.write(
        incident,
        TimelineEntry.Kind.RUNBOOK,
        f"Step {step.number} {step.get_state_display().lower()}: {step.action}"
        + (f" ({note})" if note else ""),
        actor=actor,
    )
    return step
