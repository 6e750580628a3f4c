"""Tell people what becomes of the controls whose duty is theirs. No answer is asked for."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from audit import clockwork
from notifications import channels
from notifications.models import Method
from programs import controlling
from programs.controlset import Control, ControlSet, Duty
from programs.models import Attestation, Program, State

SEND = "notifications.send_notice"


def tell_of_end(event: dict[str, Any]) -> None:
    """Somebody has so many days left to attest it anew."""
    row = Attestation.objects.get(pk=event["attestation"])
    days = event["days"]
    _tell(
        event,
        key=f"ends-{row.pk}-{days}",
        subject=f"ends in {days} days",
        said=f"What was attested counts until {_said(row.good_until)}.",
    )


def tell_of_ended(event: dict[str, Any]) -> None:
    """Something ended it before its time, in a program that runs."""
    row = Attestation.objects.select_related("program").get(pk=event["attestation"])
    control = ControlSet.current().get(row.control)
    if control is None or not row.program.runs or row.state != Attestation.State.APPROVED:
        return
    standing = controlling.standing(row.program, control)
    if standing.valid or not standing.applies:
        return
    _tell(
        event,
        key=f"ended-{row.pk}",
        subject="counts no longer",
        said=f"It ended {_said(row.ended_at)}: {row.ended_why}.{_consequence(standing)}",
    )


def _consequence(standing: controlling.Standing) -> str:
    if not standing.blocks or standing.stops_at is None:
        return ""
    return f" Unless it is attested anew, the program is paused {_said(standing.stops_at)}."


def tell_of_lapse(event: dict[str, Any]) -> None:
    """It has stopped a program."""
    _tell(
        event,
        key=f"lapsed-{event['pause']}",
        subject="has lapsed; the program is paused",
        said="Nothing is collected until it is valid again. It then goes on by itself, "
        "unless something else holds it.",
    )


def _tell(event: dict[str, Any], *, key: str, subject: str, said: str) -> None:
    program = Program.objects.get(pk=event["program"])
    control = ControlSet.current().get(event["control"])
    if control is None or program.state == State.RETIRED:
        return
    for person in _whose(program, control):
        name = f"notice-{program.pk}-{key}-{person.pk}"
        facts = {"key": name, "person": person.pk, "program": program.pk, "control": control.id}
        clockwork.schedule(SEND, key=name, payload=facts | {"subject": subject, "said": said})


def _whose(program: Program, control: Control) -> Iterable[User]:
    """The program's owner, and whoever has the control's function, by e-mail."""
    who = Q(pk=program.owner_id)
    if control.owner is not Duty.PROGRAM_OWNER:
        who |= Q(groups__name=control.owner.value)
    return User.objects.filter(who, is_active=True).distinct().order_by("username")


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one notice by e-mail.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])
    if person.is_active and person.email:
        channels.send(Method.EMAIL, _message(payload, person))
    return lambda: None


def _message(payload: dict[str, Any], person: User) -> channels.Message:
    program = Program.objects.get(pk=payload["program"])
    control = ControlSet.current().get(payload["control"])
    name = f"{payload['control']} {control.name if control else ''}".strip()
    path = reverse("programs:control", args=[program.slug, payload["control"]])
    url = f"{settings.ENVIRONMENT.url}{path}"
    return channels.Message(
        key=payload["key"],
        address=person.email,
        secret="",
        thread=f"control:{program.pk}:{payload['control']}",
        subject=f"[Andon] {program.name}: {name} {payload['subject']}",
        text=f"{program.name}, {name}: {payload['said']}\n\nOpen the control:\n{url}\n",
        data={},
    )


def _said(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
