"""When a step of a runbook is late, and who hears of it: once each, and not once it is done.

The only module that writes RunbookStep.told_late_at and told_up_at.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from audit import clockwork, history, outbox, trail
from audit.clockwork import Wish
from incidents import timeline
from incidents.models import Incident, RunbookStep, TimelineEntry

LATE = "incidents.step_late"
STILL_LATE = "incidents.step_still_late"
# So long whoever has to do it is left alone with it; then the commander hears.
GRACE = timedelta(minutes=15)
ENGINE = Actor.machine("engine")


def plan(steps: Iterable[RunbookStep], *, since: datetime | None = None) -> None:
    """Have it said when open steps become late.

    Args:
        since: when a step was opened again; what was called off is never due once more.
    """
    wishes = [_wish(step, since) for step in steps if step.state == RunbookStep.State.OPEN]
    clockwork.schedule_all([wish for wish in wishes if wish])


def _wish(step: RunbookStep, since: datetime | None) -> Wish | None:
    if step.due_at is None or (step.told_late_at and step.told_up_at):
        return None
    round_ = f"{since.timestamp():.6f}" if since else "0"
    # What was said stays said; only what is still to be said is planned anew.
    kind, due_at = (STILL_LATE, step.due_at + GRACE) if step.told_late_at else (LATE, step.due_at)
    return Wish(kind, f"{_key(step)}{kind}:{round_}", {"step": step.pk}, due_at, priority=2)


def call_off(step: RunbookStep) -> None:
    """Say nothing of a step that is done or not needed."""
    clockwork.cancel(prefix=_key(step))


def _key(step: RunbookStep) -> str:
    return f"step:{step.pk}:"


@transaction.atomic
def tell(step_pk: int) -> None:
    """Say that the target of a step has passed. Nothing happens if it is done or was said."""
    incident, step = _locked(step_pk)
    if incident.is_over or step.state != RunbookStep.State.OPEN or step.told_late_at:
        return
    step.told_late_at = timezone.now()
    history.save(step, "told_late_at", actor=ENGINE)
    trail.record(
        "runbook.step_late", step, actor=ENGINE, stream=_stream(incident), step=step.number
    )
    timeline.write(
        incident,
        TimelineEntry.Kind.RUNBOOK,
        f"Step {step.number} is late: {step.action}",
        actor=ENGINE,
    )
    outbox.publish("runbook.step_late", priority=2, step=step.pk, to="owner")
    clockwork.schedule(
        STILL_LATE,
        key=f"{_key(step)}{STILL_LATE}:{step.told_late_at.timestamp():.6f}",
        payload={"step": step.pk},
        after=GRACE,
        priority=2,
    )


@transaction.atomic
def tell_up(step_pk: int) -> None:
    """Say it to the commander as well. Nothing happens if it is done or was said."""
    incident, step = _locked(step_pk)
    if incident.is_over or step.state != RunbookStep.State.OPEN or step.told_up_at:
        return
    step.told_up_at = timezone.now()
    history.save(step, "told_up_at", actor=ENGINE)
    trail.record(
        "runbook.step_still_late", step, actor=ENGINE, stream=_stream(incident), step=step.number
    )
    outbox.publish("runbook.step_late", priority=2, step=step.pk, to="commander")


def _stream(incident: Incident) -> str:
    return trail.stream_of(incident)


def _locked(step_pk: int) -> tuple[Incident, RunbookStep]:
    found = RunbookStep.objects.values_list("run__incident", flat=True).get(pk=step_pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=found)
    return incident, RunbookStep.objects.select_for_update(no_key=True).get(pk=step_pk)
