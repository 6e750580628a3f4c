"""Andon works as a role that owns nothing: all goes on, and nothing that is kept can be changed."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from audit import guards, privileges, sealing, trail, verification
from audit.models import Entry, Head
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db

ROLE = "andon_app_of_tests"


@pytest.fixture(autouse=True)
def role():
    """Rolled back with the test, as roles are made within a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE}")
    privileges.give(connection, ROLE, tables=set(connection.introspection.table_names()))


@contextmanager
def as_the_app():
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE}")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")


REFUSED = [
    "UPDATE audit_entry SET action = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry CASCADE",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER andon_kept ON audit_entry",
    "SET session_replication_role = replica",
    "UPDATE audit_head SET seq = 9",
    "INSERT INTO audit_head VALUES ('x', 1, 'y')",
    "DELETE FROM audit_head",
    "UPDATE audit_leaf SET place = 7",
    "DELETE FROM audit_checkpoint",
    "CREATE OR REPLACE FUNCTION public.andon_chain() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN RETURN NEW; END$$",
    "CREATE TEMP TABLE mine (stream text, seq bigint, at timestamptz, prev text, hash text, body"
    " text); CREATE TRIGGER mine BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION andon_chain()",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_it_can_change_nothing_that_is_kept(statement):
    person = make.user()
    with as_the_app():
        trail.record("test.done", person, actor=make.SYSTEM)
        refused = pytest.raises(DatabaseError, match="permission denied|must be owner")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert verification.verify().clean


def test_all_that_andon_does_goes_on(engine):
    with as_the_app():
        program = make.program()
        make.lease(make.collector(program))
        make.incident(Sev.SEV1, program=program)
        sealing.seal()
        engine.forward(hours=2)
    report = verification.verify()
    assert report.flaws == []
    assert report.entries == Entry.objects.count() > 5
    assert Head.objects.exists()


def test_a_right_too_many_is_seen():
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE, TRIGGER ON audit_entry TO {ROLE}")
        cursor.execute("GRANT DELETE ON audit_leaf TO PUBLIC")
    assert privileges.wrong(connection) == [
        ("audit_entry", f"the role {ROLE} may TRIGGER, UPDATE there"),
        ("audit_leaf", "the role PUBLIC may DELETE there"),
    ]


def test_whoever_owns_the_record_is_told_so_and_the_app_is_not():
    assert "owns the record" in str(verification.verify().notes)
    with as_the_app():
        assert privileges.notes(connection) == []


def test_migrating_gives_the_rights_again(settings):
    settings.RECORD = replace(settings.RECORD, role=ROLE)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT UPDATE ON audit_entry TO {ROLE}")
    guards.install(apps.get_app_config("audit"), "default")
    assert privileges.wrong(connection) == []
