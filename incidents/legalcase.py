"""What is stated of an incident for its legal clocks, and the rules that count. Reads only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Min, QuerySet

from incidents.models import Incident, LegalEvent, LegalFacts
from severity.clocks.ruleset import ClockRules
from severity.clocks.stated import Case

# While nobody stated any facts one clock counts alone: as if the people lived in the EU.
ASSUMED = "eu-gdpr-33"
SIGNAL = "first_signal"


def rules() -> ClockRules:
    """The rules that start clocks today."""
    return ClockRules.current()


def facts_of(incident: Incident) -> LegalFacts | None:
    """The facts that hold now."""
    rows = LegalFacts.objects.filter(incident=incident, superseded_by=None)
    return rows.select_related("set_by").first()


def events_of(incident: Incident) -> QuerySet[LegalEvent]:
    """The moments that hold now, also those that were withdrawn."""
    return LegalEvent.objects.filter(incident=incident, superseded_by=None).order_by("at", "pk")


def moments_of(incident: Incident) -> dict[str, datetime]:
    """When each event was; awareness also where it was decided before there were events."""
    found = {row.kind: row.at for row in events_of(incident) if row.at is not None}
    if incident.aware_at is not None:
        found.setdefault("aware", incident.aware_at)
    return found


def signal_of(incident: Incident, stated: Mapping[str, datetime]) -> datetime | None:
    """Return when the report came in, which is the first signal while nobody says otherwise.

    The first of those that were merged into it; earlier where something is stated that can only
    have come after a signal. None where somebody stated or withdrew it, or it would contradict
    what is stated.

    Args:
        stated: the moments that count.
    """
    if SIGNAL in stated or events_of(incident).filter(kind=SIGNAL).exists():
        return None
    merged = incident.duplicates.aggregate(first=Min("reported_at"))["first"]
    came_in = min(incident.reported_at, merged or incident.reported_at)
    events = rules().events
    later = [at for kind, at in stated.items() if kind in events and SIGNAL in events[kind].after]
    moment = min([came_in, *later])
    before = [stated[kind] for kind in events[SIGNAL].after if kind in stated]
    return moment if all(at <= moment for at in before) else None


def of(
    incident: Incident,
    *,
    now: datetime,
    facts: dict[str, Any] | None = None,
    moments: dict[str, datetime] | None = None,
) -> Case:
    """Return the case of an incident.

    Args:
        facts, moments: what is to be stated from now on; None for what is.

    Raises:
        BadFact: if something is unknown, in the future, or contradicts another.
    """
    stated = facts_of(incident)
    if facts is None:
        facts = stated.facts if stated else None
    events = moments_of(incident) if moments is None else moments
    signal = signal_of(incident, events)
    given: dict[str, Any] = {
        "facts": facts or {},
        "events": events | ({SIGNAL: signal} if signal else {}),
        "now": now,
    }
    if facts is None:
        given["rules"] = [ASSUMED]
    return Case.from_mapping(given, rules(), now=now)
