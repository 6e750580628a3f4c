"""When people hear of a legal clock: at 50, 75 and 90 % of its time, and when it is over.

The only module that writes Obligation.told_percent.
"""

from datetime import UTC, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import clockwork, history, outbox, trail
from incidents import timeline
from incidents.models import Incident, Obligation, Status, TimelineEntry
from severity.clocks.reminders import next_reminder

REMIND = "incidents.remind_of_clock"
OVERDUE = 100
ENGINE = Actor.machine("engine")
_WITHOUT = (Status.DISMISSED, Status.MERGED)


def plan(row: Obligation, *, moved: bool = False) -> None:
    """Have people reminded of what is owed; what was planned before is forgotten.

    Args:
        moved: its end is another, so that whatever was said before counts no more.
    """
    call_off(row)
    if moved and row.told_percent:
        row.told_percent = 0
        history.save(row, "told_percent", actor=ENGINE)
    if row.is_owed and row.told_percent < OVERDUE:
        # Each plan has keys of its own: what was called off is never due once more.
        _schedule(row, timezone.now().isoformat(), after=timezone.now())


def call_off(row: Obligation) -> None:
    """Remind nobody of it."""
    clockwork.cancel(prefix=_key(row))


def _key(row: Obligation) -> str:
    return f"obligation:{row.pk}:"


def _schedule(row: Obligation, since: str, *, after: datetime) -> None:
    if row.due_at is None:
        return
    begun = min(row.counts_from, row.due_at)
    coming = next_reminder(begun, row.due_at, after=after)
    percent = coming.percent if coming else OVERDUE
    clockwork.schedule(
        REMIND,
        key=f"{_key(row)}{since}:{percent}",
        payload={
            "obligation": row.pk,
            "due": row.due_at.isoformat(),
            "percent": percent,
            "since": since,
        },
        due_at=coming.at if coming else None,
        priority=row.incident.counts_as,
    )


@transaction.atomic
def remind(obligation_pk: int, *, due: str, percent: int, since: str) -> None:
    """Say how much of its time is over, and plan the next time. Once for each share of it.

    Nothing happens if it was filed or does not apply, or its end was moved since.

    Args:
        due: when it ended as this was planned, in ISO format.
        since: when this was planned, likewise.
    """
    pk = Obligation.objects.values_list("incident", flat=True).get(pk=obligation_pk)
    incident = Incident.objects.select_for_update(no_key=True).get(pk=pk)
    rows = Obligation.objects.select_for_update(of=("self",)).select_related("incident")
    row = rows.get(pk=obligation_pk)
    if incident.status in _WITHOUT or not row.is_owed or row.due_at is None:
        return
    if row.due_at.isoformat() != due or percent <= row.told_percent:
        return
    row.told_percent = percent
    history.save(row, "told_percent", actor=ENGINE)
    trail.record(
        "obligation.due",
        row,
        actor=ENGINE,
        stream=trail.stream_of(incident),
        rule=row.rule,
        percent=percent,
    )
    _say(row, percent)
    outbox.publish(
        "incident.clock_due",
        priority=incident.counts_as,
        incident=incident.pk,
        obligation=row.pk,
        percent=percent,
        due=due,
    )
    if percent < OVERDUE:
        _schedule(row, since, after=_moment(row, percent))


def _moment(row: Obligation, percent: int) -> datetime:
    """When that share of its time is over, or now, whichever is later: clocks differ a little."""
    now = timezone.now()
    if row.due_at is None:
        return now
    begun = min(row.counts_from, row.due_at)
    return max(now, begun + (row.due_at - begun) * percent / 100)


def _say(row: Obligation, percent: int) -> None:
    if percent < OVERDUE:
        return
    incident, due = row.incident, row.due_at
    facts = {"what": row, "at": f"{due.astimezone(UTC):%Y-%m-%d %H:%M}" if due else ""}
    text = _("%(what)s is overdue: it was due %(at)s UTC and is not filed.") % facts
    timeline.write(incident, TimelineEntry.Kind.LEGAL, text, actor=ENGINE)
    if not incident.is_over:
        # A missed term is worth waking people for, although somebody answered the incident before.
        outbox.publish(
            "incident.escalate", priority=incident.counts_as, incident=incident.pk, again=True
        )
