"""Evidence bundles by API: a script asks for one, waits, takes it, and checks it without us."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace

import pytest

from accounts.models import Scope
from audit.models import Entry
from incidents import grants
from incidents.models import Bundle
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.RECORD = replace(settings.RECORD, folder=tmp_path / "checkpoints")


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


def let_in(incident, level="manage", *scopes):
    person = make.user(first_name="Hal", last_name="Per")
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person, *scopes)


@pytest.fixture
def manager(incident):
    return let_in(incident)


def at(incident, more=""):
    return f"/incidents/{incident.ref}/bundles{more}"


def asked(manager, incident, engine):
    made = manager.post(at(incident)).json()
    engine.work()
    return made


def test_who_manages_asks_for_one_and_sees_it_become_ready(manager, incident, engine):
    assert manager.get(at(incident)).json() == []
    answer = manager.post(at(incident))
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    problem(manager.get(at(incident, f"/{answer.json()['id']}/file")), 409)
    engine.work()
    (row,) = manager.get(at(incident)).json()
    assert (row["id"], row["state"]) == (answer.json()["id"], "ready")


def test_what_is_taken_is_what_was_promised_and_the_record_names_who_took_it(
    manager, incident, engine
):
    made = asked(manager, incident, engine)
    (row,) = manager.get(at(incident)).json()
    file = manager.get(at(incident, f"/{made['id']}/file"))
    body = b"".join(file.streaming_content) if file.streaming else file.content
    assert (len(body), hashlib.sha256(body).hexdigest()) == (row["size"], row["sha256"])
    with zipfile.ZipFile(io.BytesIO(body)) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))["document"]
        said = b"".join(bundle.read(name) for name in bundle.namelist())
    assert (manifest["incident"], manifest["made_for"]) == (incident.ref, "Hal Per")
    assert len(manifest["left_out"]) == row["left_out"]
    assert incident.title.encode() in said
    entry = Entry.objects.get(action="incident.bundle_taken")
    assert (entry.actor, row["sha256"] in entry.body) == (manager.person, True)


def test_who_asks_again_meanwhile_gets_the_same_one(manager, incident):
    first, again = manager.post(at(incident)).json(), manager.post(at(incident)).json()
    assert first["id"] == again["id"]
    assert Bundle.objects.count() == 1


def test_each_manager_has_their_own_and_takes_no_other(manager, incident, engine):
    made = asked(manager, incident, engine)
    other = let_in(incident)
    assert other.get(at(incident)).json() == []
    problem(other.get(at(incident, f"/{made['id']}/file")), 404)


@pytest.mark.parametrize(
    ("level", "status"), [("view", 403), ("contribute", 403), ("manage", 202), ("close", 202)]
)
def test_a_lower_level_is_refused(incident, level, status):
    assert let_in(incident, level).post(at(incident)).status_code == status


def test_hidden_and_missing_answer_alike(incident):
    stranger = Caller(make.user())
    hidden = stranger.post(at(incident))
    missing = stranger.post("/incidents/INC-999999/bundles")
    assert hidden.status_code == missing.status_code == 404
    told = [
        each.content.decode().replace(ref, "-")
        for each, ref in ((hidden, incident.ref), (missing, "INC-999999"))
    ]
    assert told[0] == told[1]


def test_a_token_that_only_reads_takes_nothing_out(incident):
    reading = let_in(incident, "manage", Scope.READ)
    assert reading.get(at(incident)).status_code == 403
    assert reading.post(at(incident)).status_code == 403


def test_who_was_let_out_meanwhile_gets_none(manager, incident, engine):
    made = asked(manager, incident, engine)
    grants.end(incident.grants.get(person=manager.person), actor=make.SYSTEM)
    problem(manager.get(at(incident, f"/{made['id']}/file")), 404)
