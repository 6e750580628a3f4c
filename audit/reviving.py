"""Try again what was given up. With audit.clockwork and audit.claims the writer of Due."""

from collections.abc import Callable

from django.db import transaction
from django.db.models.functions import Now

from accounts.actors import Actor
from audit import clockwork, trail
from audit.models import Due

_when_tried_again: list[Callable[[Due], None]] = []


class Refused(Exception):
    """This cannot be tried again here; the message says why."""


def when_tried_again(revive: Callable[[Due], None]) -> Callable[[Due], None]:
    """Register who makes ready again what a row is about; it may raise Refused with the reason."""
    _when_tried_again.append(revive)
    return revive


@transaction.atomic
def try_again(pk: int, *, actor: Actor) -> Due:
    """Have work that was given up done after all: now, and as often as at first.

    Raises:
        Due.DoesNotExist: if there is no such row.
        Refused: if it is not given up, or has to be set off elsewhere.
    """
    due = Due.objects.select_for_update().get(pk=pk)
    if due.state != Due.State.DEAD:
        raise Refused("This is not given up any more.")
    for revive in _when_tried_again:
        revive(due)
    due.state = Due.State.SCHEDULED
    due.attempts = due.hand_overs = 0
    due.due_at, due.finished_at = Now(), None
    due.save(update_fields=["state", "attempts", "hand_overs", "due_at", "finished_at"])
    trail.record("due.tried_again", due, actor=actor, kind=due.kind, error=due.last_error)
    clockwork.nudge()
    return due
