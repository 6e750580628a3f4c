"""What may be said outside: a codename, a level, which stop is silent, and where to read on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from incidents.models import Incident
from notifications import links, workspaces
from notifications.channels import Message
from notifications.models import Escalation, Method, Page
from programs import silence, stops
from programs.models import StopOrder


@dataclass(frozen=True)
class _Words:
    thread: str
    subject: str
    lines: list[str]
    url: str
    open_it: str
    data: dict[str, Any]


@dataclass(frozen=True)
class _Asked:
    """What the reader is to do, and what follows if they do not."""

    subject: str = "please acknowledge"
    answer: str = "I am on it (acknowledge)"
    follows: str = "The next step of the escalation follows until somebody acknowledges."


_ASKED = {
    Page.Purpose.STILL: _Asked(
        "are you still on it?",
        "I am still on it",
        "You acknowledged and were quiet since. Without a sign of you the paging begins again.",
    ),
    Page.Purpose.OFFER: _Asked(
        "please take over",
        "I take over",
        "It is handed over to you. Unless you take it, the paging begins again.",
    ),
}


def message(page: Page) -> Message:
    """Return what is sent for a page: nothing that its reader would have to be let in for.

    Raises:
        vault.Unreadable: if the address or the secret cannot be opened.
    """
    if page.about:
        return _news(page, page.about)
    escalation = page.escalation
    words = _of(escalation)
    asked = _ASKED.get(Page.Purpose(page.purpose), _Asked())
    is_mail = page.method == Method.EMAIL
    subject = f"[Andon] {words.subject}: {asked.subject}"
    acts, data = [], words.data | {"url": words.url}
    if page.person:
        # It acts for that person, so it stands where nobody else reads.
        acts = [(asked.answer, links.acknowledge_url(page))]
        data |= {"acknowledge_url": acts[0][1]}
    buttons = [*acts, (words.open_it, words.url)]
    asks = [f"{label}:\n{url}" for label, url in buttons]
    return Message(
        key=page.key,
        address=_address(page),
        secret=workspaces.secret_for(page.method, page.contact or page.room),
        thread=words.thread,
        subject=subject,
        text="\n\n".join((*words.lines, *asks, f"{asked.follows}\n")),
        data=data,
        html=_html(subject, words.lines, buttons, after=asked.follows) if is_mail else "",
        first_key=_first_key(page) if is_mail else "",
        lines=(*words.lines, asked.follows),
        buttons=tuple(buttons),
        run=_run(page, page),
        level=escalation.level,
        answer=asked.answer,
        under=_first_in_room(page),
    )


def _address(page: Page) -> str:
    place = page.contact or page.room
    if place:
        return place.address
    assert page.person
    return page.person.email


def _of(escalation: Escalation) -> _Words:
    if escalation.incident:
        return _of_incident(escalation.incident)
    assert escalation.order
    return _of_stop(escalation.order)


_NEWS = {
    Page.Purpose.ACK: ("answered", ""),
    Page.Purpose.OVER: ("over", "There is nothing to answer any more."),
}


def _news(page: Page, about: Page) -> Message:
    """What is told of a page that was sent before."""
    words = _of(page.escalation)
    kind, said = _NEWS[Page.Purpose(page.purpose)]
    if kind == "answered":
        said = f"{_who_answered(page)} The paging has stopped."
    return Message(
        key=page.key,
        address=_address(page),
        secret=workspaces.secret_for(page.method, page.contact or page.room),
        thread=words.thread,
        subject=f"[Andon] {words.subject}: {kind}",
        text=f"{said}\n",
        data={"url": words.url},
        kind=kind,
        lines=(said,),
        buttons=((words.open_it, words.url),),
        run=_run(page, about),
        level=page.escalation.level,
        remote=about.remote,
    )


def _who_answered(page: Page) -> str:
    """Who did is said in the house's own workspace, where others would look into it too."""
    by = page.escalation.acknowledged_by
    if by and page.room and page.method == Method.SLACKBOT:
        return f"Acknowledged by {by.name}."
    return "Somebody is on it."


