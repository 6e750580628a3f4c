"""Tell people who asks to be let in, who broke the glass, and what of theirs is late. By e-mail."""

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.functions import Function
from accounts.models import User
from audit import clockwork
from incidents import access, admission, roles
from incidents.models import AccessRequest, GlassBreak, Incident, Role, Task
from notifications import channels, mailing
from notifications.models import Method

SEND = "notifications.ring"


def tell_of_request(event: dict[str, Any]) -> None:
    """Somebody asks to be let in: whoever can let in hears of it."""
    request = AccessRequest.objects.select_related("incident", "person").get(pk=event["request"])
    ring(
        admission.managers(request.incident),
        request.incident,
        key=f"asked-{request.pk}",
        subject="somebody asks to be let in",
        said=f"{request.person.name} asks to be let in. Decide on the page of the incident.",
    )


def tell_of_admission(event: dict[str, Any]) -> None:
    """Whoever asked is in."""
    request = AccessRequest.objects.select_related("incident", "person").get(pk=event["request"])
    ring(
        [request.person],
        request.incident,
        key=f"admitted-{request.pk}",
        subject="you are let in",
        said="You asked to be let in, and are.",
    )


def tell_of_glass(event: dict[str, Any]) -> None:
    """Somebody opened an incident that they were not let in to."""
    made = _broken(event)
    ring(
        _who_watch(made),
        made.incident,
        key=f"glass-{made.pk}",
        subject="somebody broke the glass",
        said=f"{made.person.name} broke the glass and may read this for an hour. Why stands on its "
        "page. If that is not right, end it there.",
    )


def tell_of_no_review(event: dict[str, Any]) -> None:
    """Nobody has looked at it for a week."""
    made = _broken(event)
    ring(
        _who_watch(made),
        made.incident,
        key=f"glass-{made.pk}-unreviewed-{event['day']}",
        subject="a broken glass waits for review",
        said=f"{made.person.name} broke the glass at {made.broken_at:%Y-%m-%d %H:%M} UTC, and "
        "nobody has said yet whether that was right.",
    )


def tell_of_late_task(event: dict[str, Any]) -> None:
    """A task is late: its owner hears of it, if they still see the incident."""
    task = Task.objects.select_related("incident", "owner").get(pk=event["task"])
    visible = access.visible_to(task.owner, named=True) if task.owner else None
    if visible is None or not visible.filter(pk=task.incident_id).exists():
        return
    ring(
        [task.owner] if task.owner else [],
        task.incident,
        key=f"task-{task.pk}-{task.due_at:%Y%m%d%H%M%S}",
        subject="a task of yours is late",
        said="A task that you own is late. It stands on the page of the incident.",
    )


def _broken(event: dict[str, Any]) -> GlassBreak:
    return GlassBreak.objects.select_related("incident", "person").get(pk=event["glass"])


def _who_watch(made: GlassBreak) -> list[User]:
    officers = User.objects.filter(groups__name=Function.PRIVACY_OFFICER, is_active=True)
    commander = roles.holder(made.incident, Role.COMMANDER)
    watching = {person.pk: person for person in officers}
    if commander:
        watching[commander.pk] = commander
    watching.pop(made.person_id, None)
    return [watching[pk] for pk in sorted(watching)]


def ring(
    people: Iterable[User],
    incident: Incident,
    *,
    key: str,
    subject: str,
    said: str,
    path: str = "",
    else_operators: bool = False,
) -> None:
    """Mail each of these people of an incident, once for each key.

    Args:
        path: where the mail leads; to the incident if it is left out.
        else_operators: where no mail reaches any of these, operators hear by codename that it is
            so, and nothing else of the incident.
    """
    told = list(people)
    if else_operators and not any(map(mailing.address_of, told)):
        told, path = list(mailing.operators()), reverse("people")
        said = (
            f"{subject}, and no mail reaches anybody who answers for it and may see the incident."
        )
    for person in told:
        name = f"ring-{key}-{person.pk}"
        clockwork.schedule(
            SEND,
            key=name,
            payload={
                "key": name,
                "person": person.pk,
                "incident": incident.pk,
                "subject": subject,
                "said": said,
                "path": path,
                "lane": f"person:{person.pk}",
            },
        )


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one of these by e-mail. It names the codename alone: mail is read by others.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])
    if person.is_active and person.email:
        channels.send(Method.EMAIL, _message(payload, person))
    return lambda: None


def _message(payload: dict[str, Any], person: User) -> channels.Message:
    incident = Incident.objects.get(pk=payload["incident"])
    # What waits since before there was a path has none.
    path = payload.get("path") or reverse("incidents:detail", args=[incident.number])
    # Practice must look like the real thing but for this: nobody may file for it.
    before, said = ("Drill, ", "This is a drill. ") if incident.is_drill else ("", "")
    return channels.Message(
        key=payload["key"],
        address=person.email,
        secret="",
        thread=incident.codename,
        subject=f"[Andon] {before}{incident.codename}: {payload['subject']}",
        text=f"{said}{incident.codename}: {payload['said']}\n\n{settings.ENVIRONMENT.url}{path}\n",
        data={},
    )
