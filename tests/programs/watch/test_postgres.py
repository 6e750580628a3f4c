"""The connector against a real PostgreSQL."""

import psycopg
import pytest

from programs.watch.audience import Declared, Width, compare
from programs.watch.connectors import catalog, postgres
from programs.watch.connectors.taking import Canary, Unreachable
from programs.watch.graph import effective


def look(warehouse, *tables, **where):
    return postgres.take(warehouse.place(*tables, **where), "")


def readers(taken):
    found = effective(taken.store)
    names = {taken.store.principals[key].name: " < ".join(found.path(key)) for key in found.readers}
    return {name: path for name, path in names.items() if name.startswith(("watched_", "PUBLIC"))}


def test_a_new_table_is_read_by_its_owner_and_superusers_alone(warehouse):
    taken = look(warehouse)
    assert readers(taken) == {}
    assert (taken.gaps, taken.has_data) == ((), False)
    found = compare(effective(taken.store), Declared(frozenset(["postgres"])))
    assert found.is_clean


def test_a_member_of_a_member_reads_what_the_group_may(warehouse):
    analysts, interns = warehouse.role("analysts", "NOLOGIN"), warehouse.role("interns", "NOLOGIN")
    ben = warehouse.role("ben")
    warehouse.tell(f"GRANT {analysts} TO {interns}; GRANT {interns} TO {ben}")
    warehouse.tell(f"GRANT SELECT ON study.keys TO {analysts}")
    assert readers(look(warehouse)) == {}, "without the schema nobody reads the table"
    warehouse.tell(f"GRANT USAGE ON SCHEMA study TO {interns}")
    path = readers(look(warehouse))[ben]
    assert path == f"SELECT on study.keys < {analysts} < {interns} < {ben}"


def test_everybody_who_can_connect_reads_what_public_may(warehouse):
    ben = warehouse.role("ben")
    warehouse.tell("GRANT USAGE ON SCHEMA study TO PUBLIC; GRANT SELECT ON study.keys TO PUBLIC")
    found = readers(look(warehouse))
    assert found["PUBLIC"] == "SELECT on study.keys < PUBLIC"
    assert found[ben].endswith(f"PUBLIC < {ben}")
    verdict = compare(effective(look(warehouse).store), Declared(frozenset(["postgres"])))
    assert verdict.width == Width.EVERYONE
    warehouse.tell(f"REVOKE CONNECT ON DATABASE {warehouse.name} FROM PUBLIC")
    assert readers(look(warehouse)) == {}


def test_one_column_is_enough(warehouse):
    ben = warehouse.role("ben")
    warehouse.tell(
        f"GRANT USAGE ON SCHEMA study TO {ben}; GRANT SELECT (what) ON study.keys TO {ben}"
    )
    assert readers(look(warehouse))[ben].startswith("SELECT on study.keys (column what)")


def test_a_view_lets_in_who_may_read_the_view(warehouse):
    ben = warehouse.role("ben")
    warehouse.tell("CREATE SCHEMA open; CREATE VIEW study.v AS SELECT what FROM study.keys")
    warehouse.tell("CREATE VIEW open.vv AS SELECT * FROM study.v")
    warehouse.tell(f"GRANT USAGE ON SCHEMA open TO {ben}; GRANT SELECT ON open.vv TO {ben}")
    assert readers(look(warehouse))[ben] == f"SELECT on view open.vv < {ben}"
    warehouse.tell("ALTER VIEW open.vv SET (security_invoker = true)")
    assert readers(look(warehouse)) == {}


def test_a_part_of_a_table_is_looked_at_as_well(warehouse):
    ben = warehouse.role("ben")
    warehouse.tell("CREATE TABLE study.all (day int) PARTITION BY RANGE (day)")
    warehouse.tell("CREATE TABLE study.one PARTITION OF study.all FOR VALUES FROM (1) TO (2)")
    warehouse.tell(f"GRANT USAGE ON SCHEMA study TO {ben}; GRANT SELECT ON study.one TO {ben}")
    taken = look(warehouse, "study.all")
    assert readers(taken)[ben] == f"SELECT on study.one < {ben}"
    assert taken.has_data is False
    warehouse.tell("INSERT INTO study.all VALUES (1)")
    assert look(warehouse, "study.all").has_data is True


