"""What becomes of an answer that was given at a service: it counts if we know who gave it.

The only module that writes Reply.
"""

import hashlib

from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from notifications import concerns, connecting, links, paging, reading, wording
from notifications.channels.pagerduty_words import Word
from notifications.models import Connection, Method, Page, Reply

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
    ident = hashlib.sha256(word.ident.encode()).hexdigest()
    escalation = pages[0].escalation
    # Written first: of two deliveries at once the second waits here, and finds the first's.
    reply, is_new = Reply.objects.get_or_create(
        connection=connection,
        ident=ident,
        defaults={
            "what": word.what,
            "outcome": Outcome.OVER,
            "remote": word.user,
            "escalation": escalation,
        },
    )
    if is_new:
        _answer(reply, pages, connecting.person_behind(connection, word.user))
    return reply


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