def _html(
    subject: str, lines: Sequence[str], buttons: Sequence[tuple[str, str]], *, after: str
) -> str:
    context = {"message": {"subject": subject}, "lines": lines, "buttons": buttons, "after": after}
    return render_to_string("notifications/mail.html", context)


def _run(page: Page, about: Page) -> str:
    # Asked for where alerts are counted alone: it costs a question of the database.
    return run_key(about) if page.method == Method.PAGERDUTY else ""


def run_key(page: Page) -> str:
    """What the pages of one run share until somebody answers, for those who count alerts by it.

    Once an answer was taken back it is another: where the first was answered, nobody would hear of
    a repeat. What one person alone is asked has a key of its own for the same reason.
    """
    host = urlsplit(settings.ENVIRONMENT.url).netloc
    about = f"andon:{host}:escalation-{page.escalation_id}"
    if page.purpose != Page.Purpose.STEP:
        return f"{about}:page-{page.pk}"
    answers = page.escalation.history.filter(acknowledged_at__lt=page.created_at)
    return f"{about}:{answers.values('acknowledged_at').distinct().count()}"


def _first_key(page: Page) -> str:
    """The key of the first mail about the same thing that its person got."""
    mails = _about_the_same(page).filter(person=page.person_id, method=Method.EMAIL)
    return mails.order_by("pk").values_list("key", flat=True).first() or ""


def _first_in_room(page: Page) -> str:
    """How Slack names the first message of its bot in that room about the same thing."""
    if page.room is None or page.method != Method.SLACKBOT:
        return ""
    there = _about_the_same(page).filter(room=page.room, about=None)
    # A thread is one of its channel, and the room may be in another one by now.
    there = there.filter(remote__startswith=f"{page.room.address}:")
    return there.order_by("pk").values_list("remote", flat=True).first() or ""


def _about_the_same(page: Page) -> QuerySet[Page]:
    about = page.escalation
    sent = Page.objects.filter(sent_at__isnull=False)
    if about.incident_id:
        return sent.filter(escalation__incident=about.incident_id)
    return sent.filter(escalation__order=about.order_id)


def _of_incident(incident: Incident) -> _Words:
    undetermined = "undetermined severity, counts as " if incident.sev is None else ""
    level = f"{undetermined}{incident.level.label}"
    said = f"{incident.codename} is {level}, reported {incident.reported_at:%Y-%m-%d %H:%M} UTC."
    return _Words(
        thread=incident.codename,
        subject=f"{'Drill, ' if incident.is_drill else ''}{level} {incident.codename}",
        lines=[f"{'This is a drill. ' if incident.is_drill else ''}{said}"],
        url=_absolute("incidents:detail", incident.number),
        open_it="Open the incident",
        data={
            "codename": incident.codename,
            "level": level,
            "reported_at": incident.reported_at.isoformat(),
            "drill": incident.is_drill,
        },
    )


def _of_stop(order: StopOrder) -> _Words:
    program, drill = order.program, stops.is_drill(order)
    found = silence.about(order)
    what = "is violated" if found.violating else "has not been answered by all"
    said = f"The stop of {program.name}, ordered {order.ordered_at:%Y-%m-%d %H:%M:%S} UTC, {what}."
    return _Words(
        thread=f"stop:{order.pk}",
        subject=f"{'Drill, ' if drill else ''}The stop of {program.slug} {what}",
        lines=[f"{'This is a drill. ' if drill else ''}{said}", *found.sentences()],
        url=_absolute("programs:stop", program.slug, order.generation),
        open_it="Open the stop",
        data={
            "program": program.slug,
            "generation": order.generation,
            "violating": list(found.violating),
            "silent_collectors": list(found.collectors),
            "silent_systems": list(found.systems),
            "drill": drill,
        },
    )


def _absolute(name: str, *args: Any) -> str:
    return settings.ENVIRONMENT.url + reverse(name, args=args)
