"""What a person is being paged for now, for every page that they have open. Reads only."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from notifications import concerns, links, reading
from notifications.models import Page
from severity.ladder import Sev

MOST = 5
# An older page has been answered by what happened since, or by nobody; the board says so.
LATELY = timedelta(days=7)
_UNSENT = (Page.State.HELD, Page.State.DROPPED)


@dataclass(frozen=True)
class Ring:
    """One thing that somebody is asked to answer: what a page about it says, and no more."""

    key: str
    about: str
    url: str


def for_person(user: User) -> list[Ring]:
    """Return what is to be answered by a person, the newest first."""
    waits = Q(escalation__state__in=reading.UNANSWERED, escalation__acknowledged_at=None)
    asked = Q(escalation__acknowledged_by=user, escalation__asked_at__isnull=False)
    offered = Q(escalation__offered_to=user)
    pages = Page.objects.filter(
        waits | asked | offered,
        person=user,
        about=None,
        created_at__gt=timezone.now() - LATELY,
    ).exclude(state__in=_UNSENT)
    newest = pages.order_by("escalation_id", "-pk").distinct("escalation_id")
    found = newest.select_related("escalation__incident", "escalation__order__program")
    rings = [page for page in found if _rings(page, user)]
    return [_ring(page) for page in sorted(rings, key=lambda page: -page.pk)[:MOST]]


def _rings(page: Page, user: User) -> bool:
    # Whoever was shut out since is not told that there is anything.
    is_theirs = links.may_answer(user, page.escalation)
    return is_theirs and not concerns.of(page.escalation).is_over and not reading.why_over(page)


def _ring(page: Page) -> Ring:
    incident, order = page.escalation.incident, page.escalation.order
    if incident:
        about = f"{Sev(page.escalation.level).label} {incident.codename}"
        return Ring(page.key, about, reverse("incidents:detail", args=[incident.number]))
    assert order
    about = _("the stop of %(program)s") % {"program": order.program.name}
    url = reverse("programs:stop", args=[order.program.slug, order.generation])
    return Ring(page.key, about, url)
