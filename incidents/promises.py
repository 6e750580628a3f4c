"""When the next update that was promised is late, and who hears of it: at once, then by severity.

Who promises is incidents.lifecycle; here is what follows from it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, outbox, trail
from incidents import access, roles, timeline
from incidents.access import Level
from incidents.models import Incident, Role, TimelineEntry
from severity.ladder import Sev

REMIND = "incidents.remind_of_update"
MOST = 5
SEVERE, MIDDLE, MILD = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
ENGINE = Actor.machine("engine")


def pause_between(level: Sev) -> timedelta:
    """Return how long after a reminder the next one comes."""
    if level.at_least(Sev.SEV1):
        return SEVERE
    return MIDDLE if level.at_least(Sev.SEV3) else MILD


def plan(incident: Incident) -> None:
    """Have it said when the promised update is late; what was promised before is forgotten."""
    call_off(incident)
    if incident.next_update_at is None:
        return
    # Each promise has keys of its own: what was called off is never due once more.
    _schedule(incident, timezone.now().isoformat(), 0, due_at=incident.next_update_at)


def call_off(incident: Incident) -> None:
    """Remind nobody of the update that was promised."""
    clockwork.cancel(prefix=_key(incident))


def _key(incident: Incident) -> str:
    return f"update:{incident.pk}:"


def _schedule(
    incident: Incident, since: str, number: int, *, due_at: datetime | None = None
) -> None:
    promised = incident.next_update_at.isoformat() if incident.next_update_at else ""
    clockwork.schedule(
        REMIND,
        key=f"{_key(incident)}{since}:{number}",
        payload={
            "incident": incident.pk,
            "promised": promised,
            "since": since,
            "number": number,
        },
        due_at=due_at,
        after=pause_between(incident.level) if due_at is None else timedelta(0),
        priority=incident.counts_as,
    )


@transaction.atomic
def remind(incident_pk: int, *, promised: str, since: str, number: int) -> None:
    """Say that the promised update is late, and plan to say it again. Once for each number.

    Nothing happens if it came, something else was promised, or the incident is over.

    Args:
        promised: the moment for which it was promised, in ISO format.
        since: the moment at which it was promised, likewise.
        number: how often it was said before.
    """
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident_pk)
    due_at = incident.next_update_at
    if incident.is_over or due_at is None or due_at.isoformat() != promised:
        return
    if _updates(incident).filter(recorded_at__gt=datetime.fromisoformat(since)).exists():
        return
    person = responsible(incident)
    trail.record("incident.update_late", incident, actor=ENGINE, number=number)
    if number == 0:
        _say(incident, due_at, person)
    outbox.publish(
        "incident.update_late",
        priority=incident.counts_as,
        incident=incident.pk,
        person=person.pk if person else None,
        promise=since,
        number=number,
    )
    if number + 1 < MOST:
        _schedule(incident, since, number + 1)


def _say(incident: Incident, due_at: datetime, person: User | None) -> None:
    # Once: five lines that say the same would hide what happened.
    told = (
        f"{person.name} is reminded by e-mail until it is written, {MOST} times at most."
        if person
        else "Nobody who may see it owes it, so whoever manages the incident is reminded: "
        "somebody must take the communications lead."
    )
    text = f"The update promised for {due_at:%Y-%m-%d %H:%M} UTC is late. {told}"
    timeline.write(incident, TimelineEntry.Kind.ESCALATION, text, actor=ENGINE)


def responsible(incident: Incident) -> User | None:
    """Return who owes the update, of those who may see the incident.

    The communications lead, else the commander, else whoever wrote the last one.
    """
    may_see = (each for each in _candidates(incident) if access.may(each, Level.VIEW, incident))
    return next(may_see, None)


def _candidates(incident: Incident) -> Iterator[User]:
    for role in (Role.COMMS, Role.COMMANDER):
        held = roles.holder(incident, role)
        if held:
            yield held
    last = _updates(incident).select_related("actor").order_by("recorded_at", "pk").last()
    if last and last.actor:
        yield last.actor


def _updates(incident: Incident) -> QuerySet[TimelineEntry]:
    # Who corrects an entry has not written a new one.
    return incident.timeline.filter(kind=TimelineEntry.Kind.UPDATE, supersedes=None)
