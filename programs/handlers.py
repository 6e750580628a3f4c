"""What the engine does for programs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from audit import clockwork, outbox
from audit.models import Due
from programs import attestation, calls, clearance, lapses, participation, reminders, stops
from programs.watch import awaiting, looking, watching
from severity.ladder import Sev


@outbox.on("program.stop_ordered", name="programs.time_the_stop")
def time_the_stop(event: dict[str, Any]) -> None:
    stops.close_after_the_bound(event["order"])


@clockwork.within_transaction("programs.count_stop")
def count_stop(payload: dict[str, Any]) -> None:
    stops.count_off(payload["order"])


@clockwork.within_transaction("programs.close_stop")
def close_stop(payload: dict[str, Any]) -> None:
    stops.close(payload["order"])


@clockwork.within_transaction("programs.sweep_breaks")
def sweep_breaks(payload: dict[str, Any]) -> None:
    participation.sweep(payload["program"])


@outbox.on("program.hook_called", name="programs.time_the_confirmation")
def time_the_confirmation(event: dict[str, Any]) -> None:
    calls.look_again_when_late(event["call"])


@clockwork.within_transaction("programs.confirmation_late")
def confirmation_late(payload: dict[str, Any]) -> None:
    calls.note_late(payload["call"])


@clockwork.within_transaction(clearance.LOOK)
def look_at_controls(payload: dict[str, Any]) -> None:
    lapses.look(payload["program"])


@outbox.on("program.stop_proven", name="programs.go_on_after_proof")
def go_on_after_proof(event: dict[str, Any]) -> None:
    lapses.after_proof(event["order"])


clockwork.within_transaction(reminders.REMIND)(reminders.remind)
clockwork.within_transaction(awaiting.REMIND)(awaiting.remind)


@outbox.on("incident.severity_set", name="programs.end_for_incident")
def end_for_incident(event: dict[str, Any]) -> None:
    # An event of an older Andon says nothing of the program.
    if event.get("program") and event["determined"] and event["level"] <= Sev.SEV2:
        reported_at = datetime.fromisoformat(event["reported_at"])
        attestation.end_after_incident(event["program"], reported_at=reported_at)


# A store with many tables and readers is asked table by table, each within its own time.
@clockwork.outward(watching.LOOK, attempts=4, longest=timedelta(minutes=15))
def look_at_store(payload: dict[str, Any]) -> Callable[[], None]:
    return looking.look(payload)


@clockwork.when_dead
def give_up(due: Due) -> None:
    if due.kind == watching.LOOK:
        looking.give_up(due.payload)
