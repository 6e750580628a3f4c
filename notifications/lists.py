"""Remind whoever runs a program to send a list of readers that is overdue, by e-mail, once a day.

Operators, where no mail reaches its owner. No answer is asked for: the list itself is the answer.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from audit import clockwork
from notifications import channels, mailing, ways
from programs.models import WatchSource
from programs.watch import awaiting

SEND = "notifications.send_list_reminder"


def tell_of_list(event: dict[str, Any]) -> None:
    """A list is overdue; this is told once a day until it is sent."""
    source = WatchSource.objects.select_related("dataset__program__owner").get(pk=event["source"])
    owner = source.dataset.program.owner
    for person in [owner] if mailing.address_of(owner) else mailing.operators():
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
    if mailing.address_of(person) and awaiting.overdue_since(source):
        return mailing.send(person, _message(payload, person, source))
    return lambda: None


def _message(payload: dict[str, Any], person: User, source: WatchSource) -> channels.Message:
    dataset = source.dataset
    path = reverse("programs:source", args=[dataset.program.slug, dataset.slug, source.pk])
    facts = {
        "program": dataset.program.name,
        "dataset": dataset.name,
        "source": source.name,
        "due": _in_words(datetime.fromisoformat(payload["due_at"]), person),
        "url": f"{settings.ENVIRONMENT.url}{path}",
    }
    subject = _("%(program)s: a new list of readers of %(dataset)s is due") % facts
    text = _(
        "A new list of who may read %(dataset)s (%(source)s) was due on %(due)s. Until it is sent"
        " nobody knows who can read it now, and it counts nowhere as clean.\n\n"
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


def _in_words(moment: datetime, person: User) -> str:
    there = moment.astimezone(ways.zone_of(person))
    return f"{there:%a %d %b %Y %H:%M %Z} ({moment.astimezone(UTC):%d %b %H:%M} UTC)"
