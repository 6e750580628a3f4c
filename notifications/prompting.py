"""Tell people of steps of runbooks that are theirs, of late ones, of late updates. By e-mail."""

from typing import Any

from accounts.models import User
from audit import clockwork
from incidents import access, admission, roles, steps
from incidents.access import Level
from incidents.models import Incident, Role, RunbookStep
from notifications import doorbell

ESCALATE = "notifications.escalate_for_steps"


def tell_of_step(event: dict[str, Any]) -> None:
    """A step was given to somebody."""
    step = _step(event)
    person = User.objects.get(pk=event["person"])
    if step.state == RunbookStep.State.OPEN and step.assignee == person:
        doorbell.ring(
            _who_see([person], step.run.incident),
            step.run.incident,
            key=f"step-{step.pk}-given-{event['at']}",
            subject=f"step {step.number} is yours",
            said=f"step {step.number} of a runbook was given to you{_by(step)}.",
        )


def tell_of_late_step(event: dict[str, Any]) -> None:
    """The target of a step has passed; nobody hears of the same step twice."""
    step = _step(event)
    incident = step.run.incident
    if incident.is_over or step.state != RunbookStep.State.OPEN:
        return
    commanding = _commanding(incident)
    told = steps.responsible(step) if event["to"] == "owner" else commanding
    doorbell.ring(
        told or commanding,
        incident,
        key=f"step-{step.pk}-late",
        subject=f"step {step.number} is late",
        said=f"step {step.number} of a runbook is late{_by(step)}, and open.",
    )
    if event["to"] == "commander" and not commanding:
        # Nobody runs the incident: those on call are paged for that, once.
        clockwork.schedule(
            ESCALATE,
            key=f"steps-late:{incident.pk}",
            payload={"incident": incident.pk},
            priority=incident.counts_as,
        )


def tell_of_late_update(event: dict[str, Any]) -> None:
    """The update that was promised did not come: who owes it hears of it, or else who manages."""
    incident = Incident.objects.get(pk=event["incident"])
    if incident.is_over:
        return
    owes = list(User.objects.filter(pk=event["person"], is_active=True))
    doorbell.ring(
        _who_see(owes, incident) or admission.managers(incident),
        incident,
        key=f"update-{incident.pk}-{event['promise']}-{event['number']}",
        subject=f"{incident.level.label}, the next update is late",
        said=f"{incident.level.label}, the update that was promised is late. Write it on its page.",
        else_operators=True,
    )


def _step(event: dict[str, Any]) -> RunbookStep:
    return RunbookStep.objects.select_related("run__incident", "assignee").get(pk=event["step"])


def _by(step: RunbookStep) -> str:
    return f", due {step.due_at:%Y-%m-%d %H:%M} UTC" if step.due_at else ""


def _commanding(incident: Incident) -> list[User]:
    held = (roles.holder(incident, role) for role in (Role.COMMANDER, Role.DEPUTY))
    return _who_see([person for person in held if person], incident)


def _who_see(people: list[User], incident: Incident) -> list[User]:
    return [person for person in people if access.may(person, Level.VIEW, incident)]
