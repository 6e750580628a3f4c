"""Incidents that are older than the column that says since when they are in their status."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from incidents.models import Incident
from tests import make

pytestmark = pytest.mark.django_db


def test_what_was_there_before_gets_the_moment_of_its_status_batch_by_batch(monkeypatch):
    migration = import_module("incidents.migrations.0028_status_since_in_batches")
    monkeypatch.setattr(migration, "BATCH", 2)
    applied = MigrationRecorder.Migration.objects.get(app="incidents", name="0021_thresholds")
    added, day = applied.applied, timedelta(days=1)
    old = [make.incident() for _ in range(5)]
    new, since = make.incident(), added + day
    Incident.objects.filter(pk=new.pk).update(status_since=since)
    before = Incident.objects.filter(pk__in=[each.pk for each in old])
    before.update(status_since=added, reported_at=added - 2 * day)
    before.filter(pk=old[3].pk).update(status="active", declared_at=added - day)
    migration.fill(None, SimpleNamespace(connection=connection))
    assert [each.status_since for each in before.order_by("pk")] == [
        added - (day if each == old[3] else 2 * day) for each in old
    ]
    new.refresh_from_db()
    assert new.status_since == since
