"""Send pages and note each attempt. The only writer of PageAttempt, and of what a Page became."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit import clockwork
from audit.kinds import Convoy
from notifications import channels, concerns, crowding, queueing, vault, wording, working
from notifications.models import Page, PageAttempt
from notifications.queueing import SEND as SEND

ELSEWHERE = "notifications.page_elsewhere"
_UNSENT = (Page.State.PENDING, Page.State.SENDING)
# Of an incident nothing of these is said outside.
_UNSAID = ("title", "detail", "aware_rationale")
# Two rows each, in one statement: thousands of pages may be due in one minute.
_BEGIN = """
    WITH begun AS (
        UPDATE notifications_page SET state = %s, attempts = attempts + 1 WHERE id = ANY(%s)
        RETURNING id, attempts, person_id
    )
    INSERT INTO notifications_pageattempt (page_id, number, started_at, answer, counts_for_id)
    SELECT id, attempts, %s::timestamptz, '', CASE WHEN id = ANY(%s) THEN person_id END FROM begun
    RETURNING page_id, id
"""
_SENT = """
    WITH said AS (
        SELECT * FROM json_to_recordset(%s::json)
            AS said (page bigint, attempt bigint, answer text, remote text)
    ), free AS (
        SELECT id FROM notifications_page WHERE id IN (SELECT page FROM said)
           FOR NO KEY UPDATE {}
    ), ended AS (
        UPDATE notifications_pageattempt AS tried SET ended_at = %s::timestamptz,
               answer = said.answer
          FROM said JOIN free ON free.id = said.page WHERE tried.id = said.attempt
        RETURNING page_id, ended_at, said.answer, said.remote
    )
    UPDATE notifications_page AS page SET state = %s, sent_at = ended.ended_at,
           answer = ended.answer, remote = ended.remote
      FROM ended WHERE page.id = ended.page_id RETURNING page.id
