"""Until when an incident must be assessed in full, and who hears of it: at 50, 75, 90 % and after.

The only module that changes Incident.assess_by. What is due is a row that the engine claims.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import clockwork, history, outbox, trail
from incidents import timeline
from incidents.models import OVER, Incident, TimelineEntry
from severity import inforce
from severity.clocks.reminders import next_reminder
from severity.duties import PAUSES_AT_ONCE
from severity.ladder import Sev
from severity.models import Assessment
from severity.promptness import due_at

REMIND = "incidents.remind_of_assessment"
OVERDUE = 100
ENGINE = Actor.machine("engine")


def at_first(level: Sev, *, is_planned: bool) -> datetime | None:
    """Until when what was just reported must be assessed; a planned drill never."""
    return None if is_planned else _soon(level)


def _soon(level: Sev) -> datetime:
    return due_at(inforce.rules().policy.full_assessment_due[level], timezone.now())


def overdue() -> Q:
    """Which incidents should rest on a full assessment by now and do not."""
    return Q(assess_by__lte=timezone.now()) & ~Q(status__in=OVER)


def begin(incident: Incident) -> None:
    """Have people reminded of what was just reported."""
    _remind_from_now(incident)


def plan(incident: Incident, *, was: int, anew: bool, actor: Actor) -> None:
    """Set until when it must be assessed after a level was set, and have people reminded.

    A clock that runs is not set back: a worse level may shorten it, nothing lengthens it.

    Args:
        was: the level before.
        anew: the place or the fix is another than was assessed, so that it must be done again.
    """
    by = _by(incident, was, anew=anew)
    if by == incident.assess_by:
        return
    clockwork.cancel(prefix=_key(incident))
    incident.assess_by = by
    history.save(incident, "assess_by", actor=actor)
    _remind_from_now(incident)


def _remind_from_now(incident: Incident) -> None:
    now = timezone.now()
    # Each plan has keys of its own: what was called off is never due once more.
    _schedule(incident, since=now, round_=now.isoformat(), after=now)


def _by(incident: Incident, was: int, *, anew: bool) -> datetime | None:
    held = incident.assessment
    is_full = held is not None and held.kind == Assessment.Kind.FULL and not held.undetermined
    if incident.drill_scope or (is_full and not anew):
        return None
    soon = _soon(incident.level)
    if incident.assess_by is not None:
        return min(incident.assess_by, soon)
    # It was assessed in full before: only what makes it worse asks for more.
    is_open = held is not None and held.kind == Assessment.Kind.FULL
    return soon if anew or is_open or incident.counts_as < was else None


def _key(incident: Incident) -> str:
    return f"assessment:{incident.pk}:"


def _schedule(incident: Incident, *, since: datetime, round_: str, after: datetime) -> None:
    by = incident.assess_by
    if by is None:
        return
    coming = next_reminder(min(since, by), by, after=after)
    percent = coming.percent if coming else OVERDUE
    clockwork.schedule(
        REMIND,
        key=f"{_key(incident)}{round_}:{percent}",
        payload={
            "incident": incident.pk,
            "by": by.isoformat(),
            "since": since.isoformat(),
            "round": round_,
            "percent": percent,
        },
        due_at=coming.at if coming else None,
        priority=incident.counts_as,
    )


@transaction.atomic
def remind(incident_pk: int, *, by: str, since: str, round_: str, percent: int) -> None:
    """Say how much of the time is over, and plan the next time. Once for each share of it.

    Nothing happens if it was assessed, is over, or its end was moved since.

    Args:
        by: until when it was due as this was planned, in ISO format.
        since: from when its time counts, likewise.
        round_: which plan this is of.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident_pk)
    due = incident.assess_by
    if incident.is_over or due is None or due.isoformat() != by:
        return
    trail.record("incident.assessment_due", incident, actor=ENGINE, percent=percent, due=by)
    outbox.publish(
        "incident.assessment_due",
        priority=incident.counts_as,
        incident=incident.pk,
        percent=percent,
        due=by,
        round=round_,
    )
    if percent >= OVERDUE:
        _say(incident, due)
        return
    begun = datetime.fromisoformat(since)
    # Clocks differ a little: the share that was told just now is never told again.
    told = begun + (due - begun) * percent / 100
    _schedule(incident, since=begun, round_=round_, after=max(timezone.now(), told))


def _say(incident: Incident, due: datetime) -> None:
    text = _(
        "The full assessment is overdue: it was due %(at)s UTC. Until it is made, %(level)s rests"
        " on first answers."
    )
    facts = {"at": f"{due:%Y-%m-%d %H:%M}", "level": incident.level.label}
    timeline.write(incident, TimelineEntry.Kind.ESCALATION, text % facts, actor=ENGINE)
    if incident.level in PAUSES_AT_ONCE:
        # What keeps programs from collecting must not rest on a guess for longer than promised.
        outbox.publish(
            "incident.escalate", priority=incident.counts_as, incident=incident.pk, again=True
        )
