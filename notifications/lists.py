"""Remind whoever runs a program to send a list of readers that is overdue, by e-mail, once a day.

No answer is asked for: the list itself is the answer.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from audit import clockwork
from notifications import channels
from notifications.models import Method
from programs.models import WatchSource
from programs.watch import awaiting

SEND = "notifications.send_list_reminder"


def tell_of_list(event: dict[str, Any]) -> None:
    """A list is overdue; this is told once a day until it is sent."""
    source = WatchSource.objects.select_related("dataset__program__owner").get(pk=event["source"])
    person = source.dataset.program.owner
    key = f"list-overdue-{source.pk}-{event['due_at']}-{event['days']}-{person.pk}"
    payload = {"key": key, "person": person.pk, "source": source.pk, "due_at": event["due_at"]}
    clockwork.schedule(SEND, key=key, payload=payload)


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one reminder by e-mail.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    person = User.objects.get(pk=payload["person"])
    source = WatchSource.objects.select_related("dataset__program").get(pk=payload["source"])
    # It may have been sent while this waited for its turn.
    if person.is_active and person.email and awaiting.overdue_since(source):
        channels.send(Method.EMAIL, _message(payload, person, source))
    return lambda: None


def _message(payload: dict[str, Any], person: User, source: WatchSource) -> channels.Message:
    dataset = source.dataset
    path = reverse("programs:source", args=[dataset.program.slug, dataset.slug, source.pk])
    facts = {
        "program": dataset.program.name,
        "dataset": dataset.name,
        "source": source.name,
        "due": f"{datetime.fromisoformat(payload['due_at']):%Y-%m-%d %H:%M} UTC",
        "url": f"{settings.ENVIRONMENT.url}{path}",
    }
    subject = _("%(program)s: send who may read %(dataset)s, %(source)s") % facts
    text = _(
        "Who may read %(dataset)s according to %(source)s was to be sent by %(due)s. Nobody knows"
        " who can read it now, and nothing of it is called clean until the list is sent.\n\n"
        "Send it here:\n%(url)s\n"
    )
    return channels.Message(
        key=payload["key"],
        address=person.email,
        secret="",
        thread=f"list:{source.pk}",
        subject=f"[Andon] {subject}",
        text=text % facts,
        data={},
    )
