"""Texts of filings and notices by API: begun, written on, approved by two, taken out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import exposures, grants, lifecycle
from incidents.models import Draft, DraftVersion
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db
PLACE = "s3://lake/secret"


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


def let_in(incident, level):
    person = make.user()
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person)


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute")


def at(incident, rest=""):
    return f"/incidents/{incident.ref}/drafts{rest}"


@pytest.fixture
def begun(incident, helper):
    answer = helper.post(at(incident), {"kind": "authority"})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_text_is_begun_from_facts_with_what_is_unknown_marked(incident, helper, begun):
    assert (begun["number"], begun["approved"], begun["author"]) == (
        1,
        False,
        helper.person.username,
    )
    assert begun["unknowns"]
    assert begun["made_of"]
    (row,) = helper.get(at(incident)).json()
    assert (row["id"], row["kind"]) == (begun["draft"], "authority")
    assert helper.get(at(incident, f"/{row['id']}")).json() == row
    read = helper.get(at(incident, f"/{row['id']}/versions/1")).json()
    assert read == begun


def test_the_next_version_is_written_or_made_anew(incident, helper, begun):
    path = at(incident, f"/{begun['draft']}")
    second = helper.post(path, {"text": "# Ours", "based_on": 1}).json()
    assert (second["number"], second["text"], second["made_of"]) == (2, "# Ours\n", "")
    stale = helper.post(path, {"text": "# Mine", "based_on": 1})
    assert "wrote version 2 meanwhile" in problem(stale, 409)["detail"]
    third = helper.post(path, {"anew": True, "based_on": 2}).json()
    assert (third["number"], third["text"]) == (3, begun["text"])
    assert [each["number"] for each in helper.get(path).json()["versions"]] == [3, 2, 1]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": " ", "based_on": 1}, "text"),
        ({"based_on": 1}, "text"),
        ({"text": "x" * 50_001, "based_on": 1}, "text"),
        ({"text": "x"}, "based_on"),
        ({"text": "x", "based_on": 0}, "based_on"),
    ],
)
def test_a_version_that_cannot_be_is_named_by_its_field(incident, helper, begun, body, field):
    refused = problem(helper.post(at(incident, f"/{begun['draft']}"), body), 422)
    assert refused["field"] == field
    assert DraftVersion.objects.count() == 1


def test_a_kind_and_a_duty_that_are_none_are_named(incident, helper):
    refused = problem(helper.post(at(incident), {"kind": "poem"}), 422)
    assert (refused["field"], "individuals" in refused["allowed"]) == ("kind", True)
    other = make.incident(Sev.SEV2)
    officer = make.officer()
    moment = timezone.now() - timedelta(hours=1)
    lifecycle.decide_awareness(other, aware_at=moment, rationale="Logs.", actor=officer)
    for duty in (other.obligations.first().pk, 999_999_999):
        refused = helper.post(at(incident), {"kind": "authority", "obligation": duty})
        assert problem(refused, 422)["field"] == "obligation"
    assert not Draft.objects.exists()


def test_two_who_did_not_write_it_approve_a_version(incident, helper, begun):
    path = at(incident, f"/{begun['draft']}/versions/1/approve")
    first, second = (Caller(make.user(Function.PRIVACY_OFFICER)) for _ in range(2))
    told = first.post(path).json()
    assert (told["approved"], told["approved_by"]) == (False, [first.person.username])
    again = problem(first.post(path), 409)
    assert "approved it already" in again["detail"]
    assert second.post(path).json()["approved"]
    assert (
        "Two people approved it already"
        in problem(let_in(incident, "manage").post(path), 409)["detail"]
    )


def test_neither_its_author_nor_who_may_not_approves(incident, begun):
    manager = let_in(incident, "manage")
    own = manager.post(at(incident, f"/{begun['draft']}"), {"text": "# Ours", "based_on": 1})
    assert own.status_code == 201
    path = at(incident, f"/{begun['draft']}/versions")
    assert "You wrote this version" in problem(manager.post(f"{path}/2/approve"), 409)["detail"]
    stale = let_in(incident, "manage").post(f"{path}/1/approve")
    assert "Version 2 was written meanwhile" in problem(stale, 409)["detail"]
    refused = problem(let_in(incident, "view").post(f"{path}/2/approve"), 409)
    assert "Only who files for the incident" in refused["detail"]
    assert not DraftVersion.objects.filter(approvals__isnull=False).exists()


def test_the_text_is_taken_out_as_markdown(incident, helper, begun):
    answer = helper.get(at(incident, f"/{begun['draft']}/versions/1/markdown"))
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.content.decode() == begun["text"]


def test_a_text_that_says_where_data_lie_is_not_given_out(incident, helper, begun):
    path = at(incident, f"/{begun['draft']}")
    helper.post(path, {"text": f"# It lies in {PLACE}", "based_on": 1})
    by = make.actor(helper.person)
    exposures.add(incident, exposures.Said(what="A share", location=PLACE), actor=by)
    refused = helper.get(f"{path}/versions/2/markdown")
    assert "where data lie" in problem(refused, 409)["detail"]
    read = helper.get(f"{path}/versions/2")
    assert PLACE not in read.content.decode()


def test_who_sees_the_incident_reads_and_who_contributes_writes(incident, begun):
    viewer, stranger = let_in(incident, "view"), Caller(make.user())
    path = at(incident, f"/{begun['draft']}")
    for rest in ("", "/versions/1", "/versions/1/markdown"):
        assert viewer.get(f"{path}{rest}").status_code == 200
        assert stranger.get(f"{path}{rest}").status_code == 404
    for where, body in ((at(incident), {"kind": "update"}), (path, {"text": "x", "based_on": 1})):
        assert viewer.post(where, body).status_code == 403
        assert stranger.post(where, body).status_code == 404
    assert stranger.post(f"{path}/versions/1/approve").status_code == 404


def test_a_text_is_reached_through_its_own_incident(incident, begun):
    other = make.incident(Sev.SEV2)
    caller = let_in(other, "close")
    path = at(other, f"/{begun['draft']}")
    missing = at(other, "/999999999")
    for rest in ("", "/versions/1", "/versions/1/markdown"):
        swapped = caller.get(f"{path}{rest}")
        assert swapped.status_code == 404
        assert swapped.content == caller.get(f"{missing}{rest}").content
    assert caller.post(path, {"text": "x", "based_on": 1}).status_code == 404
    assert caller.post(f"{path}/versions/1/approve").status_code == 404
