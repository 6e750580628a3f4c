"""Markup in every text that people can write is shown as text, on every page there is."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction
from django.db.models import Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from accounts.kept import REFUSED
from accounts.models import User
from tests.doors import walk
from tests.doors import world as worlds
from tests.doors.rows import ROWS

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
# As a browser would have to read them to act on them.
SIGNS = ("<script>alert", "<img src=x", "onerror=alert(1)>")
SHOWN = "&lt;script&gt;alert(1)"
OURS = ("accounts", "audit", "severity", "programs", "incidents", "notifications")
# What Andon makes and reads again: texts of no person.
MADE = {
    *("password", "secret", "secret_hash", "hash", "key", "kind", "stream", "zone", "digest"),
    *("url", "holder", "host", "where", "check_name", "ident", "dedup", "type", "query", "remote"),
    *("sha256", "snapshot_sha256", "rules_sha256", "proof_sha256", "frontier", "excess_digest"),
    # Read as YAML, and as the id of a function.
    *("text", "attested_as"),
}
# Where the database takes nothing but a function, a role or a team that there is.
CHECKED = {("EscalationTarget", "name"), ("HistoricalEscalationTarget", "name")}


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """The world of the doors, with markup where its word stands and in all other texts."""
    with (
        pytest.MonkeyPatch.context() as patch,
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        patch.setattr(worlds, "WORDS", EVIL)
        world = worlds.build()
        for model, name in written():
            evil = Concat(Value(EVIL), Cast("pk", models.TextField()))
            # What is empty says that something has not happened.
            model._base_manager.exclude(**{name: ""}).update(**{name: evil})
        User.objects.update(first_name=EVIL)
        world.incident.refresh_from_db()
        yield world
        transaction.set_rollback(True)


def written() -> Iterator[tuple[Any, str]]:
    """Each column that holds what people write, of tables whose rows can change."""
    for model in apps.get_models():
        if model._meta.app_label in OURS and "UPDATE" not in REFUSED.get(model, ()):
            columns = [each for each in model._meta.concrete_fields if is_written(each)]
            yield from ((model, column.name) for column in columns)


def is_written(column: models.Field) -> bool:
    if not isinstance(column, models.CharField | models.TextField) or column.choices:
        return False
    odd = isinstance(column, models.SlugField | models.URLField) or column.unique
    # So much room the markup needs, with a key behind it so that no two are the same.
    room = column.max_length is None or column.max_length > len(EVIL) + 5
    made = column.name in MADE or (column.model.__name__, column.name) in CHECKED
    return room and not odd and not made and "sealed" not in column.name


def pages(world):
    for name, row in ROWS.items():
        if row.read:
            known = [each for each in world.people if each in row.read.names]
            yield name, reverse(name, kwargs=row.address(world.ids)), world.people[known[-1]]


def test_no_page_takes_what_people_wrote_for_markup(world):
    shown = {}
    for name, path, person in pages(world):
        answer = walk.knock(person.client, "get", path)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            # 286 says that it need not be asked for again.
            assert answer.status_code in (200, 286), name
            assert not [sign for sign in SIGNS if sign in answer.said], name
            shown[name] = answer.said.count(SHOWN)
    # Else nothing was found because nothing was there.
    assert len([name for name, count in shown.items() if count]) > 85, shown
