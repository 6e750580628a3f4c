"""Note who has read an incident, and say so. The only module that writes Look."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max, Min, Sum

from accounts.models import User
from incidents.models import Incident, Look

# One row for each hour: the first look and the last say enough of what lies between.
_NOTE = """
    INSERT INTO incidents_look (incident_id, person_id, hour, first_at, last_at, times, via)
    VALUES (%s, %s, date_trunc('hour', now()), now(), now(), 1, %s)
    ON CONFLICT ON CONSTRAINT one_look_per_hour
    DO UPDATE SET last_at = now(), times = incidents_look.times + 1
"""


@dataclass(frozen=True)
class Reader:
    """How often a person read an incident, and when first and last."""

    person: User
    times: int
    first_at: datetime
    last_at: datetime


def note(incident: Incident, person: User, *, via: str) -> None:
    """Note that a person reads an incident now; `via` is a page or the API."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [incident.pk, person.pk, via[:20]])


def readers(incident: Incident) -> list[Reader]:
    """Return who has read an incident, whoever did so last first."""
    rows = (
        Look.objects.filter(incident=incident)
        .values("person")
        .annotate(n=Sum("times"), first=Min("first_at"), last=Max("last_at"))
        .order_by("-last")
    )
    people = User.objects.in_bulk([row["person"] for row in rows])
    return [Reader(people[row["person"]], row["n"], row["first"], row["last"]) for row in rows]
