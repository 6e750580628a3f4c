"""What threshold rules look at in an incident. Reads only."""

from dataclasses import asdict
from typing import Any

from incidents.models import OVER, Incident
from severity.ladder import Sev
from severity.matching import Situation

_FIELDS = (
    *("pk", "assessment_id", "counts_as", "peak_sev", "sev", "program__slug"),
    *("program__categories", "program__participants", "kind", "audience", "still_open"),
    *("status", "status_since"),
)


def of(incident: Incident) -> Situation:
    """Return what rules look at in an incident as it is in hand, stored or not."""
    program = incident.program
    return Situation(
        level=incident.level,
        peak=Sev(incident.peak_sev),
        undetermined=incident.sev is None,
        program=program.slug if program else "",
        categories=frozenset(program.categories if program else ()),
        kind=incident.kind,
        audience=incident.audience,
        still_open=incident.still_open,
        status=incident.status,
        status_since=incident.status_since,
        people=program.participants if program else None,
    )


def of_open(*, after: int, most: int) -> list[tuple[int, int, Situation]]:
    """Return the next open incidents by key: each with the assessment that it stands on."""
    rows = Incident.objects.exclude(status__in=OVER).filter(pk__gt=after, assessment__isnull=False)
    return [_read(row) for row in rows.order_by("pk").values_list(*_FIELDS)[:most]]


def _read(row: tuple[Any, ...]) -> tuple[int, int, Situation]:
    key, assessment, level, peak, sev, slug, categories, people, *rest = row
    kind, audience, still_open, status, since = rest
    situation = Situation(
        level=Sev(level),
        peak=Sev(peak),
        undetermined=sev is None,
        program=slug or "",
        categories=frozenset(categories or ()),
        kind=kind,
        audience=audience,
        still_open=still_open,
        status=status,
        status_since=since,
        people=people,
    )
    return key, assessment, situation


def plain(at: Situation) -> dict[str, Any]:
    """Return a situation as JSON can hold it: the facts that a firing keeps."""
    said = asdict(at)
    said |= {"level": at.level.value, "peak": at.peak.value}
    said |= {"categories": sorted(at.categories), "status_since": at.status_since.isoformat()}
    return said
