"""What the panels of runbooks and of what is due afterwards show. Reads only."""

from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from incidents import access, library, runbooks, stepping
from incidents.forms.steps import AttachForm
from incidents.models import ActionItem, Incident, Review, RunbookStep, StepAct
from incidents.views.panels import Forms
from incidents.views.room import Room


def runbook(room: Room, forms: Forms | None = None) -> dict[str, Any]:
    incident = room.incident
    now = timezone.now()
    steps = RunbookStep.objects.select_related("done_by", "gate_by", "assignee")
    acts = StepAct.objects.select_related("asked_by", "system")
    steps = steps.prefetch_related(Prefetch("acts", acts))
    runs = list(incident.runbooks.prefetch_related(Prefetch("steps", steps)))
    for run in runs:
        offers = stepping.offer(incident, run.steps.all(), room.reader, held=room.held)
        for step in run.steps.all():
            step.offers = offers[step.pk]  # type: ignore[attr-defined]
        left = [step for step in run.steps.all() if step.state == RunbookStep.State.OPEN]
        run.settled = len(run.steps.all()) - len(left)  # type: ignore[attr-defined]
        run.late = sum(1 for step in left if step.due_at and step.due_at < now)  # type: ignore[attr-defined]
    people = access.viewers(incident).order_by("username") if runs else []
    attached = [run.runbook for run in runs]
    books = library.in_force()
    newer = runbooks.newer(runs, books)
    for run in runs:
        run.newer = newer.get(run.runbook)  # type: ignore[attr-defined]
    return {
        "incident": incident,
        "runs": runs,
        "now": now,
        "step_people": people,
        "attach_form": (forms or {}).get("attach") or AttachForm(attached=attached, books=books),
        "reads_runbooks": library.may_read(room.reader),
    }


def review(incident: Incident) -> dict[str, Any]:
    """What is due after the incident."""
    items = incident.action_items.filter(state=ActionItem.State.OPEN)
    return {
        "review_due": Review.objects.select_related("published")
        .filter(incident=incident, due_at__isnull=False)
        .first(),
        "items_overdue": items.filter(due_on__lt=timezone.now().date()).count(),
    }
