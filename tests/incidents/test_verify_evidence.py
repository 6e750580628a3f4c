"""`verify_evidence` reads every file, writes down that it did, and fails if one was changed."""

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from incidents import evidence
from incidents.models.evidence import storage
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident()


def kept(incident, content):
    upload = SimpleUploadedFile("a.log", content, "text/plain")
    return evidence.add(incident, upload, actor=make.SYSTEM)


def change(row):
    with open(storage().path(str(row.file)), "ab") as stored:
        stored.write(b"x")


def run(*options, fails=False):
    out = StringIO()
    if fails:
        with pytest.raises(CommandError, match="Not all evidence is what was handed in"):
            call_command("verify_evidence", *options, stdout=out)
    else:
        call_command("verify_evidence", *options, stdout=out)
    return out.getvalue()


def test_evidence_that_is_what_it_was_is_counted_and_the_check_is_written_down(incident):
    row = kept(incident, b"one")
    assert run() == "1 good\n"
    line = row.custody.first()
    assert (line.act, line.actor_name, line.via) == ("verified", "verify_evidence", "command")


def test_changed_evidence_is_named_by_number_and_fails_the_command(incident):
    good, bad = kept(incident, b"one"), kept(incident, b"two")
    change(bad)
    assert run(fails=True) == f"CHANGED {incident.ref}/{bad.pk}\n1 good\n"
    found = json.loads(run("--json", fails=True))
    assert found["good"] == [f"{incident.ref}/{good.pk}"]


def test_one_that_cannot_be_read_does_not_hide_the_others(incident, monkeypatch):
    away, good = kept(incident, b"one"), kept(incident, b"two")
    opened = type(storage()).open

    def read(self, name, mode="rb"):
        if name == str(away.file):
            raise ConnectionError
        return opened(self, name, mode)

    monkeypatch.setattr(type(storage()), "open", read)
    found = json.loads(run("--json", fails=True))
    assert (found["unread"], found["good"]) == (
        [f"{incident.ref}/{away.pk}"],
        [f"{incident.ref}/{good.pk}"],
    )


def test_one_incident_can_be_checked_alone(incident):
    kept(incident, b"one")
    change(kept(make.incident(), b"two"))
    assert run("--incident", incident.ref) == "1 good\n"


def test_an_incident_that_cannot_be_is_refused():
    with pytest.raises(CommandError, match="incident: 'x' is none"):
        run("--incident", "x")
