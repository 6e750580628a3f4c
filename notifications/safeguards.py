"""Tell people by e-mail that something about their sign-in changed, so that a thief is noticed."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from audit import clockwork
from notifications import channels
from notifications.models import Method

SEND = "notifications.send_safeguard"

_SUBJECTS = {
    "changed": "Your second factor was changed",
    "recovery_code_used": "A recovery code of yours was used",
    "reset": "Your second factor was reset",
    "password": "Your password was changed",
    "address": "Your address was changed",
    "account": "Where you may sign in was changed",
}
_SAID = {
    "changed": "A second factor of your account was added, removed or made anew. Your other "
    "sessions have ended.",
    "recovery_code_used": "Somebody signed in, or confirmed who they are, with one of your "
    "recovery codes. It cannot be used again.",
    "reset": "An operator took away your second factors and recovery codes. All your sessions "
    "have ended.",
    "password": "The password of your account was changed. Your other sessions have ended.",
    "address": "The e-mail address of your account was changed. Your other sessions have ended.",
    "account": "An account elsewhere by which you may sign in was added or removed. Your other "
    "sessions have ended.",
}


def tell_of_factor(event: dict[str, Any]) -> None:
    """What allauth or an operator did to somebody's factors is known for good."""
    name = f"factor-{event['change']}"
    clockwork.schedule(
        SEND,
        key=name,
        payload={"key": name, "person": event["person"], "what": event["what"]},
    )


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
    what = payload["what"]
    url = f"{settings.ENVIRONMENT.url}{reverse('mfa_index')}"
    return channels.Message(
        key=payload["key"],
        address=person.email,
        secret="",
        thread=f"person:{person.pk}",
        subject=f"[Andon] {_SUBJECTS[what]}",
        text=f"{_SAID[what]}\n\nIf this was not you, tell whoever runs Andon at once.\n\n"
        f"Your second factor:\n{url}\n",
        data={},
    )
