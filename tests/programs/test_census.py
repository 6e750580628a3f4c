"""Whom a stop concerns is asked inside the pause, so it reads only what is still open."""

import json

import pytest
from django.db import connection

from programs import census, lifecycle, pauses, stops
from programs.reach import WHOLE
from tests import make

pytestmark = pytest.mark.django_db
OVER = 3000


def long_history(collector):
    """Thousands of leases that ended long ago, each with its acknowledged stop."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO programs_lease (program_id, collector_id, generation, granted_at,
                                        renewed_at, expires_at, revoked_at, version)
            SELECT %s, %s, -n, at, at, at, at, ''
              FROM generate_series(1, %s) AS n, (SELECT now() - interval '1 day' AS at) AS t
            """,
            [collector.program_id, collector.pk, OVER],
        )
        cursor.execute(
            """
            WITH o AS (
                INSERT INTO programs_stoporder (program_id, drill_only, generation, ordered_at,
                                                counted_at, deadline_at, proof)
                SELECT %s, false, -n, at, at, at, 'paused_proven'
                  FROM generate_series(1, %s) AS n, (SELECT now() - interval '1 day' AS at) AS t
                RETURNING id, ordered_at)
            INSERT INTO programs_stopproof (order_id, collector_id, state, lease_ends_at,
                                            settled_at, buffer)
            SELECT id, %s, 'acknowledged', ordered_at, ordered_at, '' FROM o
            """,
            [collector.program_id, OVER, collector.pk],
        )
        cursor.execute("ANALYZE programs_lease, programs_stopproof, programs_stoporder")


def rows_read(statement, facts):
    """How many rows each step of a statement looked at, the most of them first."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", facts)
        plan = cursor.fetchone()[0]
    steps = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    found = []
    while steps:
        step = steps.pop()
        steps += step.get("Plans", [])
        read = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
        found.append((read * step["Actual Loops"], step["Node Type"], step.get("Relation Name")))
    return sorted(found, reverse=True, key=lambda each: each[0])


@pytest.mark.parametrize("statement", ["_AT_MOST", "_COUNT"])
def test_what_is_long_over_is_not_read(statement):
    program = make.program()
    collector = make.collector(program)
    make.lease(collector)
    long_history(collector)
    order = pauses.pause(program, holder="INC-1", label="Teal", reason="r", actor=make.SYSTEM).order
    order.proofs.all().delete()
    facts = census._facts(order) | {"limit": 10}
    of_leases = [
        (rows, kind)
        for rows, kind, table in rows_read(getattr(census, statement), facts)
        if table in ("programs_lease", "programs_stopproof")
    ]
    assert of_leases[0][0] < OVER / 10, of_leases


@pytest.mark.parametrize(("most", "more"), [(1, True), (2, False)])
def test_it_tells_many_from_few(most, more):
    program = make.program()
    for _ in range(2):
        make.lease(make.collector(program))
    order = pauses.pause(program, holder="INC-1", label="Teal", reason="r", actor=make.SYSTEM).order
    program.leases.update(revoked_at=None)
    order.proofs.all().delete()
    assert census.are_more_than(most, order) is more


def test_who_was_left_running_by_a_drill_is_counted_by_the_next_stop():
    program = make.program()
    for is_drill in (True, False):
        make.lease(make.collector(program, is_drill=is_drill))
    pauses.pause(
        program, holder="drill", label="Teal", reason="r", actor=make.SYSTEM, drill_only=True
    )
    order = pauses.pause(program, holder="INC-1", label="Teal", reason="r", actor=make.SYSTEM).order
    assert {proof.collector.is_drill for proof in order.proofs.all()} == {True, False}


def test_a_stop_that_was_not_counted_yet_hides_nobody_from_the_next(monkeypatch):
    program = make.program()
    make.lease(make.collector(program))
    monkeypatch.setattr(stops, "COUNTED_AT_ONCE", -1)
    first = pauses.pause(program, holder="INC-1", label="Teal", reason="r", actor=make.SYSTEM).order
    program.refresh_from_db()
    lifecycle.begin_for_a_part(program, actor=make.SYSTEM, why="r")
    second = stops.order(program, WHOLE, actor=make.SYSTEM)
    stops.count_off(second.pk)
    assert second.proofs.count() == 1
    assert first.counted_at is None
