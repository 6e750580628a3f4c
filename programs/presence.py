"""Which gates are there for collectors to go to. The only module that writes GateProcess."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Now

from programs.models import GateProcess

# A gate beats each three seconds; who missed three beats is no advice to give.
BEAT_SECONDS = 3.0
ALIVE_SECONDS = 10
# A lease names no more addresses than this.
MOST_NAMED = 16
FORGOTTEN_AFTER = timedelta(days=1)

_BEAT = """
    INSERT INTO programs_gateprocess (ident, url, host, started_at, seen_at, streams)
    SELECT %s, %s, %s, now, now, %s FROM clock_timestamp() AS now
    ON CONFLICT (ident) DO UPDATE SET seen_at = excluded.seen_at, streams = excluded.streams
"""


@dataclass(frozen=True, slots=True)
class Beat:
    """One gate process says that it is there; `streams` is how many collectors listen to it."""

    ident: UUID
    url: str
    host: str
    streams: int


def note(beats: Iterable[Beat]) -> None:
    """Write down that gates are alive, by the database's clock, and forget those long dead."""
    with connection.cursor() as cursor:
        for beat in beats:
            cursor.execute(_BEAT, [beat.ident, beat.url, beat.host, beat.streams])
    GateProcess.objects.filter(seen_at__lt=Now() - FORGOTTEN_AFTER).delete()


def leave(idents: Iterable[UUID]) -> None:
    """Take gates off the list: they are going down."""
    GateProcess.objects.filter(ident__in=list(idents)).delete()


@dataclass(frozen=True, slots=True)
class Address:
    """Where collectors reach one gate process or more. `streams` are those that listen there."""

    url: str
    alive: bool
    seen_at: datetime
    streams: int


def addresses() -> list[Address]:
    """Return every address that answered within the last day, whether it answers now or not."""
    is_alive = Q(seen_at__gt=Now() - timedelta(seconds=ALIVE_SECONDS))
    rows = GateProcess.objects.values("url").annotate(
        last=Max("seen_at"),
        living=Count("pk", filter=is_alive),
        listeners=Sum("streams", filter=is_alive),
    )
    return [
        Address(row["url"], row["living"] > 0, row["last"], row["listeners"] or 0)
        for row in rows.order_by("url")
    ]
