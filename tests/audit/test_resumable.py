"""Large tables get their indexes beside what goes on, and a migration that broke off runs again."""

import ast
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from tests import databases

ROOT = Path(__file__).parents[2]
INDEXES = {
    "attempts_of_a_minute": ("notifications", "0024", "notifications_pageattempt"),
    "measure_of_review": ("incidents", "0029", "incidents_measure"),
}
# Tables that grow with every page, measure, look or entry, and are there before a migration.
LARGE = {"pageattempt", "page", "measure", "entry", "timelineentry", "look", "outboxevent", "due"}


@pytest.fixture(scope="module")
def migrated(fresh_database, django_db_blocker):
    with django_db_blocker.unblock(), fresh_database("_upgrade") as name, databases.used(name):
        yield


def rows(query, *given):
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return cursor.fetchall() if cursor.description else []


def definition(index):
    return rows("SELECT indexdef FROM pg_indexes WHERE indexname = %s", index)


@pytest.mark.parametrize("index", INDEXES)
def test_a_migration_that_broke_off_in_its_index_is_run_to_its_end(migrated, index):
    app, first, table = INDEXES[index]
    made = definition(index)
    rows("DELETE FROM django_migrations WHERE app = %s AND name >= %s", app, first)
    # As useless as what is left of an index whose making was cut off.
    rows(f"DROP INDEX {index}")
    rows(f"CREATE INDEX {index} ON {table} (id) WHERE id < 0")
    call_command("migrate", app, verbosity=0)
    assert definition(index) == made


def test_what_was_never_begun_is_done_and_undone(migrated):
    made = definition("attempts_of_a_minute")
    call_command("migrate", "notifications", "0023", verbosity=0)
    assert definition("attempts_of_a_minute") == []
    call_command("migrate", "notifications", verbosity=0)
    assert definition("attempts_of_a_minute") == made


LATER = sorted(ROOT.glob("*/migrations/00[2-9]*.py"))


@pytest.mark.parametrize("path", LATER, ids=lambda path: path.stem)
def test_no_migration_locks_a_large_table_for_an_index(path):
    tree = ast.parse(path.read_text())
    made = {_said(call, "name").lower() for call in _calls(tree, "CreateModel")}
    for call in _calls(tree, "AddIndex", of="migrations"):
        assert _said(call, "model_name") not in LARGE - made, call.lineno


def _calls(tree, name, *, of=None):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == name:
            yield from [node] if of in (None, getattr(node.func.value, "id", "")) else []


def _said(call, argument):
    return next(each.value.value for each in call.keywords if each.arg == argument)