def test_who_may_read_all_data_of_the_server_reads_these(warehouse):
    ben = warehouse.role("ben")
    warehouse.tell(f"GRANT pg_read_all_data TO {ben}")
    assert readers(look(warehouse))[ben] == f"reads all tables < pg_read_all_data < {ben}"


@pytest.mark.parametrize(
    ("options", "groups", "why"),
    [
        ("LOGIN REPLICATION", "", "may copy the whole server (REPLICATION)"),
        ("LOGIN", "pg_read_server_files", "reads files of the server < pg_read_server_files"),
        ("LOGIN", "pg_execute_server_program", "pg_execute_server_program"),
        ("NOLOGIN REPLICATION", "", ""),
    ],
)
def test_who_reads_past_all_grants_reads_these(warehouse, options, groups, why):
    ben = warehouse.role("ben", options)
    if groups:
        warehouse.tell(f"GRANT {groups} TO {ben}")
    found = readers(look(warehouse))
    assert set(found) == ({ben} if why else set())
    assert why in found.get(ben, "")


def test_a_membership_that_gives_nothing_gives_nothing(warehouse):
    analysts, ben, cleo = warehouse.role("analysts", "NOLOGIN"), *map(warehouse.role, ("b", "c"))
    warehouse.tell(
        f"GRANT USAGE ON SCHEMA study TO {analysts}; GRANT SELECT ON study.keys TO {analysts}"
    )
    warehouse.tell(f"GRANT {analysts} TO {ben} WITH INHERIT FALSE, SET FALSE")
    warehouse.tell(f"GRANT {analysts} TO {cleo} WITH INHERIT FALSE, SET TRUE")
    found = readers(look(warehouse))
    assert set(found) == {cleo}
    assert found[cleo].endswith(f"{cleo} (by SET ROLE)")


def test_rights_on_later_tables_are_only_for_later(warehouse):
    ben = warehouse.role("ben")
    warehouse.tell(f"GRANT USAGE ON SCHEMA study TO {ben}")
    warehouse.tell(f"ALTER DEFAULT PRIVILEGES IN SCHEMA study GRANT SELECT ON TABLES TO {ben}")
    found = effective(look(warehouse, "study.*").store)
    assert {found.store.principals[key].name for key in found.later} == {ben}
    warehouse.tell(f"ALTER DEFAULT PRIVILEGES IN SCHEMA study REVOKE SELECT ON TABLES FROM {ben}")


def test_row_security_is_noted_and_a_table_that_is_gone_is_a_gap(warehouse):
    warehouse.tell("ALTER TABLE study.keys ENABLE ROW LEVEL SECURITY")
    taken = look(warehouse, "study.keys", "study.gone", "nowhere.*")
    assert "row security" in taken.notes[0]
    assert len(taken.gaps) == 2
    assert "study.gone is not there" in taken.gaps[0]


def test_catalogs_that_may_not_be_read_are_gaps(warehouse):
    watch = warehouse.role("watch")
    warehouse.tell("REVOKE SELECT ON pg_auth_members FROM PUBLIC")
    taken = look(warehouse, user=watch)
    assert taken.gaps == (
        "It may not be read who is in which role: grant the watch's role that right.",
    )


def test_a_role_without_any_right_to_the_data_sees_who_may_read_them(warehouse):
    watch, ben = warehouse.role("watch"), warehouse.role("ben")
    warehouse.tell(f"GRANT USAGE ON SCHEMA study TO {ben}; GRANT SELECT ON study.keys TO {ben}")
    taken = look(warehouse, user=watch)
    assert (set(readers(taken)), taken.gaps) == ({ben}, ())


def test_who_is_not_let_in_sees_nothing_and_says_so(warehouse):
    with pytest.raises(Unreachable, match="cannot be reached: .*does not exist"):
        look(warehouse, user="nobody_of_this_name")


def test_an_outsider_that_reads_is_told_from_one_that_is_refused(warehouse):
    guest = warehouse.role("guest")
    tried = postgres.try_as_outsider(warehouse.place(), guest, "")
    assert tried.canary is Canary.REFUSED
    warehouse.tell(f"GRANT USAGE ON SCHEMA study TO {guest}; GRANT SELECT ON study.keys TO {guest}")
    tried = postgres.try_as_outsider(warehouse.place("study.*"), guest, "")
    assert (tried.canary, tried.said) == (Canary.READ, f"study.keys was read as {guest}.")
    away = postgres.Place("127.0.0.1", 9, "x", "y", ("a.b",))
    assert postgres.try_as_outsider(away, guest, "").canary is Canary.UNKNOWN


