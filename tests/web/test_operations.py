"""The page of operations: one look at all that must run, for operators."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.functions import Function
from config import celery, operations
from config.backup import proving, taking
from config.backup.manifest import Manifest, Record
from programs.models import GateProcess
from severity.ladder import Sev
from tests import make
from tests.web.conftest import reader
from tests.web.numbers import unlinked

pytestmark = pytest.mark.django_db
PAGE = "/operations/"


@pytest.fixture
def operator():
    return reader(Function.OPERATOR)


def test_it_names_what_runs_and_no_incident(operator):
    incident = make.incident(Sev.SEV2, title="Zulu ledger")
    page = operator.reads(PAGE)
    for words in ("Engine silent", "Pages that have not left", "Last backup never", "Gates"):
        assert words in page
    assert incident.codename not in page
    assert "Zulu" not in page


def test_the_heads_of_the_record_are_those_written_to_last(operator):
    program = make.program()
    found = operations.record()
    assert found.heads[0].stream == f"program:{program.pk}"
    assert found.entries > 0


def test_a_gate_that_is_silent_is_told_as_gone(operator):
    now = timezone.now()
    for host, seen in (("one", now), ("two", now - timedelta(minutes=5))):
        GateProcess.objects.create(
            ident=f"0000000000000000000000000000000{host == 'one':d}",
            url="http://localhost",
            host=host,
            started_at=now,
            seen_at=seen,
            streams=7,
        )
    page = operator.reads(PAGE)
    assert "one works 7" in page
    assert "two gone 7" in page


def test_the_last_backup_and_the_last_proof_are_told(operator, tmp_path):
    said = Manifest("2026", "0", "18", Record(5, 1, ""), {"database.dump": (2048, "ab")})
    taking._record(tmp_path / "andon-1", said)
    proving._note(proving.PROVEN, backup="andon-1", entries=5, seconds=3)
    page = operator.reads(PAGE)
    assert "andon-1 , 2.0" in page or "andon-1, 2.0" in page
    assert "5 entries of the record, in 3 s" in page
    assert "A later one failed" not in page
    with transaction.atomic():
        proving._note(proving.FAILED, backup="andon-2", why="torn")
    assert "A later one failed" in operator.reads(PAGE)


def test_every_number_leads_to_what_is_behind_it(operator, tmp_path):
    make.program()
    said = Manifest("2026", "0", "18", Record(5, 1, ""), {"database.dump": (2048, "ab")})
    taking._record(tmp_path / "andon-1", said)
    proving._note(proving.PROVEN, backup="andon-1", entries=5, seconds=3)
    bare = {
        "time": "a moment",
        ".mono": "a name or a hash",
        "th": "what a row is of",
        "#backups": "a file outside Andon",
    }
    assert unlinked(operator.get(PAGE), bare) == []


@pytest.mark.parametrize("function", [*(f for f in Function if f != Function.OPERATOR), None])
def test_it_is_for_operators_alone(function):
    who = reader(function) if function else reader()
    assert who.get(PAGE).status_code == 403


def test_without_redis_nothing_waits_there(settings):
    settings.REDIS_URL = ""
    assert operations.queues() == []
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert operations.queues() == [("engine", None)]


def test_the_hints_that_wait_are_counted_where_they_lie():
    ((_name, before),) = operations.queues()
    with celery.app.connection_for_write() as line:
        line.SimpleQueue("engine").put({}, serializer="json")
    assert operations.queues() == [("engine", before + 1)]
    with celery.app.connection_for_write() as line:
        line.SimpleQueue("engine").get(timeout=2).ack()
    assert operations.queues() == [("engine", before)]
