"""The record's page: what seals it, what the last look found, and what is given to outsiders."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.functions import Function
from audit import checkpoints, deposits, live, looking, sealing, trail
from audit.keyring import ring
from audit.models import Checkpoint, Deposit, Entry, Verification
from tests import make
from tests.audit import plant
from tests.web.conftest import reader

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RECORD = replace(settings.RECORD, folder=tmp_path)


@pytest.fixture(autouse=True)
def functions(monkeypatch):
    """Tests give functions without a word to the record; Andon does not."""
    known = [each for each in live._known if "functions" not in str(each.model)]
    monkeypatch.setattr(live, "_known", known)


@pytest.fixture
def auditor():
    return reader(Function.AUDITOR)


def write(count=3):
    person = make.user()
    for number in range(count):
        trail.record("test.done", person, actor=make.actor(person), number=number)
    return trail.stream_of(person)


def test_an_auditor_asks_for_a_verification_and_reads_what_it_found(auditor, engine):
    stream = write()
    auditor.post("/record/verify/")
    assert "It waits for the engine." in auditor.reads("/record/")
    assert Entry.objects.get(action="record.verify_asked").actor == auditor.person
    engine.work()
    page = auditor.reads("/record/")
    assert "The record is what was written, and the rows below are as it says." in page
    assert stream in page


def test_flaws_stand_on_the_page_by_their_place(auditor, engine):
    stream = write()
    plant.sql("UPDATE audit_entry SET body = replace(body, 'done', 'gone') WHERE seq = 2")
    looking.ask(actor=make.SYSTEM)
    engine.work()
    page = auditor.reads("/record/")
    assert "NOT what was written" in page
    assert stream in page
    assert "was changed after it was written" in page


def test_what_could_not_be_verified_never_reads_as_clean(auditor, engine, tmp_path):
    write()
    (tmp_path / "odd.jsonl").write_text("odd")
    looking.ask(actor=make.SYSTEM)
    engine.work()
    page = auditor.reads("/record/")
    assert "Nothing was verified." in page
    assert "is what was written" not in page


def test_progress_is_shown_while_it_is_read(auditor):
    looking.ask(actor=make.SYSTEM)
    Verification.objects.update(state="running", read=20_000, total=50_000)
    said = auditor.get("/record/live/").content.decode()
    assert "20000 of 50000 entries read" in said
    assert 'value="20000"' in said
    assert 'max="50000"' in said


def test_a_fragment_that_has_not_changed_is_not_sent_again(auditor):
    first = auditor.get("/record/live/")
    again = auditor.get("/record/live/", **{"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_a_checkpoint_is_made_by_hand_and_downloaded_as_a_line_to_keep(auditor):
    write()
    auditor.post("/record/seal/")
    answer = auditor.get("/record/checkpoints/1/")
    assert "attachment" in answer["Content-Disposition"]
    said = checkpoints.opened(answer.content.decode().strip(), ring())
    assert (said.number, said.size) == (1, 3)
    assert json.loads(Entry.objects.get(action="record.sealed").body)["facts"] == {"size": 3}


def test_where_a_checkpoint_is_kept_stands_beside_it(auditor):
    sealing.seal()
    deposits.note(Checkpoint.objects.get(), Deposit.Place.STAMP, "stamps.example", token=b"\x30")
    page = auditor.reads("/record/")
    assert "stamps.example" in page
    assert auditor.get("/record/checkpoints/1/stamp/").content == b"\x30"


@pytest.mark.parametrize(
    "path",
    [
        "/record/checkpoints/7/",
        "/record/checkpoints/99999999999999999999999/",
        "/record/checkpoints/7/stamp/",
    ],
)
def test_a_checkpoint_that_is_not_there_is_missing(auditor, path):
    assert auditor.get(path).status_code == 404


@pytest.mark.parametrize("stream", ["user:", "%", "none", "x" * 500, "a\0b"])
def test_streams_are_found_by_how_they_begin(auditor, stream):
    mine = write()
    page = auditor.reads(f"/record/?{urlencode({'stream': stream})}")
    assert (mine in page) == (stream == "user:")


def test_the_key_and_the_script_are_for_everybody():
    anybody = Client()
    assert anybody.get("/.well-known/andon-record-key.pem").content.decode() == ring().key.pem
    script = anybody.get("/record/verify_andon.py")
    assert script.status_code == 200
    assert "attachment" in script["Content-Disposition"]
    compile(script.content, "verify_andon.py", "exec")


def test_the_audit_log_leads_here(auditor):
    assert 'href="/record/"' in auditor.get("/audit/").content.decode()


@pytest.mark.parametrize("path", ["/record/", "/record/live/", "/record/checkpoints/1/"])
def test_nobody_else_comes_in(path):
    assert reader(Function.COMMANDER).get(path).status_code == 403
