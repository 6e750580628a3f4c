"""What responders do by API beside the status: tasks, relations, the story, exposures, access."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.functions import Function
from accounts.models import Scope
from incidents import evidence, exposures, grants, lifecycle, relations, tasking, timeline
from incidents.models import Role, Status
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db
LOG = b"18 June, everybody\n"
# What nobody changed since it was made.
FIRST = {"based_on": 1}


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


def let_in(incident, level="close", **fields):
    person = make.user(**fields)
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person)


@pytest.fixture
def manager(incident):
    return let_in(incident, username="ada")


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute", username="hal")


def at(incident, rest):
    return f"/incidents/{incident.ref}/{rest}"


def test_a_task_is_added_given_to_somebody_and_done(incident, helper):
    added = helper.post(at(incident, "tasks"), {"title": "Ask storage", "owner": "hal"}).json()
    assert (added["owner"], added["state"], added["late"]) == ("hal", "open", False)
    path = at(incident, f"tasks/{added['id']}")
    given = helper.post(path, {"owner": None} | FIRST).json()
    assert (given["title"], given["owner"]) == ("Ask storage", None)
    assert "Nothing was changed" in problem(helper.post(path, FIRST), 409)["detail"]
    assert helper.post(f"{path}/settle", {"to": "done"}).json()["state"] == "done"
    again = problem(helper.post(f"{path}/settle", {"to": "done"}), 409)
    assert again["detail"] == "It is done already."
    assert helper.get(at(incident, "tasks")).json()[0]["state"] == "done"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "Ask", "owner": "nobody-here"}, "owner"),
        ({"title": "Ask", "owner": "outsider"}, "owner"),
        ({"title": "Ask", "due_at": "2001-01-01T00:00:00Z"}, "due_at"),
        ({"title": "Ask", "due_at": "2027-01-01T00:00:00"}, "due_at"),
    ],
)
def test_a_task_that_cannot_be_is_named_by_its_field(incident, helper, body, field):
    make.user(username="outsider")
    assert problem(helper.post(at(incident, "tasks"), body), 422)["field"] == field
    assert not incident.tasks.exists()


def test_relations_are_made_and_ended_by_who_takes_part_in_both(incident, helper):
    other, hidden = make.incident(), make.incident()
    grants.admit(other, level="contribute", person=helper.person, reason="r", actor=make.SYSTEM)
    missing = problem(helper.post(at(incident, "relations"), {"incident": "INC-999999"}), 422)
    unseen = problem(helper.post(at(incident, "relations"), {"incident": hidden.ref}), 422)
    assert missing == unseen
    assert missing["field"] == "incident"
    made = helper.post(at(incident, "relations"), {"incident": other.ref, "kind": "follow_up"})
    assert made.json()["words"] == "Follow-up of"
    twice = helper.post(at(incident, "relations"), {"incident": other.ref})
    assert problem(twice, 422)["field"] == "incident"
    end = at(incident, f"relations/{made.json()['id']}/end")
    assert helper.post(end).status_code == 204
    assert helper.post(end).status_code == 404
    assert helper.get(at(incident, "relations")).json() == []


def test_a_bound_token_neither_reads_nor_makes_relations_to_other_programs(incident, manager):
    other = make.incident()
    grants.admit(other, level="close", person=manager.person, reason="r", actor=make.SYSTEM)
    row = relations.relate(incident, other, "related", actor=make.actor(manager.person))
    text = token(manager.person, programs=[incident.program.slug])
    manager.headers = {"Authorization": f"Bearer {text}"}
    assert manager.get(at(incident, "relations")).json() == []
    assert manager.post(at(incident, f"relations/{row.pk}/end")).status_code == 404
    refused = problem(manager.post(at(incident, "relations"), {"incident": other.ref}), 422)
    assert "you take part in no incident with this number" in refused["detail"]


def test_an_entry_is_corrected_once_and_put_on_top(incident, helper):
    said = helper.post(at(incident, "updates"), {"text": "Twelve shares."}).json()
    path = at(incident, f"timeline/{said['id']}")
    right = helper.post(f"{path}/correct", {"text": "Thirteen shares."}).json()
    assert right["supersedes"] == said["id"]
    assert right["occurred_at"] == said["occurred_at"]
    again = problem(helper.post(f"{path}/correct", {"text": "Fourteen."}), 409)
    assert "correct the newer one" in again["detail"]
    assert "pin the newer one" in problem(helper.post(f"{path}/pin"), 409)["detail"]
    assert helper.post(at(incident, f"timeline/{right['id']}/pin")).status_code == 200
    assert incident.pins.get(unpinned_at=None).entry_id == right["id"]
    helper.post(at(incident, f"timeline/{right['id']}/pin"), {"pinned": False})
    assert not incident.pins.filter(unpinned_at=None).exists()


def test_what_andon_saw_happen_is_nobodys_to_correct(incident, helper):
    entry = incident.timeline.exclude(kind__in=["update", "report"]).first()
    answer = helper.post(at(incident, f"timeline/{entry.pk}/correct"), {"text": "No."})
    assert "Only what people wrote" in problem(answer, 409)["detail"]


def test_an_exposure_is_written_down_corrected_and_verified(incident, manager, helper):
    added = helper.post(
        at(incident, "exposures"), {"what": "A share", "people_min": 3, "location": "s3://x"}
    )
    row = added.json()
    assert (added.status_code, row["location"]) == (201, "s3://x")
    path = at(incident, f"exposures/{row['id']}")
    closed = {
        "until": "2026-06-18T12:00:00Z",
        "since": "2026-06-18T10:00:00Z",
        "reason": "Logs.",
    } | FIRST
    assert problem(manager.post(f"{path}/verify", {"how": "Looked."}), 409)
    fixed = helper.post(path, closed).json()
    assert (fixed["people_min"], fixed["location"]) == (3, "s3://x")
    assert (
        problem(helper.post(path, {"people_max": 2, "reason": "r"} | FIRST), 422)["field"]
        == "people_max"
    )
    assert helper.post(f"{path}/verify", {"how": "Looked."}).status_code == 403
    assert manager.post(f"{path}/verify", {"how": "Looked."}).json()["verified_at"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "what"),
        ({"what": "x", "dataset": "none-such"}, "dataset"),
        ({"what": "x", "kinds": ["gossip"]}, "kinds"),
        ({"what": "x", "whose": "mine"}, "whose"),
        ({"what": "x", "evidence": [4711]}, "evidence"),
        ({"what": "x", "since": "2099-01-01T00:00:00Z"}, "since"),
        ({"what": "x", "people_min": -1}, "people_min"),
    ],
)
def test_an_exposure_that_cannot_be_is_named_by_its_field(incident, helper, body, field):
    assert problem(helper.post(at(incident, "exposures"), body), 422)["field"] == field
    assert not incident.exposures.exists()


def test_where_data_lie_is_not_told_by_correcting_something_else(incident, manager, helper):
    said = exposures.Said(what="A share", location="s3://secret")
    row = exposures.add(incident, said, actor=make.actor(manager.person))
    path = at(incident, f"exposures/{row.pk}")
    answer = helper.post(path, {"people_min": 3, "reason": "Counted."} | FIRST)
    assert answer.json()["location_withheld"]
    assert b"secret" not in answer.content
    refused = helper.post(path, {"location": "s3://other", "reason": "Guess."} | FIRST)
    assert problem(refused, 422)["field"] == "location"


def test_people_are_let_in_to_no_more_than_one_may_and_out_again(incident, manager, helper):
    make.user(username="new")
    said = {"person": "new", "level": "contribute", "reason": "Storage."}
    assert helper.post(at(incident, "access"), said).status_code == 403
    row = manager.post(at(incident, "access"), said).json()
    assert (row["person"], row["level"], row["by_rule"]) == ("new", "contribute", False)
    assert manager.post(at(incident, "access"), said).json()["id"] == row["id"]
    lesser = let_in(incident, "manage")
    refused = problem(lesser.post(at(incident, "access"), said | {"level": "close"}), 422)
    assert refused["field"] == "level"
    for wrong in ({"person": None}, {"team": "no-team"}, {"person": "nobody-here"}):
        assert problem(manager.post(at(incident, "access"), said | wrong), 422)["field"]
    end = at(incident, f"access/{row['id']}/end")
    assert [manager.post(end).status_code, manager.post(end).status_code] == [204, 204]
    assert "new" not in [each["person"] for each in manager.get(at(incident, "access")).json()]


def test_a_role_is_given_and_left(incident, manager, helper):
    given = manager.post(at(incident, "roles"), {"role": "scribe", "person": "hal"}).json()
    assert [each["role"] for each in helper.get(at(incident, "roles")).json()] == [Role.SCRIBE]
    assert problem(manager.post(at(incident, "roles"), {"role": "king", "person": "hal"}), 422)
    refused = manager.post(at(incident, "roles"), {"role": "privacy_lead", "person": "hal"})
    assert problem(refused, 422)["field"] in ("role", "person")
    assert (
        let_in(incident, "view").post(at(incident, f"roles/{given['id']}/leave")).status_code == 403
    )
    assert helper.post(at(incident, f"roles/{given['id']}/leave")).status_code == 204


def test_a_step_is_given_to_somebody_and_done_once(incident, manager, helper):
    steps = helper.get(at(incident, "steps")).json()
    first = next(each for each in steps if each["state"] == "open" and not each["gate"])
    path = at(incident, f"steps/{first['id']}")
    assert helper.post(f"{path}/assign", {"person": "ada"}).json()["assignee"] == "ada"
    make.user(username="outsider")
    refused = helper.post(f"{path}/assign", {"person": "outsider"})
    assert refused.status_code in (409, 422)
    assert problem(helper.post(path, {"to": "skipped"}), 422)["field"] == "note"
    assert helper.post(path, {"to": "done"}).json()["done_by"] == "hal"
    second = problem(manager.post(path, {"to": "done"}), 409)
    assert "marked step" in second["detail"]
    other = make.incident()
    grants.admit(other, level="close", person=manager.person, reason="r", actor=make.SYSTEM)
    swapped = manager.post(at(other, f"steps/{first['id']}"), {"to": "open", "note": "No."})
    assert swapped.status_code == 404


def test_a_legal_hold_is_set_once_by_who_may(incident, helper):
    row = keep(incident, helper.person)
    path = at(incident, f"evidence/{row.pk}/hold")
    assert helper.post(path, {"held": True, "reason": "Claim 7."}).status_code == 403
    counsel = Caller(make.user(Function.LEGAL))
    assert counsel.post(path, {"held": True, "reason": "Claim 7."}).json()["held"]
    again = problem(counsel.post(path, {"held": True, "reason": "Again."}), 409)
    assert "already" in again["detail"]
    assert problem(counsel.post(path, {"held": False, "reason": " "}), 422)["field"] == "reason"
    assert not counsel.post(path, {"held": False, "reason": "Settled."}).json()["held"]


def keep(incident, person):
    upload = SimpleUploadedFile("access.log", LOG, "text/plain")
    return evidence.add(incident, upload, note="", actor=make.actor(person))


def test_evidence_is_given_out_unchanged_and_the_custody_log_says_to_whom(incident, helper):
    row = keep(incident, helper.person)
    answer = helper.get(at(incident, f"evidence/{row.pk}/file"))
    content = b"".join(answer.streaming_content)
    assert (content, hashlib.sha256(content).hexdigest()) == (LOG, row.sha256)
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer["Content-Security-Policy"]
    line = row.custody.get(act="downloaded")
    assert (line.actor, line.via) == (helper.person, "api")


def test_a_token_that_only_reads_takes_no_evidence_out(incident, helper):
    row = keep(incident, helper.person)
    reader = Caller(helper.person, Scope.READ)
    assert reader.get(at(incident, f"evidence/{row.pk}/file")).status_code == 403
    assert not row.custody.filter(act="downloaded").exists()


def test_evidence_that_was_changed_where_it_lies_is_not_given_out(incident, helper):
    row = keep(incident, helper.person)
    with row.file.storage.open(row.file.name, "wb") as stored:
        stored.write(b"Something else")
    answer = helper.get(at(incident, f"evidence/{row.pk}/file"))
    assert "no longer what was handed in" in problem(answer, 409)["detail"]


def children(incident, person):
    """One of each that an incident has, by the path and the body that acts on it."""
    by = make.actor(person)
    entry = timeline.write(incident, "update", "Here.", actor=by)
    exposed = exposures.add(incident, exposures.Said(what="A share"), actor=by)
    task = tasking.add(incident, title="Ask", actor=by)
    grant = grants.admit(incident, level="view", person=make.user(), reason="r", actor=by)
    return {
        f"timeline/{entry.pk}/correct": {"text": "No."},
        f"timeline/{entry.pk}/pin": {},
        f"tasks/{task.pk}": {"title": "No"} | FIRST,
        f"tasks/{task.pk}/settle": {"to": "done"},
        f"access/{grant.pk}/end": {},
        f"exposures/{exposed.pk}": {"people_min": 1, "reason": "r"} | FIRST,
        f"exposures/{exposed.pk}/verify": {"how": "r"},
        f"evidence/{keep(incident, person).pk}/file": None,
    }


def test_no_child_is_reached_through_another_incident(incident, manager):
    other = make.incident()
    grants.admit(other, level="close", person=manager.person, reason="r", actor=make.SYSTEM)
    for rest, body in children(incident, manager.person).items():
        path = at(other, rest)
        answer = manager.get(path) if body is None else manager.post(path, body)
        assert "This incident has no such" in problem(answer, 404)["detail"], rest
    assert not incident.pins.exists()
    assert incident.tasks.get().is_open


def test_nothing_is_written_to_an_incident_that_is_over():
    incident = make.incident(Sev.SEV3)
    manager = let_in(incident, username="ada")
    paths = children(incident, manager.person)
    lifecycle.move(incident, Status.DISMISSED, reason="No.", actor=make.actor(manager.person))
    adding = {
        "updates": {"text": "x"},
        "tasks": {"title": "x"},
        "exposures": {"what": "x"},
        "roles": {"role": "scribe", "person": "ada"},
    }
    for rest, body in (paths | adding).items():
        if body is not None and not rest.startswith("access"):
            answer = manager.post(at(incident, rest), body)
            # A role is refused at its field.
            assert "dismissed" in problem(answer, 422 if rest == "roles" else 409)["detail"], rest
