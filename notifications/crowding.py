"""How many pages a person gets in a minute: whether there is room for one, or when. Reads only."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.models import User
from notifications.models import Page, PageAttempt
from notifications.ways import LOUD

A_MINUTE = timedelta(minutes=1)


def until(page: Page) -> datetime | None:
    """When there is room for this page again, if its person was paged too often in a minute."""
    if not counts(page) or page.person_id is None:
        return None
    _hold([page.person_id])
    begun = _lately().filter(counts_for=page.person_id)
    newest = begun.order_by("-started_at").values_list("started_at", flat=True)
    most = most_a_minute()
    last = next(iter(newest[most - 1 : most]), None)
    return last + A_MINUTE if last else None


def with_room(pages: Collection[Page]) -> list[Page]:
    """Return the pages of several for which there is room; persons stay locked meanwhile."""
    left = _left_for({page.person_id for page in pages if counts(page) and page.person_id})
    fit = []
    for page in pages:
        if counts(page) and page.person_id:
            left[page.person_id] -= 1
        if not counts(page) or left[page.person_id or 0] >= 0:
            fit.append(page)
    return fit


def _left_for(people: Collection[int]) -> Counter[int]:
    """How many pages each person may still get in this minute, of those that are counted."""
    if not people:
        return Counter()
    _hold(people)
    begun = _lately().filter(counts_for__in=people).values_list("counts_for")
    counted = dict(begun.order_by().annotate(number=Count("*")))
    return Counter({pk: most_a_minute() - counted.get(pk, 0) for pk in people})


def counts(page: Page) -> bool:
    """True if a page is one of those of which a person gets no more than so many a minute.

    An attempt keeps whom it counts for: that of what was tried before counts for nobody.
    """
    is_first = not (page.attempts or page.about_id)
    return is_first and page.escalation.level > LOUD and page.person_id is not None


def _hold(people: Collection[int]) -> None:
    # Two engines that count at once would both find room.
    held = User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk")
    list(held.values_list("pk"))


def _lately() -> QuerySet[PageAttempt]:
    return PageAttempt.objects.filter(started_at__gt=timezone.now() - A_MINUTE)


def most_a_minute() -> int:
    """Return how many pages a minute one person gets, of SEV 2 and milder."""
    most: int = settings.ENVIRONMENT.pages_per_minute
    return most
