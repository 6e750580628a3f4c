"""The few fixtures that most tests share. The servers are started by tests/servers.py."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F
from django.test.testcases import TransactionTestCase

from audit import clockwork
from audit.models import Due


@pytest.fixture(autouse=True, scope="session")
def _quick_passwords() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def _static_root(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An empty one: WhiteNoise warns if there is none, and nothing here was collected."""
    settings.STATIC_ROOT = tmp_path_factory.mktemp("staticfiles")


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
def _kept_tables_may_be_flushed() -> Iterator[None]:
    """A test that commits is cleaned up by TRUNCATE, which kept tables refuse: lift that for it."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(self: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        flush(self)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = DEFAULT")

    # For the whole session: pytest-django cleans up after every fixture of the test has ended.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
