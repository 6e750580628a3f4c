"""Write down which collectors may still run when a stop is ordered, and end their leases.

One statement for ten thousand collectors. Only programs.stops asks for it.
"""

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import connection

from programs.models import STALE_SECONDS, Program, StopOrder

# What an order concerns: every lease that nobody has ended yet, and those of collectors that an
# earlier stop has not been heard from, as they may still run. programs.reach says it in Python.
_CONCERNED = """
      FROM programs_lease l
      JOIN programs_collector c ON c.id = l.collector_id
     WHERE l.program_id = %(program)s AND l.generation < %(generation)s
       AND (%(dataset)s::bigint IS NULL OR c.dataset_id IS NULL OR c.dataset_id = %(dataset)s)
       AND (c.is_drill OR NOT %(drill_only)s)
       AND (l.revoked_at IS NULL
            OR l.expires_at >= %(alive_after)s
               AND EXISTS (SELECT 1 FROM programs_stopproof q
                             JOIN programs_stoporder o ON o.id = q.order_id
                            WHERE o.program_id = l.program_id AND o.id <> %(order)s
                              AND q.collector_id = l.collector_id AND q.state = 'unknown'))
"""
_HOW_MANY = f"SELECT count(DISTINCT l.collector_id) {_CONCERNED}"
# Rows are locked in the order of programs.leases, so that a stop and a renewal cannot block each
# other; the lease that ends last stands for its collector.
_COUNT = f"""
    WITH concerned AS MATERIALIZED (
        SELECT l.id, l.collector_id, l.expires_at, l.revoked_at {_CONCERNED}
         ORDER BY l.collector_id, l.generation FOR NO KEY UPDATE OF l
    ), ended AS (
        UPDATE programs_lease l SET revoked_at = %(now)s
          FROM concerned WHERE l.id = concerned.id AND concerned.revoked_at IS NULL
    ), written AS (
        INSERT INTO programs_stopproof
               (order_id, collector_id, lease_ends_at, state, settled_at, buffer)
        SELECT DISTINCT ON (collector_id) %(order)s, collector_id, expires_at,
               CASE WHEN expires_at < %(alive_after)s THEN 'expired' ELSE 'unknown' END,
               CASE WHEN expires_at < %(alive_after)s THEN %(now)s END, ''
          FROM concerned ORDER BY collector_id, expires_at DESC
        RETURNING state
    )
    SELECT state, count(*) FROM written GROUP BY state
"""  # noqa: S608


def how_many(order: StopOrder) -> int:
    """Say how many collectors the order will wait for."""
    with connection.cursor() as cursor:
        cursor.execute(_HOW_MANY, _facts(order))
        found: int = cursor.fetchone()[0]
    return found


def take(order: StopOrder) -> Counter[str]:
    """Write a proof for each collector that may run, and end its leases; return the states.

    Call it with the order locked, and once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _facts(order))
        return Counter(dict(cursor.fetchall()))


def _facts(order: StopOrder) -> dict[str, Any]:
    return {
        "order": order.pk,
        "program": order.program_id,
        "generation": order.generation,
        "dataset": order.dataset_id,
        "drill_only": order.drill_only,
        "now": order.ordered_at,
        "alive_after": order.ordered_at - _slack(order.program),
    }


def _slack(program: Program) -> timedelta:
    # A row may be older than the truth: a gate cut off from us may have extended the lease for
    # a while, and a collector renews each third of its length.
    return timedelta(seconds=STALE_SECONDS + program.lease_seconds / 3)
