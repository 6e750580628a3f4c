"""One world for all tests of a file: to build it takes longer than to knock at a door."""

import pytest
from django.core.cache import cache
from django.db import transaction

from tests.doors import world as worlds


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        cache.clear()
        yield worlds.build()
        transaction.set_rollback(True)


@pytest.fixture
def world(built, db, monkeypatch):
    """The world as it was built: what a test changes in it is undone."""
    for reader in built.people.values():
        reader.client.raise_request_exception = False
    return built
