"""Invite people by a link that works once, for a while, and only until they chose a password."""

from collections.abc import Callable
from typing import Any

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.models import User
from audit import clockwork
from notifications import channels
from notifications.models import Method

SEND = "notifications.send_invitation"


def tell_of_invitation(event: dict[str, Any]) -> None:
    """Somebody was added who has no password yet, or is asked again."""
    name = f"invitation-{event['invitation']}"
    clockwork.schedule(SEND, key=name, payload={"key": name, "person": event["person"]})


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one invitation; nothing to whoever has a password by now.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])
    if person.is_active and not person.has_usable_password():
        channels.send(Method.EMAIL, _message(payload["key"], person))
    return lambda: None


def _message(key: str, person: User) -> channels.Message:
    # Made only now, and kept nowhere: what waits to be sent holds no link that opens anything.
    given = {
        "uidb36": user_pk_to_url_str(person),
        "key": PASSWORD_RESET_TOKEN_GENERATOR().make_token(person),
    }
    url = f"{settings.ENVIRONMENT.url}{reverse('account_reset_password_from_key', kwargs=given)}"
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    return channels.Message(
        key=key,
        address=person.email,
        secret="",
        thread=f"person:{person.pk}",
        subject="[Andon] You are invited",
        text="You are invited to Andon, where exposures of data are reported and handled.\n\n"
        f"Your user name is {person.username}. Choose a password of at least 15 characters:\n"
        f"{url}\n\nThe link works once, within {hours} hours. If it is over, ask for another.\n",
        data={},
    )
