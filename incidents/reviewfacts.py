"""What Andon knows for the sections of a review: lines of facts, no opinions. Reads only."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet

from incidents import duplicates, timeline
from incidents.models import Incident, Role, TimelineEntry
from programs import stops
from programs.models import Pause
from severity.ladder import Sev

MOST_LINES = 80
_DECISIONS = (
    TimelineEntry.Kind.STATUS,
    TimelineEntry.Kind.SEVERITY,
    TimelineEntry.Kind.PAUSE,
    TimelineEntry.Kind.PROOF,
)


def of(incident: Incident) -> dict[str, list[str]]:
    """Return lines of plain text by the key of their section. Times are UTC."""
    return {key: found for key, find in _SECTIONS.items() if (found := find(incident))}


def _header(incident: Incident) -> list[str]:
    said = [
        f"{incident.ref}, {incident.codename}: {incident.title}",
        f"Program: {incident.program.name if incident.program else 'not known'}",
        f"Peak severity {Sev(incident.peak_sev).label}, now {incident.level.label}"
        + (" (undetermined)" if incident.sev is None else ""),
    ]
    named = (
        ("Reported", incident.reported_at),
        ("Declared", incident.declared_at),
        ("Contained", incident.contained_at),
        ("Recovered", incident.recovered_at),
    )
    said += [f"{name} {_at(moment)}" for name, moment in named if moment]
    held = incident.roles.select_related("person").order_by("since")
    said += [f"{Role(each.role).label}: {each.person.name}" for each in held]
    return list(dict.fromkeys(said))


def _exposure(incident: Incident) -> list[str]:
    # Where the data lie is nobody's to read here: reviews are read by more than the responders.
    return [
        f"{row}: {', '.join(row.kinds) or 'kinds not known'}; {row.get_whose_display()};"
        f" {_people(row.people_min, row.people_known, row.people_max)};"
        f" from {_at(row.since)} to {_at(row.until)};"
        f" declared for {row.declared_audience or 'not known'},"
        f" readable by {row.get_effective_audience_display()}"
        for row in incident.exposures.select_related("dataset")
    ]


def _people(least: int | None, known: int | None, most: int | None) -> str:
    counts = [(least, "at least"), (known, "as far as known"), (most, "at most")]
    said = [f"{word} {count}" for count, word in counts if count is not None]
    return f"{', '.join(said)} people" if said else "number of people not known"


def _access(incident: Incident) -> list[str]:
    return [
        f"{row}: {row.get_accessed_display()}"
        + (f", {row.accessed_source}" if row.accessed_source else "")
        for row in incident.exposures.select_related("dataset")
    ]


def _timeline(incident: Incident) -> list[str]:
    entries = timeline.current(incident).filter(kind__in=_DECISIONS).order_by("occurred_at", "pk")
    said = [f"{_at(each.occurred_at)} {each.text} ({each.actor_name})" for each in entries]
    if len(said) > MOST_LINES:
        return [*said[:MOST_LINES], f"… and {len(said) - MOST_LINES} more on the timeline"]
    return said


def _metrics(incident: Incident) -> list[str]:
    first = _holds(incident).order_by("since").first()
    marks = (
        ("Time to acknowledge", incident.reported_at, incident.acknowledged_at),
        ("Time to declare", incident.reported_at, incident.declared_at),
        ("Time to pause", incident.reported_at, first.since if first else None),
        ("Time to contain", incident.reported_at, incident.contained_at),
        ("Time to recover", incident.reported_at, incident.recovered_at),
        ("Aware after", incident.reported_at, incident.aware_at),
    )
    detected = ("Time to detect", incident.occurred_from, incident.reported_at)
    return [
        f"{name}: {_lasting(until - since)}"
        for name, since, until in (detected, *marks)
        if since and until
    ]


def _severity(incident: Incident) -> list[str]:
    entries = timeline.current(incident).filter(kind=TimelineEntry.Kind.SEVERITY)
    return [f"{_at(each.occurred_at)} {each.text}" for each in entries.order_by("occurred_at")]


def _holds(incident: Incident) -> QuerySet[Pause]:
    return Pause.objects.filter(holder__in=duplicates.holders(incident))


def _proof(incident: Incident) -> list[str]:
    holds = _holds(incident).select_related("program", "order", "dataset")
    said = []
    for hold in holds.order_by("since"):
        what = duplicates.said_of(incident, hold)
        until = _at(hold.lifted_at) if hold.lifted_at else "now"
        said.append(f"{what}: held from {_at(hold.since)} to {until}")
        if hold.order:
            counts = ", ".join(f"{name} {n}" for name, n in sorted(stops.tally(hold.order).items()))
            proof = f"{hold.order.get_proof_display()}, {_at(hold.order.proven_at)}"
            said.append(f"{what}: {proof}; collectors: {counts or 'none'}")
    return said


def _actions(incident: Incident) -> list[str]:
    items = incident.action_items.select_related("owner")
    return [
        f"{each.what}: {each.owner.name}, due {each.due_on}, {each.get_kind_display()},"
        f" {each.get_state_display()}"
        for each in items
    ]


def _appendix(incident: Incident) -> list[str]:
    return [f"{row.name}, SHA-256 {row.sha256}" for row in incident.evidence.all()]


_SECTIONS: dict[str, Callable[[Incident], list[str]]] = {
    "header": _header,
    "exposure": _exposure,
    "access": _access,
    "timeline": _timeline,
    "metrics": _metrics,
    "severity": _severity,
    "proof": _proof,
    "actions": _actions,
    "appendix": _appendix,
}


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "not known"


def _lasting(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "under a minute"
