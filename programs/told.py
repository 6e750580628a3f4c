"""How far other systems were told of stops and what they answered, for pages. Reads only.

Show it to those whom programs.access.sees_machines names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from programs.models import Hook, HookCall, HookConfirmation, HookEvent, Program, StopOrder

# A hook's page holds so many calls, the newest.
MOST_CALLS = 50


@dataclass(frozen=True)
class Line:
    """One call. `state` is a code for its shape, `words` say it; `late` if its time has passed."""

    call: HookCall
    state: str
    words: str
    late: bool
    said: HookConfirmation | None

    @property
    def waits(self) -> bool:
        """True while the order is not proven for want of this call."""
        return self.call.must_confirm and self.said is None

    @property
    def heard_at(self) -> datetime | None:
        """When it was last heard of."""
        return self.said.confirmed_at if self.said else self.call.answered_at


@dataclass(frozen=True)
class Told:
    """One hook of a program with its latest call; `host` instead of the address, which may hold
    secrets.
    """

    hook: Hook
    host: str
    events: str
    last: Line | None


def of_order(order: StopOrder) -> list[Line]:
    """Every call of one order, by the name of the hook."""
    return _lines(order.calls.order_by("hook__name", "pk"))


def of_hook(hook: Hook) -> list[Line]:
    """The newest calls of one hook, the newest first."""
    return _lines(hook.calls.order_by("-pk")[:MOST_CALLS])


def of_program(program: Program) -> list[Told]:
    """The hooks of a program by name, those that are switched off last."""
    hooks = list(program.hooks.select_related("dataset"))
    newest = HookCall.objects.filter(hook__in=hooks).order_by("hook_id", "-pk").distinct("hook_id")
    last = {line.call.hook_id: line for line in _lines(newest)}
    told = [
        Told(hook, urlsplit(hook.url).netloc, words_of(hook.events), last.get(hook.pk))
        for hook in hooks
    ]
    return sorted(told, key=lambda one: not one.hook.enabled)


def words_of(events: Iterable[str]) -> str:
    return ", ".join(str(HookEvent(event).label) for event in events)


def _lines(calls: QuerySet[HookCall]) -> list[Line]:
    now = timezone.now()
    joined = calls.select_related("hook__dataset", "confirmation__by")
    return [_line(call, now) for call in joined]


def _line(call: HookCall, now: datetime) -> Line:
    said = call.confirmed
    if said:
        return Line(call, "confirmed", str(said.get_state_display()), late=False, said=said)
    late = call.confirm_by is not None and call.confirm_by < now
    words = str(call.get_state_display())
    if call.state == HookCall.State.ANSWERED and call.must_confirm:
        words = _("Answered, not confirmed")
    return Line(call, f"call_{call.state}", words, late=late, said=None)
