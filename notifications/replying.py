"""What becomes of an answer that was given at a service: it counts if we know who gave it.

The only module that writes Reply.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork
from notifications import (
    concerns,
    connecting,
    links,
    paging,
    reading,
    vault,
    wording,
    workspaces,
)
from notifications.channels import NotSent, posting, slackbot
from notifications.channels.pagerduty_words import Word
from notifications.channels.slack_words import Press
from notifications.models import Connection, Method, Page, Reply

BACK = "notifications.tell_back"
Outcome = Reply.Outcome


@transaction.atomic
def take_word(connection: Connection, word: Word) -> Reply | None:
    """Let what PagerDuty says of an alert count, or say why not. The same again changes nothing.

    Returns:
        What was noted of it; None if it concerns no page of ours.
    """
    pages = _pages_of(word.alert) if word.what else []
    if not pages:
        return None
    reply, is_new = _noted(connection, word.ident, pages[0], what=word.what, remote=word.user)
    if is_new:
        _answer(reply, pages, connecting.person_behind(connection, word.user))
    return reply


@transaction.atomic
def take_press(connection: Connection, press: Press) -> Reply | None:
    """Let the press of a button in Slack count, or say why not. The same again changes nothing.

    Returns:
        What was noted of it; None if it concerns no page of ours.
    """
    if press.action != slackbot.ANSWER or not press.team or press.team != connection.team:
        return None
    pages = Page.objects.filter(key=press.page, method=Method.SLACKBOT, about=None)
    page = pages.select_related("person", "escalation__incident", "escalation__order__program")
    first = page.first()
    if first is None:
        return None
    reply, is_new = _noted(
        connection, press.ident, first, what=Reply.What.ACKNOWLEDGED, remote=press.user
    )
    if is_new:
        _answer(reply, [first], workspaces.person_behind(connection, press.user))
        _tell_back(reply, press.reply_url)
    return reply


def _tell_back(reply: Reply, url: str) -> None:
    if not url:
        return
    reply.sealed_reply_url = vault.seal(url)
    reply.save(update_fields=["sealed_reply_url"])
    clockwork.schedule(BACK, key=f"reply:{reply.pk}", payload={"reply": reply.pk, "lane": "slack"})


_SAID = {
    Outcome.ANSWERED: "You are on it. The paging has stopped.",
    Outcome.UNKNOWN: (
        "This is no answer: Andon does not know who you are here. Open the link in the message, "
        "and add Slack on your profile, under How you are reached."
    ),
    Outcome.OUTSIDE: "This is no answer: you take no part in it.",
    Outcome.OVER: "There is nothing to answer any more.",
}


def tell_back(payload: dict[str, Any]) -> Callable[[], None]:
    """Tell whoever pressed a button what became of it; return what to write.

    Raises:
        NotSent, vault.Unreadable: if Slack did not take it; it is tried again.
    """
    reply = Reply.objects.get(pk=payload["reply"])
    url = vault.unseal(reply.sealed_reply_url)
    if url:
        said = _SAID[Outcome(reply.outcome)]
        body = {"response_type": "ephemeral", "replace_original": False, "text": said}
        answer = posting.post(url, body)
        if not answer.is_good or answer.data.get("ok") is False:
            raise NotSent(f"Slack {answer.refused(answer.data.get('error'))}")
    return lambda: forget(payload)


def forget(payload: dict[str, Any]) -> None:
    """Forget where whoever it was could be told; it is good for half an hour."""
    Reply.objects.filter(pk=payload["reply"]).update(sealed_reply_url="")


def _noted(
    connection: Connection, ident: str, page: Page, *, what: str, remote: str
) -> tuple[Reply, bool]:
    # Written first: of two deliveries at once the second waits here, and finds the first's.
    return Reply.objects.get_or_create(
        connection=connection,
        ident=hashlib.sha256(ident.encode()).hexdigest(),
        defaults={
            "what": what,
            "outcome": Outcome.OVER,
            "remote": remote,
            "escalation": page.escalation,
        },
    )


def _pages_of(alert: str) -> list[Page]:
    """The pages behind a `dedup_key`, as wording.run_key makes it."""
    _about, _colon, rest = alert.partition(":escalation-")
    number = rest.partition(":")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return []
    pages = Page.objects.filter(escalation=int(number), method=Method.PAGERDUTY, about=None)
    found = pages.select_related("person", "escalation__incident", "escalation__order__program")
    return [page for page in found.order_by("pk") if wording.run_key(page) == alert]


def _answer(reply: Reply, pages: list[Page], person: User | None) -> None:
    # Their own page, if they have one: it says whether they are asked to take over.
    page = next((each for each in pages if each.person == person), pages[0])
    reply.person, reply.outcome = person, _outcome(page, person, reply)
    reply.save(update_fields=["person", "outcome"])
    if reply.outcome in (Outcome.UNKNOWN, Outcome.OUTSIDE):
        concerns.of(page.escalation).tell(_why_not(reply))


def _outcome(page: Page, person: User | None, reply: Reply) -> Outcome:
    if reading.why_over(page):
        return Outcome.OVER
    if person is None:
        return Outcome.UNKNOWN
    if not links.may_answer(person, page.escalation):
        return Outcome.OUTSIDE
    by = Actor.person(person, via=reply.connection.kind)
    return Outcome.ANSWERED if paging.answer_page(page, actor=by) else Outcome.OVER


def _why_not(reply: Reply) -> str:
    where = f"{reply.get_what_display()} in {reply.connection.get_kind_display()}"
    if reply.outcome == Outcome.OUTSIDE:
        assert reply.person
        who = f"{reply.person.name}, who takes no part here"
    else:
        who = f"someone unknown to Andon ({reply.remote})" if reply.remote else "no person"
    return f"{where} by {who}. It does not count as an answer: the paging goes on."
