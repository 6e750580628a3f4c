"""Tell operators by e-mail that the daily test of a contact method failed."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.functions import Function
from accounts.models import User
from audit import clockwork
from notifications import channels, ways
from notifications.models import ContactTry, Method

SEND = "notifications.send_look_mail"


def tell_of_look(event: dict[str, Any]) -> None:
    """A daily test failed, where the one before it had not: whoever runs Andon is told."""
    operators = User.objects.filter(groups__name=Function.OPERATOR.value, is_active=True)
    for person in operators.exclude(email="").order_by("pk"):
        key = f"look-{event['try']}-{person.pk}"
        payload = {"key": key, "person": person.pk, "try": event["try"]}
        clockwork.schedule(SEND, key=key, payload=payload | {"lane": f"person-{person.pk}"})


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
