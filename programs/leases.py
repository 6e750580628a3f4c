"""Grant leases and note their renewals. With programs.stops the only writer of Lease.

A first lease of a generation is written, under the program's lock, before it is
answered: a pause then knows of every collector that runs. Renewals are noted in
batches afterwards; they are decided by the gate's copy of the programs, which is
never older than three seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction


@dataclass(frozen=True)
class Ask:
    """A collector that asks for its first lease of a generation."""

    collector_id: int
    program_id: int
    generation: int
    version: str


# The generation a collector lives in, as programs.reach.generation_of says it.
_OWN_GENERATION = """
    GREATEST(p.whole_generation, (
        SELECT max(COALESCE(o.resumed_generation, o.generation)) FROM programs_stoporder o
         WHERE o.program_id = p.id
           AND COALESCE(o.resumed_generation, o.generation) > p.whole_generation
           AND (o.dataset_id IS NULL OR c.dataset_id IS NULL OR o.dataset_id = c.dataset_id)
           AND (c.is_drill OR NOT o.drill_only)))
"""
# Everybody who writes many leases takes them in the order of their collectors: gates that note and
# grant at once, and a pause that revokes, could else block each other.
# FOR SHARE waits for a pause under way and makes the next pause wait for us.
_LOCK = "SELECT id FROM programs_program WHERE id = ANY(%s) ORDER BY id FOR SHARE"
_GRANT = f"""
    INSERT INTO programs_lease
           (program_id, collector_id, generation, granted_at, renewed_at, expires_at, version)
    SELECT p.id, c.id, a.generation,
           now, now, now + make_interval(secs => p.lease_seconds), a.version
      FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS a (collector_id, generation, version)
      JOIN programs_collector c ON c.id = a.collector_id AND c.retired_at IS NULL
      JOIN programs_program p ON p.id = c.program_id
     CROSS JOIN clock_timestamp() AS now
     WHERE p.state IN ('collecting', 'resuming') AND c.seat < p.open_seats
       AND p.controls_end_at > now
       AND a.generation = {_OWN_GENERATION}
       AND NOT EXISTS (SELECT 1 FROM programs_pause h
                        WHERE h.program_id = p.id AND h.lifted_at IS NULL
                          AND (h.dataset_id IS NULL OR c.dataset_id IS NULL
                               OR h.dataset_id = c.dataset_id)
                          AND (c.is_drill OR NOT h.drill_only))
     ORDER BY c.id
    ON CONFLICT (collector_id, generation) DO UPDATE
       SET renewed_at = excluded.renewed_at, expires_at = excluded.expires_at,
           version = excluded.version
     WHERE programs_lease.revoked_at IS NULL
    RETURNING collector_id
"""  # noqa: S608
_NOTE = """
    WITH held AS (
        SELECT l.id, r.at, r.expires_at
          FROM programs_lease l
          JOIN unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
               AS r (collector_id, generation, at, expires_at)
            ON l.collector_id = r.collector_id AND l.generation = r.generation
         ORDER BY l.collector_id, l.generation FOR NO KEY UPDATE OF l
    )
    UPDATE programs_lease l SET renewed_at = held.at, expires_at = held.expires_at
      FROM held WHERE l.id = held.id AND l.expires_at < held.expires_at
"""


@transaction.atomic
def grant(asks: Iterable[Ask]) -> set[int]:
    """Write first leases; return the collectors that got one. All others must stop."""
    # Asking twice at once must not fail the whole batch: a row is written once a statement.
    asks = {(ask.collector_id, ask.generation): ask for ask in asks}.values()
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [sorted({ask.program_id for ask in asks})])
        cursor.execute(
            _GRANT,
            [
                [ask.collector_id for ask in asks],
                [ask.generation for ask in asks],
                [ask.version for ask in asks],
            ],
        )
        return {row[0] for row in cursor.fetchall()}


@dataclass(frozen=True)
class Renewal:
    """A lease that the gate has extended."""

    collector_id: int
    generation: int
    at: datetime
    expires_at: datetime


def note(renewals: Iterable[Renewal]) -> None:
    """Write down renewals that were given, so that people and pauses see them."""
    renewals = list(renewals)
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            [
                [r.collector_id for r in renewals],
                [r.generation for r in renewals],
                [r.at for r in renewals],
                [r.expires_at for r in renewals],
            ],
        )
