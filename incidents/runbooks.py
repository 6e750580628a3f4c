"""Which runbook an incident gets. The only module that makes RunbookRun and RunbookStep."""

from typing import Any

from accounts.actors import Actor
from audit import history, trail
from incidents import lateness, timeline
from incidents.books import Runbook, shipped
from incidents.models import Incident, RunbookRun, RunbookStep, TimelineEntry


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
    _copy(book, run, incident, actor=actor)
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


def _copy(book: Runbook, run: RunbookRun, incident: Incident, *, actor: Actor) -> None:
    steps = [
        RunbookStep(
            run=run,
            number=number,
            role=step.role,
            action=step.action,
            gate=step.gate,
            gate_checks=list(step.checks),
            hooks=list(step.hooks),
            due_at=incident.reported_at + step.within if step.within is not None else None,
            **(_by_the_report(incident) if step.is_report else {}),
        )
        for number, step in enumerate(book.steps, start=1)
    ]
    history.create_all(steps, actor=actor)
    lateness.plan(steps)


def _by_the_report(incident: Incident) -> dict[str, Any]:
    done = RunbookStep.State.DONE
    return {"state": done, "done_by": incident.reporter, "done_at": incident.reported_at}
