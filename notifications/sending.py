"""Send pages and note each attempt. The only writer of PageAttempt, and of what a Page became."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from notifications import channels, concerns, vault, wording
from notifications.models import Page, PageAttempt


def send_page(page_pk: int) -> Callable[[], None]:
    """Try to send a page; return what to write when it was sent.

    Raises:
        channels.NotSent, vault.Unreadable: if it did not leave; it is tried again later.
    """
    page, attempt = _begin(page_pk)
    if attempt is None:
        return lambda: None
    try:
        answer = channels.send(page.method, wording.message(page))
    except (channels.NotSent, vault.Unreadable) as error:
        _note(attempt, str(error))
        raise
    return lambda: _sent(page, attempt, answer)


@transaction.atomic
def _begin(page_pk: int) -> tuple[Page, PageAttempt | None]:
    page = Page.objects.select_for_update().get(pk=page_pk)
    if page.state not in (Page.State.PENDING, Page.State.SENDING):
        return page, None
    page.state = Page.State.SENDING
    page.attempts += 1
    page.save(update_fields=["state", "attempts"])
    return page, PageAttempt.objects.create(page=page, number=page.attempts)


def _note(attempt: PageAttempt, answer: str) -> None:
    attempt.ended_at = timezone.now()
    attempt.answer = answer[:200]
    attempt.save(update_fields=["ended_at", "answer"])


def _sent(page: Page, attempt: PageAttempt, answer: str) -> None:
    _note(attempt, answer)
    page.state = Page.State.SENT
    page.sent_at = attempt.ended_at
    page.answer = answer[:200]
    page.save(update_fields=["state", "sent_at", "answer"])


def give_up_page(page_pk: int) -> None:
    """Note that a page could not be sent at all, where people see it."""
    page = Page.objects.select_related("person", "escalation").get(pk=page_pk)
    page.state = Page.State.FAILED
    page.answer = page.tries.order_by("-number").values_list("answer", flat=True).first() or ""
    page.save(update_fields=["state", "answer"])
    concerns.of(page.escalation).tell(
        f"{page.person.name} could not be paged by {page.method} after {page.attempts} attempts."
    )
