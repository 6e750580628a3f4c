"""What the engine does for programs."""

from typing import Any

from audit import clockwork, outbox
from programs import calls, participation, stops


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
