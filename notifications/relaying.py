"""Tell whoever keeps an alert what became of it here: somebody answered, or it is over.

PagerDuty rings until it is told; what Slack's bot wrote asks for an answer until it is changed.
Each such word is a Page of its own, so that it is tried again and stands in the log with its
attempts. With notifications.runs the only module that makes a Page.
"""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from audit import clockwork
from notifications import concerns, queueing, wording
from notifications.models import Escalation, Method, Page, PageAttempt
from notifications.sending import SEND

Purpose = Page.Purpose
# An e-mail cannot be taken back; what keeps no alert is told nothing.
KEEPERS = (Method.PAGERDUTY, Method.SLACKBOT)
# What is being sent at this moment arrives by then, or never: a word about it must not come first.
ARRIVES_WITHIN = timedelta(seconds=15)


def answered(escalation_pk: int) -> None:
    """Tell everybody who keeps an alert of a run that somebody is on it. Safe to call again."""
    _tell(Q(pk=escalation_pk), Purpose.ACK)


def stopped(escalation_pk: int) -> None:
    """Tell everybody who keeps an alert of a run that there is nothing to answer any more."""
    _tell(Q(pk=escalation_pk), Purpose.OVER)


def incident_over(incident_pk: int) -> None:
    """The same for all runs of an incident, also those that were answered."""
    _tell(Q(incident=incident_pk), Purpose.OVER)


def stop_over(about: Q) -> None:
    """The same for the runs of a stop, if nobody has to look into it any more."""
    for escalation in Escalation.objects.filter(about).select_related("order__program"):
        if concerns.of(escalation).is_over:
            _tell(Q(pk=escalation.pk), Purpose.OVER)


def _tell(which: Q, purpose: Page.Purpose) -> None:
    runs = Escalation.objects.filter(which)
    # One that never left is no alert anywhere. One whose attempt has no end may be.
    sent = Page.objects.filter(
        escalation__in=runs, about=None, method__in=KEEPERS, attempts__gt=0
    ).select_related("escalation", "contact", "person", "room")
    alerts: dict[tuple[int | None, int | None, str], Page] = {}
    for page in sent.order_by("pk"):
        # Each message of a bot is one of its own; of alerts, those of one run are one.
        same = page.key if page.method == Method.SLACKBOT else wording.run_key(page)
        # The newest: what is sent again after a word about it has to be told anew.
        alerts[page.contact_id, page.room_id, same] = page
    for last in alerts.values():
        _write(last, purpose)


def _write(last: Page, purpose: Page.Purpose) -> None:
    page, is_new = Page.objects.get_or_create(
        key=f"{purpose}-{last.key}",
        defaults={
            "escalation": last.escalation,
            "purpose": purpose,
            "about": last,
            "step": last.step,
            "person": last.person,
            "room": last.room,
            "method": last.method,
            "hint": last.hint,
            "contact": last.contact,
        },
    )
    if is_new:
        clockwork.schedule(
            SEND,
            # Not under the key of pages: an answer calls those off.
            key=f"told:{page.pk}",
            payload=queueing.named(page),
            after=ARRIVES_WITHIN if _is_under_way(last) else timedelta(0),
            priority=last.escalation.level,
        )


def _is_under_way(last: Page) -> bool:
    lately = timezone.now() - ARRIVES_WITHIN
    tries = PageAttempt.objects.filter(page__escalation=last.escalation_id, ended_at=None)
    same = tries.filter(page__contact=last.contact_id, page__room=last.room_id)
    return same.filter(started_at__gt=lately).exists()
