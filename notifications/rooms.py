"""Places that many read, told beside the people who are paged. The only writer of Room.

A room is never somebody who was reached: a run that told rooms alone has told nobody. With
notifications.runs and notifications.relaying the only module that makes a Page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import secrets
from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, trail
from audit.gathering import once
from notifications import channels, queueing, vault, working, workspaces
from notifications.channels import slackbot
from notifications.concerns import Concern
from notifications.models import Escalation, EscalationPolicy, Method, Page, Room
from programs.models import Program

TEST = "notifications.test_room"
# Where many may read; an e-mail or an SMS is to somebody.
METHODS = (Method.SLACKBOT, Method.SLACK, Method.TEAMS, Method.PAGERDUTY, Method.WEBHOOK)
MOST_STEPS = 50


class Refused(Exception):
    """A room cannot be so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Terms:
    """When a room is told: with step `step`, from SEV 0 to `mildest`, of all or of one."""

    step: int = 1
    mildest: int = 5
    program: Program | None = None
    policy: EscalationPolicy | None = None

    def why_not(self) -> str:
        if not 1 <= self.step <= MOST_STEPS:
            return f"step: a number from 1 to {MOST_STEPS}."
        return "" if 0 <= self.mildest <= 5 else "mildest: a level from 0 to 5."


def every(user: User) -> QuerySet[Room]:
    """Return all rooms, those in use first.

    Raises:
        PermissionDenied: if the person does not run Andon.
    """
    if not user.is_any(Function.OPERATOR):
        raise PermissionDenied(_("Only operators may see rooms."))
    return Room.objects.select_related("program", "policy").order_by("retired_at", "name", "pk")


def make(name: str, method: str, address: str, *, terms: Terms, actor: Actor) -> Room:
    """Tell another room from now on, and send a test there at once.

    Raises:
        Refused: if the name is empty, or the address cannot be one of this method or leads inside.
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    if not name.strip():
        raise Refused("name: say what you call it, in at most 60 characters.")
    if method not in METHODS:
        raise Refused(f"method: one of {', '.join(METHODS)}.")
    wrong = _why_not(method, address) or terms.why_not()
    if wrong:
        raise Refused(wrong)
    return _make(name, method, address, terms=terms, actor=actor)


@transaction.atomic
def _make(name: str, method: str, address: str, *, terms: Terms, actor: Actor) -> Room:
    made = Room(name=name.strip()[:60], method=method, step=terms.step, mildest=terms.mildest)
    made.program, made.policy, made.address = terms.program, terms.policy, address
    made.secret = secrets.mint_webhook() if method == Method.WEBHOOK else ""
    history.save_new(made, actor=actor)
    trail.record("room.made", made, actor=actor, name=made.name, method=method)
    _test_soon(made)
    return made


def _why_not(method: str, address: str) -> str:
    if method == Method.SLACKBOT:
        return slackbot.why_no_channel(address)
    # Before the transaction: it asks the resolver of names.
    return channels.why_not_kept(method, address)


@transaction.atomic
def ask_for_test(room: Room, *, actor: Actor) -> None:
    """Have a test sent there, soon.

    Raises:
        Refused: if it is retired.
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    room = _locked(room)
    if room.retired_at:
        raise Refused("name: it is retired; make another one.")
    _test_soon(room)


@transaction.atomic
def retire(room: Room, *, actor: Actor) -> None:
    """Tell a room nothing more, and forget its secret. Safe to call again.

    Raises:
        PermissionDenied: if the actor does not run Andon.
    """
    _refuse(actor)
    room = _locked(room)
    if room.retired_at is None:
        # The address is kept: what was sent there is told yet that it is over.
        room.retired_at = clockwork.now()
        history.save(room, "retired_at", actor=actor)
        trail.record("room.retired", room, actor=actor)


def tell(escalation: Escalation, concern: Concern) -> None:
    """Tell the rooms that hear of the step that is taken now, once each; the story says so."""
    about = escalation.incident or escalation.order
    program = about.program_id if about else None
    step = escalation.taken + 1
    rooms = [
        room
        for room in once(("rooms", step), lambda: list(_told_with(step)))
        if room.program_id in (None, program)
        and room.policy_id in (None, escalation.policy_id)
        and escalation.level <= room.mildest
    ]
    for room in rooms:
        _write(escalation, room, Page.Purpose.STEP)
    if rooms:
        concern.tell(f"Told beside: {', '.join(room.name for room in rooms)}.")


def _told_with(step: int) -> QuerySet[Room]:
    return Room.objects.filter(retired_at=None, step=step)


def tell_again(page: Page, *, mark: str) -> None:
    """Tell a room once more what a page told it.

    Raises:
        Refused: if it is retired.
    """
    assert page.room
    if page.room.retired_at:
        raise Refused(f"{page.room.name} is retired.")
    _write(page.escalation, page.room, Page.Purpose.BY_HAND, mark=mark)


def _write(escalation: Escalation, room: Room, purpose: str, *, mark: str = "") -> None:
    queueing.put(
        Page(
            key=f"page-{escalation.pk}-{escalation.generation}-room-{room.pk}{mark}",
            escalation=escalation,
            purpose=purpose,
            step=escalation.taken,
            room=room,
            method=room.method,
            hint=room.hint,
        )
    )


def _test_soon(room: Room) -> None:
    key = f"room-test:{room.pk}:{clockwork.now():%Y%m%d%H%M%S%f}"
    clockwork.schedule(TEST, key=key, payload={"room": room.pk, "lane": f"room-{room.pk}"})


def test(payload: dict[str, Any]) -> Callable[[], None]:
    """Send a test to a room; return what to write when it was taken.

    Raises:
        channels.NotSent, vault.Unreadable: if it was not; it is tried again.
    """
    room = Room.objects.get(pk=payload["room"])
    if room.retired_at:
        return lambda: None
    try:
        channels.send(room.method, _message(room))
    except (channels.NotSent, vault.Unreadable) as error:
        working.failed(room, str(error))
        raise
    return lambda: working.succeeded(room)


def _message(room: Room) -> channels.Message:
    return channels.Message(
        key=f"room-test-{room.pk}-{clockwork.now():%Y%m%d%H%M%S%f}",
        address=room.address,
        secret=workspaces.secret_for(room.method, room),
        thread=f"room:{room.pk}",
        subject="[Andon] This is a test",
        text="This is a test: whoever reads here would be told. There is nothing to do.\n",
        data={"test": True},
        kind="test",
    )


def _locked(room: Room) -> Room:
    return Room.objects.select_for_update(no_key=True, of=("self",)).get(pk=room.pk)


def _refuse(actor: Actor) -> None:
    if actor.user and not actor.user.is_any(Function.OPERATOR):
        raise PermissionDenied(_("Only operators may change rooms."))
