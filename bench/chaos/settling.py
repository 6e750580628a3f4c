"""When a run under faults may be judged: what was asked for by its end is over, or stands still."""

import sys
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from bench.chaos.plant import Plant

SETTLE_SECONDS = 240.0
# What was asked for by the end, and is not over.
_COUNT = "SELECT count(*) FROM "
WAITS = {
    "due": f"{_COUNT} audit_due WHERE state IN ('scheduled', 'enqueued')"
    " AND coalesce(planned_at, due_at) < %(at)s",
    "runs": f"{_COUNT} notifications_escalation WHERE state = 'active'"
    " AND incident_id IS NOT NULL AND id <= %(last_run)s",
    "pages": f"{_COUNT} notifications_page WHERE state IN ('pending', 'sending')"
    " AND escalation_id <= %(last_run)s",
}

# Who reported last is paged for a moment later, by a run that is judged too.
_UNTOLD = (
    f"{_COUNT} incidents_incident WHERE 'INC-' || number = ANY(%s) AND acknowledged_at IS NULL"
    " AND NOT EXISTS (SELECT FROM notifications_escalation AS run"
    " WHERE run.incident_id = incidents_incident.id)"
)


@dataclass(frozen=True)
class End:
    """When the last report was paged for, by the database: what is begun later is not judged.

    Incidents that nobody closes page for hours to come, for steps that are late and levels that
    nobody found out; whoever waits for that to end waits in vain.
    """

    at: datetime
    last_run: int


def end(plant: Plant, accepted: Collection[str]) -> End:
    """Return the end: as soon as each report that was accepted is paged for, or long is.

    Waits for a database that is just being started.
    """
    latest = time.monotonic() + SETTLE_SECONDS
    while True:
        plant.look_after(0.5)
        with suppress(psycopg.Error), psycopg.connect(plant.url) as database:
            untold: Any = database.execute(_UNTOLD, [list(accepted)]).fetchone()
            if untold[0] and time.monotonic() < latest:
                continue
            said: Any = database.execute(
                "SELECT clock_timestamp(), coalesce(max(id), 0) FROM notifications_escalation"
            ).fetchone()
            return End(*said)


def settle(plant: Plant, end: End) -> float:
    """Wait while less and less is left: whoever is judged at work is judged wrongly."""
    begun = moved = time.monotonic()
    least = sum(_waits(plant, end).values())
    while time.monotonic() - moved < SETTLE_SECONDS:
        plant.look_after(1.0)
        waits = _waits(plant, end)
        if not any(waits.values()):
            break
        if sum(waits.values()) < least:
            least, moved = sum(waits.values()), time.monotonic()
        print(f"        settling: {waits}", file=sys.stderr, flush=True)
    return time.monotonic() - begun


def _waits(plant: Plant, end: End) -> dict[str, int]:
    try:
        with psycopg.connect(plant.url) as database:
            found: dict[str, Any] = {
                what: database.execute(sql, vars(end)).fetchone() for what, sql in WAITS.items()
            }
    except psycopg.Error:
        return {"the database": 1}
    return {what: row[0] for what, row in found.items()}
