"""Write and correct the story of an incident. The only module that writes TimelineEntry."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actors import Actor
from audit import outbox, trail
from audit.gathering import Turn, gathered, write_soon
from audit.inserting import insert_all
from audit.trail import joined
from incidents import moments
from incidents.models import Incident, TimelineEntry

LONGEST = 10_000


class Refused(Exception):
    """This cannot be written; the message names the field and what is allowed."""


@joined
def write(
    incident: Incident,
    kind: str,
    text: str,
    *,
    actor: Actor,
    occurred_at: datetime | None = None,
    audience: str = TimelineEntry.Audience.RESPONDERS,
    **data: Any,
) -> TimelineEntry:
    """Add one entry.

    Args:
        occurred_at: when it happened, if not now; `recorded_at` is always now.
        data: facts for charts and figures: `field`, `was`, `now`.

    Raises:
        Refused: no text, too much, a moment that cannot be meant, an update after the end.
    """
    if kind == TimelineEntry.Kind.UPDATE:
        _refuse_over(incident)
    now = timezone.now()
    _check(text, occurred_at)
    entry = TimelineEntry(
        incident=incident,
        kind=kind,
        audience=audience,
        occurred_at=occurred_at or now,
        recorded_at=now,
        text=text,
        data=data,
        **_by(actor),
    )
    # The record of it then goes out with what it tells others, and nobody waits for it alone.
    with gathered():
        write_soon(_insert, entry, turn=Turn.SUBJECTS)
        _record("timeline.written", entry, actor, kind=str(kind))
        if kind == TimelineEntry.Kind.UPDATE:
            _publish(incident, audience)
    return entry


def _publish(incident: Incident, audience: str) -> None:
    news = {"incident": incident.pk, "audience": str(audience)}
    outbox.publish("incident.updated", priority=incident.counts_as, **news)


def _refuse_over(incident: Incident) -> None:
    # Locked, so that nobody closes it while this is written.
    incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; reopen it to write an update.")


def _insert(entries: list[TimelineEntry]) -> None:
    insert_all(entries)


@transaction.atomic
def correct(
    entry: TimelineEntry, *, text: str, actor: Actor, occurred_at: datetime | None = None
) -> TimelineEntry:
    """Put a corrected entry in the place of one; the old text stays readable.

    Raises:
        Refused: if the entry is not what a person wrote, the incident is over, the entry was
            corrected already, or the new text is not allowed.
    """
    # The table is append-only, so the incident is what is locked against a second correction.
    incident = Incident.objects.select_for_update(no_key=True).get(pk=entry.incident_id)
    if not is_said(entry):
        raise Refused("Only what people wrote can be corrected: reports and updates.")
    if incident.is_over:
        raise Refused(f"{incident.ref} is {incident.status}; reopen it to correct its story.")
    if TimelineEntry.objects.filter(supersedes=entry).exists():
        raise Refused("This entry was corrected already; correct the newer one.")
    _check(text, occurred_at)
    corrected = TimelineEntry.objects.create(
        incident=incident,
        kind=entry.kind,
        audience=entry.audience,
        occurred_at=occurred_at or entry.occurred_at,
        recorded_at=timezone.now(),
        text=text,
        data=entry.data,
        supersedes=entry,
        **_by(actor),
    )
    _record("timeline.corrected", corrected, actor, supersedes=entry.pk)
    return corrected


def _check(text: str, occurred_at: datetime | None) -> None:
    if not text.strip():
        raise Refused("text: say what happened.")
    if len(text) > LONGEST:
        raise Refused(f"text: {len(text)} characters; at most {LONGEST} are allowed.")
    wrong = moments.why_not(occurred_at, now=timezone.now()) if occurred_at else ""
    if wrong:
        raise Refused(f"occurred_at: {wrong}")


def _by(actor: Actor) -> dict[str, Any]:
    return {"actor": actor.user, "actor_name": actor.name}


def _record(act: str, entry: TimelineEntry, actor: Actor, **facts: Any) -> None:
    stream = trail.stream_of(entry.incident)
    trail.record(act, entry, actor=actor, stream=stream, remark=entry.text, **facts)


def is_said(entry: TimelineEntry) -> bool:
    """True if a person said it. What Andon saw happen is nobody's to correct."""
    said = (TimelineEntry.Kind.UPDATE, TimelineEntry.Kind.REPORT)
    return entry.kind in said and entry.actor_id is not None


def current(incident: Incident) -> QuerySet[TimelineEntry]:
    """The entries that hold now, newest first; corrected ones are reached through `supersedes`."""
    return incident.timeline.filter(superseded_by=None).select_related("actor", "supersedes")
