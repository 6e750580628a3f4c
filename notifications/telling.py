"""Tell people what they subscribed to, by e-mail, if they may see it at the moment of sending."""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from audit import clockwork
from incidents import access
from incidents.access import Level
from incidents.models import Incident, Status, TimelineEntry
from notifications import channels, leaving, mailing
from notifications.models import News, Subscription
from programs import access as program_access
from programs.models import Program, State
from severity.ladder import Sev

SEND = "notifications.send_news"


def opened(event: dict[str, Any]) -> None:
    """An incident was reported."""
    _of_incident(event, News.OPENED)


def level_changed(event: dict[str, Any]) -> None:
    """Whoever hears of the graver of both levels hears that it fell as well."""
    was = event.get("was")
    if was is not None and was != event["level"]:
        graver = min(was, event["level"])
        _of_incident(event, News.LEVEL, level=graver, was=was, now=event["level"])


def updated(event: dict[str, Any]) -> None:
    """Somebody wrote an update."""
    _of_incident(event, News.UPDATE, audience=event["audience"])


def over(event: dict[str, Any]) -> None:
    """An incident ended."""
    _of_incident(event, News.CLOSED)


def program_moved(event: dict[str, Any], state: str) -> None:
    """A program stands still, or goes on. Drills, and the first start of one, are no news."""
    program = Program.objects.get(pk=event["program"])
    # An event of before it said so counts as one of a program that was started long ago.
    if program.is_drill or event.get("was") == State.APPROVED:
        return
    who = Q(program=program) | Q(program=None)
    _schedule(who, News.COLLECTION, priority=2, program=program.pk, state=state)


def _of_incident(event: dict[str, Any], what: News, **facts: Any) -> None:
    incident = Incident.objects.get(pk=event["incident"])
    if incident.is_drill:
        return
    facts = {"incident": incident.pk, "level": incident.counts_as} | facts
    who = Q(program=None, mildest__gte=facts["level"])
    if incident.program_id:
        who |= Q(program=incident.program_id, mildest__gte=facts["level"])
    if incident.restricted:
        # Few: of all others nothing is even planned. That they still may is asked at sending.
        who &= Q(person__in=access.viewers(incident).values("pk"))
    _schedule(who, what, priority=5, **facts)


def _schedule(who: Q, what: News, *, priority: int, **facts: Any) -> None:
    found = Subscription.objects.filter(
        who, ended_at=None, at_once=True, about__contains=[what.value], person__is_active=True
    )
    # One mail for a person, however many of theirs fit; the one for the program before the others.
    told = found.order_by("person", "program").distinct("person")
    wishes = []
    for subscription, person in told.values_list("pk", "person"):
        key = f"news-{uuid.uuid4().hex}"
        payload = {"key": key, "subscription": subscription, "what": what.value, **facts}
        payload["lane"] = f"news-{person}"
        wishes.append(clockwork.Wish(SEND, key, payload, priority=priority))
    clockwork.schedule_all(wishes)


def send(payload: dict[str, Any]) -> Callable[[], None]:
    """Send one mail, if its person still wants it and may see what it is about.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    subscription = Subscription.objects.select_related("person").get(pk=payload["subscription"])
    person, what = subscription.person, News(payload["what"])
    address = mailing.address_of(person)
    if not address or not _wants(subscription, what, payload):
        return lambda: None
    said = _of_a_program(payload, person) if "program" in payload else _said(what, payload, person)
    if said is None:
        return lambda: None
    return mailing.send(person, _message(payload, subscription, address, said))


def _wants(subscription: Subscription, what: News, payload: dict[str, Any]) -> bool:
    if subscription.ended_at or not subscription.at_once or what not in subscription.about:
        return False
    return "level" not in payload or payload["level"] <= subscription.mildest


# Of what a mail is: the thread, the words and where to read on.
_Said = tuple[str, str, str]


def _said(what: News, payload: dict[str, Any], person: User) -> _Said | None:
    incident = access.visible_to(person, named=True).filter(pk=payload["incident"]).first()
    if incident is None or not _for_them(payload, incident, person):
        return None
    level = Sev(payload.get("now", incident.counts_as)).label
    words = {
        News.OPENED: _("was opened, %(level)s"),
        News.LEVEL: _("is %(level)s now, it was %(was)s"),
        News.UPDATE: _("has an update, %(level)s"),
        News.CLOSED: _("is over: %(status)s"),
    }[what]
    facts = {"level": level, "status": str(Status(incident.status).label).lower()}
    facts["was"] = Sev(payload["was"]).label if "was" in payload else ""
    # The codename alone: mail is read by others.
    path = reverse("incidents:detail", args=[incident.number])
    return incident.codename, f"{incident.codename} {words % facts}", path


def _for_them(payload: dict[str, Any], incident: Incident, person: User) -> bool:
    if payload.get("audience") != TimelineEntry.Audience.RESPONDERS:
        return True
    return access.may(person, Level.CONTRIBUTE, incident)


def _of_a_program(payload: dict[str, Any], person: User) -> _Said | None:
    program = program_access.visible_to(person).filter(pk=payload["program"]).first()
    if program is None:
        return None
    words = {
        "paused": _("%(name)s is paused: nothing is collected"),
        "resuming": _("%(name)s goes on, step by step"),
        "collecting": _("%(name)s goes on"),
    }[payload["state"]]
    path = reverse("programs:detail", args=[program.slug])
    return f"program:{program.pk}", words % {"name": program.name}, path


def _message(
    payload: dict[str, Any], subscription: Subscription, address: str, said: _Said
) -> channels.Message:
    thread, words, path = said
    base = settings.ENVIRONMENT.url
    leave = f"{base}{reverse('unsubscribe', args=[leaving.from_subscription(subscription)])}"
    why = _("You get this because you subscribed to it. Change it, or end it with one click:")
    mine = f"{base}{reverse('subscriptions')}"
    return channels.Message(
        key=payload["key"],
        address=address,
        secret="",
        thread=thread,
        subject=f"[Andon] {words}",
        text=f"{words}.\n\n{base}{path}\n\n{why}\n{mine}\n{leave}\n",
        data={},
        unsubscribe=leave,
    )
