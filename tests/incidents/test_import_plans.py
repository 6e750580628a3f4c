"""A part of an import costs the hundredth time what it did the first."""

import pytest
from django.db import connection

from incidents import importing
from tests import make
from tests.incidents.test_importing import row, table, take

pytestmark = pytest.mark.django_db

GROW = [
    *("incidents_incident", "incidents_exposure", "incidents_accessgrant", "incidents_imported"),
    *("incidents_incidentgrouppermission", "incidents_measure", "incidents_historicalincident"),
    *("incidents_obligation", "severity_assessment", "audit_entry"),
]
READ = "seq_scan", "seq_tup_read + coalesce(idx_tup_fetch, 0)"


def test_a_part_reads_no_more_of_what_was_filed_before_however_much_that_is(monkeypatch):
    """Neither a table from end to end, nor an index."""
    # Not by plans that another test made for tables without rows.
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)
    _as_if_new()
    officer = make.officer()
    rows = table(*(row(n) for n in range(501)))
    run = importing.confirm(take(rows, officer), actor=officer, by_engine=False)
    took = [work(run, part) for part in range(1, 6)]
    # The first finds empty tables.
    assert {whole for whole, _rows in took[1:]} == {0}
    assert took[4][1] <= took[1][1] * 1.02, took


def test_what_came_before_is_looked_up_by_indexes_too(django_assert_max_num_queries):
    officer = make.officer()
    run = importing.confirm(take(table(row(1)), officer), actor=officer, by_engine=False)
    with django_assert_max_num_queries(200) as asked:
        importing.work(run.pk, 1, by_engine=False)
    said = [each["sql"] for each in asked.captured_queries]
    looked = next(n for n, sql in enumerate(said) if 'FROM "incidents_imported"' in sql)
    assert any("enable_seqscan = off" in sql for sql in said[:looked])
    assert '"source" IN' in said[looked]


def _as_if_new():
    """Forget what is known of tables that other tests filled and emptied: pages without a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_clear_relation_stats(schemaname, relname) FROM pg_stat_user_tables"
            " WHERE relname = ANY(%s)",
            [GROW],
        )


def work(run, part):
    """How many tables that grow were read whole for one part, and how many rows of them."""
    before = read()
    importing.work(run.pk, part, by_engine=False)
    return tuple(after - was for after, was in zip(read(), before, strict=True))


def read():
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(f'sum({each})' for each in READ)} FROM pg_stat_xact_user_tables"
            " WHERE relname = ANY(%s)",
            [GROW],
        )
        return [int(each) for each in cursor.fetchone()]
