"""Send pages and note each attempt. The only writer of PageAttempt, and of what a Page became."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit import clockwork
from notifications import channels, concerns, vault, wording, working
from notifications.models import Page, PageAttempt
from notifications.queueing import SEND as SEND
from notifications.ways import LOUD

ELSEWHERE = "notifications.page_elsewhere"
A_MINUTE = timedelta(minutes=1)
# Of an incident nothing of these is said outside.
_UNSAID = ("title", "detail", "aware_rationale")
# Two rows each, in one statement: thousands of pages may be due in one minute.
_BEGIN = """
    WITH begun AS (
        UPDATE notifications_page SET state = %s, attempts = %s WHERE id = %s
        RETURNING id, attempts
    )
    INSERT INTO notifications_pageattempt (page_id, number, started_at, answer)
    SELECT id, attempts, %s::timestamptz, '' FROM begun RETURNING id
"""
_SENT = """
    WITH ended AS (
        UPDATE notifications_pageattempt SET ended_at = %s::timestamptz, answer = %s WHERE id = %s
        RETURNING page_id, ended_at, answer
    )
    UPDATE notifications_page SET state = %s, sent_at = ended.ended_at, answer = ended.answer,
           remote = %s
      FROM ended WHERE id = %s AND id = ended.page_id
"""


def send_page(page_pk: int) -> Callable[[], None]:
    """Try to send a page; return what to write when it was sent, or will never be.

    Raises:
        channels.NotSent, vault.Unreadable: if it did not leave; it is tried again later.
    """
    page, attempt = _begin(page_pk)
    if attempt is None:
        return lambda: None
    try:
        answer = channels.send(page.method, wording.message(page))
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
    if page.state not in (Page.State.PENDING, Page.State.SENDING):
        return page, None
    until = _too_many_until(page)
    if until:
        _delay(page, until)
        return page, None
    return page, _begun(page)


def _all_of_it() -> QuerySet[Page]:
    """Pages with what their words are made of; the long texts of an incident are none of it."""
    joined = ("escalation__incident", "person", "contact", "room")
    return Page.objects.select_related(*joined).defer(
        "escalation__snapshot", *(f"escalation__incident__{name}" for name in _UNSAID)
    )


def _begun(page: Page) -> PageAttempt:
    page.state = Page.State.SENDING
    page.attempts += 1
    attempt = PageAttempt(page=page, number=page.attempts)
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [page.state, page.attempts, page.pk, attempt.started_at])
        (attempt.pk,) = cursor.fetchone()
    return attempt


def _too_many_until(page: Page) -> datetime | None:
    """When there is room for this page again, if its person was paged too often in a minute."""
    is_first = not (page.attempts or page.about_id)
    if page.escalation.level <= LOUD or not is_first or page.person_id is None:
        return None
    # Two engines that count at once would both find room.
    User.objects.select_for_update(no_key=True).values("pk").get(pk=page.person_id)
    most = most_a_minute()
    begun = PageAttempt.objects.filter(
        page__person=page.person_id,
        number=1,
        page__about=None,
        page__escalation__level__gt=LOUD,
        started_at__gt=timezone.now() - A_MINUTE,
    )
    newest = begun.order_by("-started_at").values_list("started_at", flat=True)
    last = next(iter(newest[most - 1 : most]), None)
    return last + A_MINUTE if last else None


def most_a_minute() -> int:
    """Return how many pages a minute one person gets, of SEV 2 and milder."""
    most: int = settings.ENVIRONMENT.pages_per_minute
    return most


def _delay(page: Page, until: datetime) -> None:
    page.held_until = until
    page.save(update_fields=["held_until"])
    clockwork.schedule(
        SEND,
        key=f"page:{page.escalation_id}:{page.pk}:{until:%H%M%S%f}",
        payload={"page": page.pk, "lane": page.lane},
        due_at=until,
        priority=page.escalation.level,
    )


def _note(attempt: PageAttempt, answer: str) -> None:
    attempt.ended_at = timezone.now()
    attempt.answer = answer[:200]
    attempt.save(update_fields=["ended_at", "answer"])


def _sent(page: Page, attempt: PageAttempt, answer: str) -> None:
    said, remote = answer[:200], getattr(answer, "remote", "")
    with connection.cursor() as cursor:
        cursor.execute(_SENT, [timezone.now(), said, attempt.pk, Page.State.SENT, remote, page.pk])
    working.succeeded(page.contact or page.room)


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
    """Let a page that could not be sent be tried anew, unless its escalation is over."""
    Page.objects.filter(pk=page_pk, state=Page.State.FAILED).update(state=Page.State.PENDING)
