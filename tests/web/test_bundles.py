"""The page of evidence bundles: for who manages the incident, and each for whom it was made."""

import zipfile
from dataclasses import replace
from io import BytesIO

import pytest

from audit.models import Entry
from incidents.models import Bundle
from severity.ladder import Sev
from tests import make
from tests.web.conftest import let_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RECORD = replace(settings.RECORD, folder=tmp_path)


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


@pytest.fixture
def manager(incident):
    return let_in(incident, "manage").signs_in()


def path(incident, more=""):
    return f"/incidents/{incident.ref}/bundles/{more}"


def test_a_bundle_is_asked_for_made_and_taken(incident, manager, engine):
    history = manager.get(f"/incidents/{incident.ref}/history/").content.decode()
    assert path(incident) in history
    assert manager.post(path(incident, "new/")).status_code == 302
    assert "being made" in manager.reads(path(incident))
    engine.work()
    row = Bundle.objects.get()
    assert f"{incident.ref}-bundle-{row.pk}.zip" in manager.reads(path(incident))
    answer = manager.get(path(incident, f"{row.pk}/file/"))
    assert "attachment" in answer["Content-Disposition"]
    with zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content))) as bundle:
        assert "manifest.json" in bundle.namelist()
    assert Entry.objects.filter(action="incident.bundle_taken").count() == 1


def test_who_else_manages_it_does_not_get_mine(incident, manager, engine):
    manager.post(path(incident, "new/"))
    engine.work()
    other = let_in(incident, "manage")
    row = Bundle.objects.get()
    assert other.get(path(incident, f"{row.pk}/file/")).status_code == 404
    assert f"bundle-{row.pk}" not in other.reads(path(incident))


@pytest.mark.parametrize("level", ["view", "contribute"])
def test_who_only_reads_is_refused_and_not_led_there(incident, level):
    reads = let_in(incident, level).signs_in()
    assert reads.get(path(incident)).status_code == 403
    assert reads.post(path(incident, "new/")).status_code == 403
    assert path(incident) not in reads.get(f"/incidents/{incident.ref}/history/").content.decode()
    assert not Bundle.objects.exists()


def test_one_is_asked_for_only_by_who_signed_in_lately(incident):
    left_open = let_in(incident, "manage").signs_in(minutes_ago=30)
    left_open.post(path(incident, "new/"))
    assert not Bundle.objects.exists()


def test_one_that_is_not_ready_is_not_given_out(incident, manager):
    manager.post(path(incident, "new/"))
    answer = manager.get(path(incident, f"{Bundle.objects.get().pk}/file/"))
    assert answer.status_code == 409
    assert "This bundle is being made." in answer.content.decode()


def test_one_of_another_incident_is_missing(incident, manager, engine):
    manager.post(path(incident, "new/"))
    engine.work()
    elsewhere = make.incident(Sev.SEV3)
    row = Bundle.objects.get()
    assert manager.get(path(elsewhere, f"{row.pk}/file/")).status_code == 404
