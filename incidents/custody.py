"""Write down who had evidence in their hands. The only module that writes Custody."""

from typing import Any

from accounts.actors import Actor
from audit import trail
from incidents import timeline
from incidents.models import Custody, Evidence, Incident, TimelineEntry

Act = Custody.Act
LONGEST_NOTE = 500


def lock_incident(pk: int) -> Incident:
    return Incident.objects.select_for_update(no_key=True).get(pk=pk)


def lock(evidence: Evidence) -> Evidence:
    """Return the row as it is now, with its incident; nobody else changes it until the commit."""
    lock_incident(evidence.incident_id)
    rows = Evidence.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("incident").get(pk=evidence.pk)


def write(
    row: Evidence, act: Act, *, actor: Actor, remark: str = "", note: str = "", **facts: Any
) -> None:
    """Write a line of the custody log and its entry in the record.

    Args:
        remark: a person's words; `note`: Andon's own.
    """
    Custody.objects.create(
        evidence=row,
        act=act,
        actor=actor.user,
        actor_name=actor.name,
        via=actor.via,
        note=(remark or note)[:LONGEST_NOTE],
    )
    stream = trail.stream_of(row.incident)
    trail.record(f"evidence.{act}", row, actor=actor, stream=stream, remark=remark, **facts)


def tell(row: Evidence, words: str, *, actor: Actor) -> None:
    """Write on the timeline; `%(name)s` in the words is the file's name."""
    kind = TimelineEntry.Kind.EVIDENCE
    timeline.write(row.incident, kind, words % {"name": row.name}, actor=actor, evidence=row.pk)


def news(row: Evidence) -> dict[str, int]:
    """What an event about evidence carries: keys alone, and how urgent it is."""
    return {
        "priority": row.incident.counts_as,
        "incident": row.incident_id,
        "evidence": row.pk,
    }
