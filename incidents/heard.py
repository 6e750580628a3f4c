"""What was heard of sources of alerts, as far as a person may know of it. Reads only."""

from dataclasses import dataclass

from django.db.models import Max, Prefetch, QuerySet, Sum

from accounts.models import User
from incidents import access
from incidents.models import Incident, Received, Refusal
from programs import access as program_access
from programs.models import ProgramKey

MOST = 50


@dataclass(frozen=True)
class Line:
    """One thing that was sent; `incident` only for who may know of it."""

    row: Received
    incident: Incident | None


def lines(user: User, key: ProgramKey | None) -> list[Line]:
    """The last that came of a source, or by e-mail, the newest first."""
    rows = list(Received.objects.filter(key=key).order_by("-last_at", "-pk")[:MOST])
    keys = [row.incident_id for row in rows if row.incident_id]
    known = {incident.pk: incident for incident in access.of_these(user, keys)} if keys else {}
    return [Line(row, known.get(row.incident_id or 0)) for row in rows]


def sources_of(user: User) -> QuerySet[ProgramKey]:
    """The monitors' keys of programs whose machines the person may see, with how they do.

    `last`, `heard` and the latest of `refused` tell what came, and what was not taken.
    """
    monitors = ProgramKey.objects.filter(kind=ProgramKey.Kind.MONITOR, revoked_at=None)
    theirs = program_access.whose_machines(user)
    if theirs is not None:
        monitors = monitors.filter(program__in=sorted(theirs))
    latest = Prefetch("refusals", Refusal.objects.order_by("-last_at"), to_attr="refused")
    return (
        monitors.select_related("program", "source")
        .prefetch_related(latest)
        .annotate(last=Max("received__last_at"), heard=Sum("received__times"))
        .order_by("program__name", "label")
    )
