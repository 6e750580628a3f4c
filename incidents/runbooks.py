"""Which runbooks an incident gets. The only module that makes RunbookRun and RunbookStep."""

from typing import Any

from django.db import transaction

from accounts.actors import Actor
from audit import history, trail
from incidents import lateness, library, timeline
from incidents.books import Runbook
from incidents.models import Incident, RunbookRun, RunbookStep, TimelineEntry

# For whatever no rule fits: that access is too wide is what most reports are about.
FALLBACK = "internal-access"
LONGEST_REASON = 300


class Refused(Exception):
    """The runbook cannot be attached; the message names the field and what is allowed."""


def fitting(incident: Incident) -> list[Runbook]:
    """Return the runbooks whose rules fit; the one for access inside if none does."""
    books = library.in_force()
    facts = library.facts(incident)
    found = [book for book in books if book.rules.fit(facts)]
    return found or [book for book in books if book.id == FALLBACK]


def attach(incident: Incident, *, actor: Actor) -> list[RunbookRun]:
    """Copy the fitting runbooks into the incident; those it has already are left alone."""
    return [run for book in fitting(incident) if (run := _attach(incident, book, actor=actor))]


def attach_named(incident: Incident, runbook: str, *, actor: Actor) -> list[RunbookRun]:
    """Copy the runbook that a rule names; nothing if it is retired or there already."""
    book = library.get(runbook)
    run = _attach(incident, book, actor=actor) if book else None
    return [run] if run else []


@transaction.atomic
def attach_by_hand(incident: Incident, runbook: str, *, reason: str, actor: Actor) -> RunbookRun:
    """Copy one runbook into the incident because somebody wants it there.

    Raises:
        Refused: if the incident is over, has it already, no reason is given, or there is none.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; reopen it first.")
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Refused(f"reason: say why, in at most {LONGEST_REASON} characters.")
    book = library.get(runbook)
    if book is None:
        known = ", ".join(each.id for each in library.in_force())
        raise Refused(f"runbook: choose one that is in force: {known}.")
    run = _attach(incident, book, actor=actor, reason=reason)
    if run is None:
        raise Refused(f"runbook: {incident.ref} has it already: {book.title}.")
    return run


def _attach(
    incident: Incident, book: Runbook, *, actor: Actor, reason: str = ""
) -> RunbookRun | None:
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
    stream = trail.stream_of(incident)
    facts = {"runbook": book.id, "version": book.version}
    trail.record("runbook.attached", run, actor=actor, stream=stream, remark=reason, **facts)
    said = f"Runbook attached: {book.title}. {reason}".strip()
    timeline.write(incident, TimelineEntry.Kind.RUNBOOK, said, actor=actor)
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


def newer(runs: list[RunbookRun], books: list[Runbook]) -> dict[str, str]:
    """Return, by the id of its runbook, the version that is in force and is not the run's own."""
    now = {book.id: book.version for book in books}
    return {
        run.runbook: now[run.runbook]
        for run in runs
        if run.runbook in now and now[run.runbook] != run.version
    }
