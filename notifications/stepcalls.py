"""Tell another system what a step of a runbook asks of it. incidents.stepping keeps the answer."""

from collections.abc import Callable
from typing import Any

from incidents import stepping
from incidents.models import StepAct
from notifications import channels
from notifications.channels import standard

SEND = "notifications.call_for_step"


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Try to send a call; return what to write when it was taken.

    Raises:
        channels.NotSent: if it did not arrive; it is tried again later.
    """
    act = stepping.begin(payload["act"])
    if act is None or act.system is None:
        return lambda: None
    try:
        answer = standard.ask(act.system.url, act.system.secret, _event(act))
    except channels.NotSent as error:
        stepping.note(act.pk, str(error))
        raise
    return lambda: stepping.ended(act.pk, StepAct.State.DONE, answer)


def give_up(payload: dict[str, Any]) -> None:
    """Note that a call could not be delivered at all."""
    act = StepAct.objects.get(pk=payload["act"])
    stepping.ended(act.pk, StepAct.State.FAILED, act.answer)


def _event(act: StepAct) -> standard.Event:
    incident = act.step.run.incident
    assert act.system
    return standard.Event(
        key=act.key,
        type="step",
        at=act.asked_at,
        # The codename alone may leave the house, and none of the incident's words.
        data={
            "hook": act.hook,
            "program": act.system.program.slug,
            "datasets": [incident.dataset.slug] if incident.dataset else [],
            "reason": incident.codename,
            "step": act.step.number,
            "drill": incident.is_drill,
        },
    )