def test_an_outsider_with_nothing_to_try_was_not_refused(warehouse):
    guest = warehouse.role("guest")
    tried = postgres.try_as_outsider(warehouse.place("nowhere.*"), guest, "")
    assert (tried.canary, tried.said) == (Canary.UNKNOWN, "there was no table to try.")


def test_of_very_many_tables_the_outsider_tries_those_first_that_it_may_read(warehouse):
    guest = warehouse.role("guest")
    warehouse.tell(
        "DO $$ BEGIN FOR n IN 1..1001 LOOP"
        " EXECUTE format('CREATE TABLE study.a%s (x int)', n); END LOOP; END $$"
    )
    warehouse.tell("CREATE TABLE study.zebra (x int)")
    warehouse.tell(f"GRANT USAGE ON SCHEMA study TO {guest}")
    warehouse.tell(f"GRANT SELECT (x) ON study.zebra TO {guest}")
    tried = postgres.try_as_outsider(warehouse.place("study.*"), guest, "")
    assert (tried.canary, tried.said) == (Canary.READ, f"study.zebra was read as {guest}.")


@pytest.mark.parametrize("when", ["_named", "transaction"])
def test_a_store_that_vanishes_while_the_outsider_tries_is_no_refusal(warehouse, monkeypatch, when):
    guest = warehouse.role("guest")
    target = (postgres, "_named") if when == "_named" else (psycopg.Connection, "transaction")
    whole = getattr(*target)

    def vanishes(line, *more):
        warehouse.tell(f"SELECT pg_terminate_backend({line.info.backend_pid})")
        return whole(line, *more)

    monkeypatch.setattr(*target, vanishes)
    tried = postgres.try_as_outsider(warehouse.place("study.*"), guest, "")
    assert tried.canary is Canary.UNKNOWN


def test_a_store_that_vanishes_in_the_midst_of_a_look_is_not_seen(warehouse, monkeypatch):
    watch = warehouse.role("watch")
    rights = catalog._rights

    def vanishes(found, ask):
        warehouse.tell(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{watch}'"
        )
        rights(found, ask)

    monkeypatch.setattr(catalog, "_rights", vanishes)
    with pytest.raises(Unreachable, match="The store broke off"):
        look(warehouse, user=watch)


@pytest.mark.parametrize(
    ("said", "canary"),
    [
        ('permission denied for database "study"', Canary.REFUSED),
        ('password authentication failed for user "guest"', Canary.UNKNOWN),
        ('role "FATAL:  permission denied for database" does not exist', Canary.UNKNOWN),
    ],
)
def test_only_who_signs_in_is_refused(monkeypatch, said, canary):
    def connect(*_where, **_terms):
        raise psycopg.OperationalError(
            f'connection to server at "s", port 1 failed: FATAL:  {said}'
        )

    monkeypatch.setattr(psycopg, "connect", connect)
    place = postgres.Place("s", 1, "study", "x", ("a.b",))
    assert postgres.try_as_outsider(place, "guest", "no").canary is canary


def test_an_outsider_who_may_not_enter_the_database_is_refused(warehouse):
    guest = warehouse.role("guest")
    warehouse.tell(f"REVOKE CONNECT ON DATABASE {warehouse.name} FROM PUBLIC")
    assert postgres.try_as_outsider(warehouse.place(), guest, "").canary is Canary.REFUSED


def test_a_password_is_given_to_nobody_who_does_not_ask_for_a_proof(warehouse):
    # The servers of the tests trust everybody, as whoever stood in a store's place would.
    with pytest.raises(Unreachable, match="scram-sha-256"):
        postgres.take(warehouse.place(), "guess me")


def test_a_store_that_falls_silent_is_not_seen_and_holds_nobody(warehouse, monkeypatch):
    monkeypatch.setattr(postgres, "LONGEST_SECONDS", 0.2)
    monkeypatch.setattr(postgres, "read", lambda line, _tables: line.execute("SELECT pg_sleep(9)"))
    with pytest.raises(Unreachable, match="The store broke off"):
        look(warehouse)
