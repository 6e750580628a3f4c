"""Whether this process lives, whether it can serve, and whether the engine ticks."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, OperationalError
from django.utils import timezone

from audit import clockwork
from audit import engine as dispatcher
from audit.models import Due, EngineBeat
from config import health


@pytest.fixture
def ticked(db, monkeypatch):
    """An engine has ticked just now."""
    # It would close the connection that the test's own transaction is on.
    monkeypatch.setattr(dispatcher, "close_old_connections", lambda: None)
    dispatcher.Engine(workers=False).tick()


@pytest.fixture
def away(monkeypatch):
    """A database that does not answer."""

    def refuse(*_args, **_kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(health, "connection", SimpleNamespace(cursor=refuse))
    monkeypatch.setattr(health.overdue, "look", refuse)


def test_a_process_lives_whatever_is_away(client, away):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_pages_can_be_served_when_the_database_answers(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["database"] == "ok"


def test_pages_cannot_be_served_without_the_database(client, away):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "away: OperationalError"


@pytest.mark.django_db
def test_pages_cannot_be_served_by_tables_of_another_version(client, monkeypatch):
    monkeypatch.setattr(health, "_migrated", set())
    plan = SimpleNamespace(
        loader=SimpleNamespace(graph=SimpleNamespace(leaf_nodes=list)),
        migration_plan=lambda _nodes: ["one"],
    )
    monkeypatch.setattr(health, "MigrationExecutor", lambda _connection: plan)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "behind: run migrate")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "said"),
    [("", "none: "), ("redis://127.0.0.1:1/0", "away: "), ("unix:///nowhere.sock", "away: ")],
)
def test_pages_are_served_without_redis_and_say_so(client, settings, url, said):
    settings.REDIS_URL = url
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["redis"].startswith(said)


def test_an_engine_that_ticks_is_well(client, ticked):
    answer = client.get("/healthz/engine")
    assert answer.status_code == 200
    assert answer.json()["engine"] == "ticking"


@pytest.mark.django_db
def test_an_engine_that_never_ticked_is_not_well(client):
    answer = client.get("/healthz/engine")
    assert answer.status_code == 503
    assert answer.json() == {
        "engine": "silent",
        "seconds_since_tick": None,
        "seconds_since_check": None,
        "overdue": 0,
        "given_up": 0,
    }


@pytest.mark.parametrize(("seconds", "status"), [(14, 200), (16, 503)])
def test_an_engine_that_is_silent_for_15_seconds_is_not_well(client, ticked, seconds, status):
    EngineBeat.objects.update(ticked_at=timezone.now() - timedelta(seconds=seconds))
    assert client.get("/healthz/engine").status_code == status


@pytest.mark.parametrize(("seconds", "status"), [(50, 200), (70, 503)])
def test_work_that_is_a_minute_late_is_not_well(client, ticked, seconds, status):
    late = timezone.now() - timedelta(seconds=seconds)
    clockwork.schedule("incidents.fire_rule", key="late", payload={"firing": 0}, due_at=late)
    answer = client.get("/healthz/engine")
    assert answer.status_code == status
    assert answer.json()["overdue"] == (status == 503)


@pytest.mark.django_db
def test_work_that_was_given_up_is_counted(client, engine):
    clockwork.schedule("incidents.fire_rule", key="bad", payload={"firing": 0})
    engine.work()
    for _ in range(15):
        engine.forward(minutes=11)
    assert Due.objects.get().state == Due.State.DEAD
    assert client.get("/healthz/engine").json()["given_up"] == 1


def test_without_the_database_nothing_is_known_of_the_engine(client, away):
    answer = client.get("/healthz/engine")
    assert answer.status_code == 503
    assert answer.json() == {"engine": "unknown: the database does not answer"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/healthz/engine"])
def test_health_is_only_read(client, path, away):
    assert client.post(path).status_code == 405
    assert issubclass(OperationalError, DatabaseError)
