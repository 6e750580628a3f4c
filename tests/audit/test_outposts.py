"""Checkpoints in an object store and in another PostgreSQL: written once, and read back."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection

from audit import outposts, sealing
from audit.models import Checkpoint, Deposit, Due

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    settings.RECORD = replace(settings.RECORD, folder=tmp_path / "day", storage=backend)
    options = {"location": tmp_path / "bucket"}
    settings.STORAGES = settings.STORAGES | {
        "checkpoints": {"BACKEND": backend, "OPTIONS": options}
    }
    return storages["checkpoints"]


@pytest.fixture
def other(settings, tmp_path, request):
    """Another database of the server of the tests."""
    at = connection.settings_dict
    line = {"host": at["HOST"], "port": at["PORT"] or 5432, "user": at["USER"]}
    worker = getattr(request.config, "workerinput", {}).get("workerid", "w0")
    name = f"outpost_{worker}"
    with psycopg.connect(dbname="postgres", autocommit=True, **line) as outer:
        outer.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        outer.execute(f"CREATE DATABASE {name}")
        place = f"postgresql://{at['USER']}@/{name}?host={at['HOST']}&port={line['port']}"
        settings.RECORD = replace(settings.RECORD, folder=tmp_path / "day", database=place)
        with psycopg.connect(dbname=name, autocommit=True, **line) as inner:
            yield inner
        outer.execute(f"DROP DATABASE {name} WITH (FORCE)")


def places():
    return set(Deposit.objects.exclude(place="file").values_list("place", "where"))


def name_of(checkpoint):
    return f"{checkpoint.made_at:%Y-%m-%d}/checkpoint-{checkpoint.number:012}.jsonl"


def test_nothing_is_planned_where_no_setting_names_a_place(settings, tmp_path, engine):
    settings.RECORD = replace(settings.RECORD, folder=tmp_path / "day")
    sealing.seal()
    engine.work()
    assert not Due.objects.filter(kind__in=[outposts.STORE, outposts.ROW]).exists()


# --- Object store


def test_each_checkpoint_is_an_object_of_its_own(store, engine):
    said = [sealing.seal(), sealing.seal()]
    engine.work()
    rows = Checkpoint.objects.order_by("number")
    assert places() == {("storage", name_of(row)) for row in rows}
    kept = [Path(store.path(name_of(row))).read_text() for row in rows]
    assert kept == [f"{each.text}\n" for each in said]


def test_it_has_a_lane_of_its_own(store, engine):
    sealing.seal()
    engine.work()
    lanes = set(Due.objects.filter(key__startswith="deposit:").values_list("payload__lane", "kind"))
    assert (outposts.STORE, outposts.STORE) in lanes
    assert len({lane for lane, _kind in lanes}) == len(lanes) == 2


def test_what_is_there_after_a_crash_is_not_written_twice(store, engine):
    said = sealing.seal()
    row = Checkpoint.objects.get()
    store.save(name_of(row), ContentFile(f"{said.text}\n".encode()))
    engine.work()
    assert places() == {("storage", name_of(row))}
    assert len(store.listdir(f"{row.made_at:%Y-%m-%d}")[1]) == 1


def test_another_checkpoint_under_its_name_is_no_deposit(store, engine):
    sealing.seal()
    store.save(name_of(Checkpoint.objects.get()), ContentFile(b"{}\n"))
    engine.work()
    assert places() == set()
    assert Due.objects.get(kind=outposts.STORE).last_error == "HoldsAnother"
    with pytest.raises(outposts.HoldsAnother, match="holds another checkpoint"):
        outposts.in_store({"number": 1})


# --- Another PostgreSQL


def rows(other):
    return other.execute("SELECT number, text FROM andon_checkpoint ORDER BY 1").fetchall()


def test_the_table_is_made_and_keeps_what_is_added(other, engine):
    said = [sealing.seal(), sealing.seal()]
    engine.work()
    assert rows(other) == [(each.number, each.text) for each in said]
    assert {place for place, _where in places()} == {"postgres"}
    for change in ("UPDATE andon_checkpoint SET text = ''", "DELETE FROM andon_checkpoint"):
        with pytest.raises(psycopg.errors.RaiseException, match="keeps what was written"):
            other.execute(change)


def test_a_second_try_adds_no_second_row(other, engine):
    sealing.seal()
    engine.work()
    outposts.in_database({"number": Checkpoint.objects.get().number})()
    assert len(rows(other)) == 1
    assert len(places()) == 1


def test_another_row_under_its_number_is_no_deposit(other, engine):
    said = sealing.seal()
    other.execute(outposts._MAKE)
    other.execute(outposts._ADD, [said.log, said.number, "{}"])
    engine.work()
    assert places() == set()
    assert Due.objects.get(kind=outposts.ROW).last_error == "HoldsAnother"
    with pytest.raises(outposts.HoldsAnother, match="holds another checkpoint 1"):
        outposts.in_database({"number": 1})


def test_a_place_that_refuses_is_neither_away_nor_forged(other, engine):
    other.execute("CREATE TABLE andon_checkpoint (log text, number bigint, text text)")
    sealing.seal()
    engine.work()
    assert places() == set()
    assert Due.objects.get(kind=outposts.ROW).last_error == "NotDeposited"


def test_what_is_not_there_is_tried_again_and_its_password_is_not_told(settings, tmp_path, engine):
    gone = "postgresql://andon:guess-me@127.0.0.1:9/nowhere"
    settings.RECORD = replace(settings.RECORD, folder=tmp_path / "day", database=gone)
    sealing.seal()
    engine.work()
    row = Due.objects.get(kind=outposts.ROW)
    assert (row.state, row.attempts) == ("scheduled", 1)
    assert row.last_error == "NoAnswer"
    with pytest.raises(outposts.NoAnswer) as error:
        outposts.in_database({"number": 1})
    assert str(error.value) == "The other PostgreSQL: OperationalError."


def test_a_server_that_falls_silent_is_left(other, engine, monkeypatch):
    monkeypatch.setattr(outposts, "_LONGEST_SECONDS", 0.2)
    monkeypatch.setattr(outposts, "_SESSION", {})
    sealing.seal()
    other.execute(outposts._MAKE)
    with other.transaction():
        other.execute("LOCK TABLE andon_checkpoint")
        engine.work()
    assert Due.objects.get(kind=outposts.ROW).last_error == "NoAnswer"


def test_a_statement_that_waits_too_long_ends_by_itself(other, engine, monkeypatch):
    monkeypatch.setitem(outposts._SESSION, "lock_timeout", 100)
    sealing.seal()
    other.execute(outposts._MAKE)
    with other.transaction():
        other.execute("LOCK TABLE andon_checkpoint")
        engine.work()
    assert Due.objects.get(kind=outposts.ROW).last_error == "NoAnswer"
