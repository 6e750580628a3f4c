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
# An order for all has ended every lease before it, and only one that is under way waits for
# anybody: what is long over is not read, as the pause waits for the answer.
_OF_THE_ORDER = """
      JOIN programs_collector c ON c.id = l.collector_id
     WHERE l.program_id = %(program)s AND l.generation < %(generation)s
       AND (%(dataset)s::bigint IS NULL OR c.dataset_id IS NULL OR c.dataset_id = %(dataset)s)
       AND (c.is_drill OR NOT %(drill_only)s)
"""
_NOT_ENDED = f"""
    SELECT l.id FROM programs_lease l {_OF_THE_ORDER} AND l.revoked_at IS NULL
       AND l.generation >= (
           SELECT coalesce(max(w.generation), 0) FROM programs_stoporder w
            WHERE w.program_id = %(program)s AND w.generation < %(generation)s
              AND w.dataset_id IS NULL AND NOT w.drill_only AND w.counted_at IS NOT NULL)
"""  # noqa: S608
_UNHEARD = f"""
    SELECT l.id
      FROM programs_stoporder o
      JOIN programs_stopproof q ON q.order_id = o.id AND q.state = 'unknown'
      JOIN programs_lease l ON l.collector_id = q.collector_id {_OF_THE_ORDER}
       AND o.program_id = %(program)s AND o.proof = 'pausing' AND o.id <> %(order)s
       AND l.expires_at >= %(alive_after)s
"""  # noqa: S608
_AT_MOST = f"""
    SELECT count(*) FROM ({_NOT_ENDED} UNION ALL {_UNHEARD} LIMIT %(limit)s) AS found
"""  # noqa: S608
# Rows are locked in the order of programs.leases, so that a stop and a renewal cannot block each
# other; the lease that ends last stands for its collector.
_COUNT = f"""
    WITH concerned AS MATERIALIZED (
        SELECT l.id, l.collector_id, l.expires_at, l.revoked_at FROM programs_lease l
         WHERE l.id IN ({_NOT_ENDED} UNION {_UNHEARD})
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


def are_more_than(most: int, order: StopOrder) -> bool:
    """True if the order concerns more leases than these; looks at no more than it needs to say."""
    with connection.cursor() as cursor:
        cursor.execute(_AT_MOST, {**_facts(order), "limit": most + 1})
        found: int = cursor.fetchone()[0]
    return found > most


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