"""


def send_page(page_pk: int) -> Callable[[], None]:
    """Try to send a page; return what to write when it was sent, or will never be.

    Raises:
        channels.NotSent, vault.Unreadable: if it did not leave; it is tried again later.
    """
    page, attempt = _begin(page_pk)
    if attempt is None:
        return lambda: None
    return _came_of(page, attempt, lambda: channels.send(page.method, wording.message(page)))


def _came_of(page: Page, attempt: PageAttempt, call: Callable[[], str]) -> Callable[[], None]:
    try:
        answer = call()
    except channels.Bounced as error:
        said = str(error)
        return lambda: _bounced(page, attempt, said)
    except Exception as error:
        known = isinstance(error, channels.NotSent | vault.Unreadable)
        # Of anything else the class only: what a channel did not foresee may quote the message.
        _note(attempt, str(error) if known else type(error).__name__)
        working.failed(page.contact or page.room, attempt.answer)
        raise
    return lambda: _sent(page, attempt, answer)


@transaction.atomic
def _begin(page_pk: int) -> tuple[Page, PageAttempt | None]:
    # What is joined may be as old as the wait for the page; nothing here is decided by it.
    page = _all_of_it().select_for_update(of=("self",)).get(pk=page_pk)
    if page.state not in _UNSENT:
        return page, None
    until = crowding.until(page)
    if until:
        _delay(page, until)
        return page, None
    return page, _begun(page)[0]


def _all_of_it() -> QuerySet[Page]:
    """Pages with what their words are made of; the long texts of an incident are none of it."""
    joined = ("escalation__incident", "person", "contact", "room")
    return Page.objects.select_related(*joined).defer(
        "escalation__snapshot", *(f"escalation__incident__{name}" for name in _UNSAID)
    )


def _begun(*pages: Page) -> list[PageAttempt]:
    now = timezone.now()
    every, counted = (
        [page.pk for page in some] for some in (pages, filter(crowding.counts, pages))
    )
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [Page.State.SENDING, every, now, counted])
        keys = dict(cursor.fetchall())
    for page in pages:
        page.state = Page.State.SENDING
        page.attempts += 1
    return [
        PageAttempt(pk=keys[page.pk], page=page, number=page.attempts, started_at=now)
        for page in pages
    ]


def _delay(page: Page, until: datetime) -> None:
    page.held_until = until
    page.save(update_fields=["held_until"])
    clockwork.schedule(
        SEND,
        key=f"page:{page.escalation_id}:{page.pk}:{until:%H%M%S%f}",
        payload=queueing.named(page),
        due_at=until,
        priority=page.escalation.level,
    )


def _note(attempt: PageAttempt, answer: str) -> None:
    attempt.ended_at = timezone.now()
    attempt.answer = answer[:200]
    attempt.save(update_fields=["ended_at", "answer"])


def _sent(page: Page, attempt: PageAttempt, answer: str) -> None:
    _write_sent([(page, attempt, answer)])


def _write_sent(sent: Sequence[tuple[Page, PageAttempt, str]], *, how: str = "") -> set[int]:
    """Note that pages were sent; return their keys, less those that somebody holds."""
    said = [
        {
            "page": page.pk,
            "attempt": attempt.pk,
            "answer": answer[:200],
            "remote": getattr(answer, "remote", ""),
        }
        for page, attempt, answer in sent
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SENT.format(how), [json.dumps(said), timezone.now(), Page.State.SENT])
        written = {pk for (pk,) in cursor.fetchall()}
    working.succeeded(
        *(page.contact or page.room for page, _attempt, _answer in sent if page.pk in written)
    )
    return written


# --- Many at once


@dataclass(frozen=True)
class _Sending:
    """A page whose attempt was noted, and how it is made."""

    page: Page
    attempt: PageAttempt
    call: Callable[[], str]

    def came_of(self, call: Callable[[], str]) -> Callable[[], None]:
        return _came_of(self.page, self.attempt, call)


def _begin_all(payloads: Sequence[dict[str, Any]]) -> list[_Sending | None]:
    keys = [payload["page"] for payload in payloads]
    with transaction.atomic():
        wanted = _all_of_it().select_for_update(of=("self",), skip_locked=True)
        wanted = wanted.filter(pk__in=keys, state__in=_UNSENT)
        pages = crowding.with_room(_in_turn(wanted.order_by("pk")))
        attempts = _begun(*pages) if pages else []
    begun = {
        page.pk: _Sending(page, attempt, _ready(page))
        for page, attempt in zip(pages, attempts, strict=True)
    }
    return [begun.pop(key, None) for key in keys]


def _in_turn(pages: Iterable[Page]) -> list[Page]:
    """Return pages less those whose word about a page must come behind another about the same."""
    first: dict[int, Page] = {}
    return [
        page
        for page in pages
        if page.about_id is None or first.setdefault(page.about_id, page) is page
    ]


def _ready(page: Page) -> Callable[[], str]:
    """Word a page here, where the database may be asked; return what sends it."""
    try:
        words = wording.message(page)
    except Exception as error:  # noqa: BLE001 - raised where it is waited for, as the call's own
        return partial(_fail, error)
    return partial(channels.send, page.method, words)


def _fail(error: Exception) -> str:
    raise error


def _write_all(sent: Sequence[tuple[_Sending, str]]) -> list[bool]:
    every = [(each.page, each.attempt, answer) for each, answer in sent]
    written = _write_sent(every, how="SKIP LOCKED")
    return [each.page.pk in written for each, _answer in sent]


CONVOY = Convoy(_begin_all, _write_all)


def _bounced(page: Page, attempt: PageAttempt, answer: str) -> None:
    _note(attempt, answer)
    working.failed(page.contact or page.room, answer)
    _failed(page, answer)
    if page.person is None:
        return
    working.bounced(page.person, page.contact)
    # Of its own: a page is made under the locks of what it is about, and these come first.
    clockwork.schedule(
        ELSEWHERE,
        key=f"page:{page.escalation_id}:{page.pk}:elsewhere",
        payload={"page": page.pk},
        priority=page.escalation.level,
    )


def _failed(page: Page, answer: str) -> None:
    page.state = Page.State.FAILED
    page.answer = answer[:200]
    page.save(update_fields=["state", "answer"])
    concerns.of(page.escalation).tell(_why_told(page))


def _why_told(page: Page) -> str:
    after = f"after {page.attempts} attempts"
    if page.about_id is None:
        return f"{page.to} could not be paged by {page.method} {after}."
    what = "somebody answered" if page.purpose == Page.Purpose.ACK else "it is over"
    return f"{page.get_method_display()} of {page.to} could not be told that {what} {after}."


def give_up_page(page_pk: int) -> None:
    """Note that a page could not be sent at all, where people see it."""
    page = Page.objects.select_related("person", "room", "escalation").get(pk=page_pk)
    _failed(page, page.tries.order_by("-number").values_list("answer", flat=True).first() or "")


def take_up_again(page_pk: int) -> None:
    """Let a page that could not be sent be tried anew."""
    Page.objects.filter(pk=page_pk, state=Page.State.FAILED).update(state=Page.State.PENDING)
