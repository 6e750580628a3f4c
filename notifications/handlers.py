"""What the engine does to reach people."""

from collections.abc import Callable
from typing import Any

from audit import clockwork, outbox
from audit.models import Due
from notifications import paging, sending

SEND = "notifications.send_page"


@outbox.on("incident.escalate", name="notifications.open_escalation")
def open_escalation(event: dict[str, Any]) -> None:
    paging.open_for(event["incident"], again=event["again"])


def stop_paging(event: dict[str, Any]) -> None:
    paging.stop_for(event["incident"])


for _over in ("closed", "dismissed", "merged"):
    outbox.on(f"incident.{_over}", name=f"notifications.stop_for_{_over}")(stop_paging)


@clockwork.within_transaction("notifications.take_step")
def take_step(payload: dict[str, Any]) -> None:
    paging.take_step(payload["escalation"], payload["taken"])


@clockwork.outward(SEND)
def send_page(payload: dict[str, Any]) -> Callable[[], None]:
    return sending.send_page(payload["page"])


@clockwork.when_dead
def give_up(due: Due) -> None:
    if due.kind == SEND:
        sending.give_up_page(due.payload["page"])
