"""What the database refuses, whoever asks it."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from accounts.kept import REFUSED
from accounts.models import User
from audit import guards, history, trail
from audit.models import Entry, Head, OutboxEvent, Remark
from programs import collectors
from tests import make
from tests.audit import plant

pytestmark = pytest.mark.django_db
TABLES = sorted((m._meta.db_table, REFUSED[m], m._meta.pk.column) for m in REFUSED)


def refused(statement, *values):
    """True if the database says that it keeps what was written."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except DatabaseError as error:
        return "andon: " in str(error)
    return False


def entry():
    return trail.record("test.done", make.user(), actor=make.SYSTEM, remark="why")


def test_every_table_that_claims_to_be_kept_has_its_triggers():
    assert guards.missing(connection) == []
    assert len(TABLES) > 20


def test_each_statement_that_a_kept_table_refuses_is_in_its_trigger():
    for table, statements, _pk in TABLES:
        definition = guards.expected()[table, "andon_kept"]
        assert all(statement in definition for statement in statements), table


@pytest.mark.parametrize("table", [table for table, *_ in TABLES])
def test_no_kept_table_can_be_emptied(table):
    assert refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(("model", "row"), [(Entry, entry), (Head, entry), (Remark, entry)])
def test_an_entry_and_what_belongs_to_it_stays(model, row):
    row()
    table, pk = model._meta.db_table, model._meta.pk.column
    assert refused(f"UPDATE {table} SET {pk} = {pk}")
    assert refused(f"DELETE FROM {table}") is (model is not Remark)


def test_an_event_is_never_rewritten():
    OutboxEvent.objects.create(topic="test", payload={})
    assert refused("UPDATE audit_outboxevent SET payload = '{}'")


def test_a_row_of_history_is_neither_changed_nor_removed():
    collectors.register(make.program(), name="laptop-1", actor=make.SYSTEM)
    table = "programs_historicalcollector"
    assert refused(f"UPDATE {table} SET history_change_reason = 'nobody'")
    assert refused(f"DELETE FROM {table}")


def test_the_head_of_a_stream_cannot_be_moved_by_hand():
    entry()
    assert refused("UPDATE audit_head SET seq = 0, hash = repeat('0', 64)")
    assert refused("INSERT INTO audit_head (stream, seq, hash) VALUES ('user:0', 7, 'x')")
    assert refused("DELETE FROM audit_head")


def test_nobody_writes_their_own_place_time_or_hash_into_an_entry():
    subject = make.user()
    forged = Entry.objects.create(
        stream=trail.stream_of(subject),
        seq=99,
        prev="a" * 64,
        hash="b" * 64,
        at="2001-01-01T00:00:00Z",
        action="test.forged",
        subject="x:1",
        body="{}",
    )
    forged.refresh_from_db()
    assert forged.seq == 1
    assert forged.at.year > 2001
    assert forged.prev == "0" * 64


def test_a_session_cannot_talk_its_way_around_the_triggers():
    entry()
    with connection.cursor() as cursor:
        for setting in ("pgtrigger.ignore", "andon.ignore"):
            cursor.execute(f"SET LOCAL {setting} = '{{audit_entry:andon_kept,andon_kept}}'")
    assert refused("UPDATE audit_entry SET body = '{}'")


@pytest.mark.parametrize(
    "attack",
    [
        "DROP TRIGGER andon_kept ON audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER andon_kept",
        "ALTER TABLE audit_entry ENABLE REPLICA TRIGGER andon_kept",
        "CREATE OR REPLACE TRIGGER andon_kept BEFORE UPDATE ON audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION andon_refuse()",
        "CREATE OR REPLACE TRIGGER andon_kept BEFORE DELETE OR UPDATE ON audit_entry"
        " FOR EACH ROW WHEN (false) EXECUTE FUNCTION andon_refuse()",
        "CREATE OR REPLACE TRIGGER andon_kept BEFORE DELETE OR UPDATE ON audit_entry"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE OR REPLACE FUNCTION andon_refuse() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NEW; END $$",
    ],
)
def test_a_guard_that_was_weakened_is_missed(attack):
    plant.sql(attack)
    assert ("audit_entry", "andon_kept") in guards.missing(connection)


@pytest.mark.parametrize(
    "attack",
    [
        "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN RETURN NEW; END $$",
        "ALTER FUNCTION {}() RESET ALL",
        "ALTER FUNCTION {}() SET search_path = pg_temp, public",
        "ALTER FUNCTION {}() SET session_replication_role = replica",
        "ALTER FUNCTION {}() SECURITY {rights}",
    ],
)
@pytest.mark.parametrize(
    ("function", "lost"),
    [
        ("andon_refuse", ("audit_entry", "andon_kept")),
        ("andon_chain", ("audit_entry", "andon_chain")),
        ("andon_head", ("audit_head", "andon_head")),
    ],
)
def test_a_function_that_does_something_else_is_missed(attack, function, lost):
    # Only the chain's must have the rights of its owner, and the others must not.
    rights = "INVOKER" if function == "andon_chain" else "DEFINER"
    plant.sql(attack.format(function, rights=rights))
    assert lost in guards.missing(connection)


@pytest.mark.parametrize(
    ("attack", "found"),
    [
        (
            "CREATE TRIGGER andon_also BEFORE INSERT ON audit_entry FOR EACH ROW"
            " EXECUTE FUNCTION andon_head()",
            ("audit_entry", "trigger andon_also"),
        ),
        (
            "CREATE TRIGGER a BEFORE INSERT ON audit_head FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            ("audit_head", "trigger a"),
        ),
        (
            "CREATE RULE lost AS ON INSERT TO audit_remark DO INSTEAD NOTHING",
            ("audit_remark", "rule lost"),
        ),
        ("CREATE TABLE beside () INHERITS (audit_entry)", ("audit_entry", "table beside")),
    ],
)
def test_what_hangs_on_a_kept_table_and_is_not_ours_is_named(attack, found):
    assert guards.unexpected(connection) == []
    plant.sql(attack)
    assert guards.unexpected(connection) == [found]


def test_what_was_weakened_is_put_right_by_the_next_migrate():
    plant.sql("ALTER FUNCTION andon_chain() RESET ALL")
    plant.sql("DROP TRIGGER andon_head ON audit_head")
    guards.install(apps.get_app_config("audit"), using="default")
    assert guards.missing(connection) == []


def test_a_table_of_the_same_name_in_a_session_takes_no_entry_from_the_chain():
    first = entry()
    plant.sql("CREATE TEMP TABLE audit_head (LIKE public.audit_head INCLUDING ALL)")
    plant.sql("INSERT INTO pg_temp.audit_head VALUES (%s, 76, repeat('f', 64))", first.stream)
    trail.record("test.done", User.objects.get(), actor=make.SYSTEM)
    plant.sql("DROP TABLE pg_temp.audit_head")
    assert Head.objects.get(stream=first.stream).seq == 2
    assert Entry.objects.get(seq=2).prev == Entry.objects.get(seq=1).hash


def test_a_row_that_is_not_kept_still_gets_history_that_is():
    made = make.dataset(make.program())
    made.name = "Another"
    history.save(made, "name", actor=make.SYSTEM)
    assert made.history.count() == 2
