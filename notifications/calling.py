"""Tell other systems that a program stops or goes on. What became of it is programs.calls'."""

from collections.abc import Callable
from typing import Any

from notifications import channels
from notifications.channels import standard
from programs import calls, confirmations, stops
from programs.models import HookCall


def send_call(call_pk: int) -> Callable[[], None]:
    """Try to send a call; return what to write when it was taken.

    Raises:
        channels.NotSent: if it did not arrive; it is tried again later.
    """
    call = calls.begin(call_pk)
    if call is None:
        return lambda: None
    try:
        answer = standard.post(call.url, call.hook.secret, _event(call))
    except channels.NotSent as error:
        calls.note(call, str(error))
        raise
    return lambda: calls.answered(call, answer)


def _event(call: HookCall) -> standard.Event:
    return standard.Event(key=call.key, type=call.event, at=call.created_at, data=_data(call))


def _data(call: HookCall) -> dict[str, Any]:
    program, order = call.hook.program, call.order
    # The one that ordered it; its codename alone may leave the house.
    hold = order.pauses.order_by("pk").first() if order else None
    return {
        "program": program.slug,
        "generation": call.generation,
        "order": order.pk if order else None,
        "datasets": [dataset.slug for dataset in confirmations.datasets_of(call)],
        "reason": hold.label if hold else "",
        "drill": stops.is_drill(order) if order else program.is_drill,
        "confirm_url": confirmations.url_for(call) if call.must_confirm else None,
        "confirm_by": call.confirm_by.isoformat() if call.confirm_by else None,
    }
