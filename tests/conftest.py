"""The few fixtures that most tests share. The servers are started by tests/servers.py."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.test.testcases import TransactionTestCase

from accounts import resolving
from accounts.functions import Function
from audit import clockwork
from audit.models import Due
from programs import controlset
from severity import inforce
from tests import databases, make

MIGRATED = {"django_migrations", "django_content_type", "auth_permission", "auth_group"}


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def _static_root(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An empty one: WhiteNoise warns if there is none, and nothing here was collected."""
    settings.STATIC_ROOT = tmp_path_factory.mktemp("staticfiles")


@pytest.fixture(autouse=True, scope="session")
def _evidence(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where evidence is kept; before any file is, since the storage remembers the place."""
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("evidence")


@pytest.fixture(autouse=True, scope="session")
def _checkpoints(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where checkpoints go. Who verifies with what lies there has a folder of their own."""
    folder = tmp_path_factory.mktemp("checkpoints")
    settings.RECORD = replace(settings.RECORD, folder=folder)


@pytest.fixture(autouse=True, scope="session")
def _no_names() -> Iterator[None]:
    """Names of other systems lead nowhere, whatever the network in which the tests run says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolving, "led_to", lambda _host: [])
        yield


SHIPPED = (controlset.FOLDER, controlset.CURRENT)


@pytest.fixture(autouse=True, scope="session")
def _one_control() -> None:
    """Programs start with one control shown, not with 24: see `every_control`."""
    controlset.FOLDER, controlset.CURRENT = Path(__file__).parent / "controls", "2000.01-1"


@pytest.fixture
def every_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """The controls that are shipped."""
    monkeypatch.setattr(controlset, "FOLDER", SHIPPED[0])
    monkeypatch.setattr(controlset, "CURRENT", SHIPPED[1])


@pytest.fixture(autouse=True)
def _no_rule_set_of_another_test() -> None:
    inforce.forget()


@pytest.fixture
def engine(db: Any) -> "Engine":
    return Engine()


class Engine:
    """The engine's work without its loop: run what is due, or what will be due by a later time."""

    def work(self) -> int:
        """Do everything that is due now; return how much that was."""
        done = 0
        while claims := clockwork.claim():
            for claim in claims:
                clockwork.run(claim.pk, claim.token)
                done += 1
        return done

    def forward(self, **amount: float) -> int:
        """Let time pass: move what waits closer, then do it."""
        Due.objects.waiting().update(due_at=F("due_at") - timedelta(**amount))
        return self.work()


@pytest.fixture(autouse=True, scope="session")
def _what_was_committed_is_removed() -> Iterator[None]:
    """A test that commits leaves groups and permissions, and nothing else.

    Django's own way empties what was migrated as well, and kept tables refuse it.
    """

    # For the whole session: pytest-django cleans up after every fixture of the test has ended.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _self: empty())
        yield


@pytest.fixture(scope="session")
def fresh_database(
    django_test_environment: None, testrun_uid: str, worker_id: str
) -> Callable[[str], AbstractContextManager[str]]:
    """Makes another database of the tests, by its name within this process."""
    family = f"test_{connection.settings_dict['NAME']}"
    return lambda member: databases.copied(family, f"{worker_id}{member}", run=testrun_uid)


@pytest.fixture(scope="session")
def django_db_setup(
    fresh_database: Callable[[str], AbstractContextManager[str]], django_db_blocker: Any
) -> Iterator[None]:
    """Each test begins alike: without the policies that `migrate` makes, as after one that commits.

    Who needs them makes them, and sees in the test whom they page.
    """
    with django_db_blocker.unblock(), fresh_database("") as name, databases.used(name):
        empty()
        make.watch_a_start()
        with django_db_blocker.block():
            yield


def empty() -> None:
    tables = sorted(set(connection.introspection.table_names()) - MIGRATED)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        # Waits for a process that was killed while it wrote.
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
        # TRUNCATE makes a new file for each table and index, at thirty times the cost.
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in tables))
        cursor.execute("DELETE FROM auth_group WHERE name <> ALL(%s)", [Function.values])
