"""Tell operators by e-mail that the daily test of a contact method, room or service failed."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from audit import clockwork
from notifications import channels, mailing, ways
from notifications.models import ContactTry, Method

SEND, SEND_OF_PLACE = "notifications.send_look_mail", "notifications.send_place_mail"


def tell_of_look(event: dict[str, Any]) -> None:
    """A daily test failed, where the one before it had not: whoever runs Andon is told."""
    for person in mailing.operators():
        key = f"look-{event['try']}-{person.pk}"
        payload = {"key": key, "person": person.pk, "try": event["try"]}
        clockwork.schedule(SEND, key=key, payload=payload | {"lane": f"person-{person.pk}"})


def tell_of_place(key: str, *, what: str, where: str, answer: str, path: str) -> None:
    """The daily test of a room or a service failed: whoever runs Andon is told, once for each key.

    Args:
        what: which one, as the beginning of a sentence.
        where: by which way it is told, and a hint of the address.
        path: of its page.
    """
    said = {"what": what, "where": where, "answer": answer, "path": path}
    for person in mailing.operators():
        mine = {"key": f"{key}-{person.pk}", "person": person.pk, "lane": f"person-{person.pk}"}
        clockwork.schedule(SEND_OF_PLACE, key=f"place-{key}-{person.pk}", payload=said | mine)


def send_of_place(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one mail about a room or a service.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])
    if not person.is_active or not person.email:
        return lambda: None
    url = f"{settings.ENVIRONMENT.url}{payload['path']}"
    what, where, answer = payload["what"], payload["where"], payload["answer"]
    message = channels.Message(
        key=f"place-{payload['key']}",
        address=person.email,
        secret="",
        thread="places",
        subject=f"[Andon] {what} may not be told",
        text=f"{what} ({where}) did not pass its daily test: {answer}\n\nSee to it:\n{url}\n",
        data={},
    )
    return mailing.send(person, message)


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one mail.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])
    if person.is_active and person.email:
        channels.send(Method.EMAIL, _message(payload, person))
    return lambda: None


def _message(payload: dict[str, Any], person: User) -> channels.Message:
    look = ContactTry.objects.select_related("contact__person").get(pk=payload["try"])
    whose = look.contact.person
    how = f"{look.contact.get_method_display()} {look.contact.hint}"
    if ways.is_sure(whose):
        left = "Other verified ways to them are left."
    else:
        left = "No verified way to them is left: a page may not reach them."
    url = f"{settings.ENVIRONMENT.url}{reverse('deliveries')}"
    return channels.Message(
        key=payload["key"],
        address=person.email,
        secret="",
        thread="contact-looks",
        subject=f"[Andon] {whose.name} may not be reached",
        text=f"The daily test of {how} of {whose.name} failed: {look.answer}\n\n{left}\n\n"
        f"Who may not be reached:\n{url}\n",
        data={},
    )
