"""The runbooks of the house by API: read, written, published by a second person, retired."""

import pytest

from accounts.functions import Function
from incidents import library
from incidents.models import RunbookVersion
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def commander():
    return Caller(make.user(Function.COMMANDER))


@pytest.fixture
def security():
    return Caller(make.user(Function.SECURITY))


def step(**changed):
    return {"role": "IC", "action": "Call the *store*."} | changed


def body(*steps, **changed):
    document = {"title": "Lost tapes", "steps": list(steps or [step()])}
    return {"document": document, "reason": "We learned."} | changed


def test_a_runbook_is_written_published_by_another_and_in_force(commander, security):
    made = commander.post("/runbooks/tapes", body(step(minutes=5), step(gate="All are back.")))
    assert (made.status_code, made.json()["state"], made.json()["number"]) == (201, "waiting", 1)
    path = "/runbooks/tapes/versions/1/publish"
    assert "a second person" in problem(commander.post(path), 409)["detail"]
    assert security.get("/runbooks/tapes").json()["now"] is None
    assert security.post(path).json()["state"] == "published"
    told = security.get("/runbooks/tapes").json()
    assert told["now"]["document"]["steps"][0]["minutes"] == 5
    assert told["versions"][0]["author"] == commander.person.username
    assert "tapes" in [each["runbook"] for each in security.get("/runbooks").json()]


def test_what_was_read_is_sent_back_with_a_change_and_an_old_reading_is_refused(
    commander, security
):
    [first, *_] = commander.get("/runbooks").json()
    document = first["document"] | {"title": "Read anew"}
    sent = {"document": document, "reason": "Clearer.", "based_on": first["version"]}
    path = f"/runbooks/{first['runbook']}"
    number = commander.post(path, sent).json()["number"]
    assert "waits" in problem(commander.post(path, sent), 409)["detail"]
    security.post(f"{path}/versions/{number}/publish")
    stale = problem(commander.post(path, sent), 409)
    assert stale["field"] == "runbook"
    assert commander.get(path).json()["now"]["document"]["title"] == "Read anew"
    assert commander.get(path).json()["now"]["document"]["steps"] == first["document"]["steps"]


def test_one_is_withdrawn_and_one_retired(commander, security):
    commander.post("/runbooks/tapes", body())
    gone = commander.post("/runbooks/tapes/versions/1/withdraw").json()
    assert (gone["state"], gone["decided_by"]) == ("withdrawn", commander.person.username)
    assert (
        "is withdrawn"
        in problem(commander.post("/runbooks/tapes/versions/1/withdraw"), 409)["detail"]
    )
    [first, *_] = commander.get("/runbooks").json()
    path = f"/runbooks/{first['runbook']}"
    made = commander.post(f"{path}/retire", {"reason": "Nobody uses it."}).json()
    assert made["retires"] is True
    security.post(f"{path}/versions/{made['number']}/publish")
    assert library.get(first["runbook"]) is None
    assert commander.get(path).json()["now"] is None
    again = problem(commander.post(f"{path}/retire", {"reason": "Again."}), 409)
    assert "retired already" in again["detail"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (body(step(role="wizard")), "document.steps.0.role"),
        (body(step(), step(hooks=["dance"])), "document.steps.1.hooks"),
        (body(step(checks=["statement"])), "document.steps.0.gate"),
        (body(step(action=" ")), "document.steps.0.action"),
        (body(step(minutes=-1)), "document.steps.0.minutes"),
        (body(step(action="x" * 2001)), "document.steps.0.action"),
        ({"document": {"title": "T", "steps": []}, "reason": "r"}, "document.steps"),
        ({"document": {"title": " ", "steps": [step()]}, "reason": "r"}, "document.title"),
        ({"document": "x", "reason": "r"}, "document"),
        (body(reason=" "), "reason"),
        (
            {"document": body()["document"] | {"rules": {"kinds": ["x"]}}, "reason": "r"},
            "document.kinds",
        ),
        (
            {"document": body()["document"] | {"rules": {"programs": ["x"]}}, "reason": "r"},
            "document.programs",
        ),
    ],
)
def test_what_cannot_be_is_named_by_its_field_and_leaves_nothing(commander, sent, field):
    assert problem(commander.post("/runbooks/tapes", sent), 422)["field"] == field
    assert not RunbookVersion.objects.exists()


def test_an_id_that_is_none_is_refused(commander):
    assert problem(commander.post("/runbooks/No", body()), 422)["field"] == "runbook"
    assert commander.get("/runbooks/No").status_code == 404


def test_they_are_read_by_functions_and_written_by_three_of_them(commander):
    responder, stranger = Caller(make.user(Function.RESPONDER)), Caller(make.user())
    assert responder.get("/runbooks").status_code == 200
    assert "write runbooks" in problem(responder.post("/runbooks/tapes", body()), 403)["detail"]
    for answer in (stranger.get("/runbooks"), stranger.post("/runbooks/tapes", body())):
        assert answer.status_code == 404
    text = token(commander.person, programs=[make.program().slug])
    commander.headers = {"Authorization": f"Bearer {text}"}
    assert problem(commander.post("/runbooks/tapes", body()), 403)
    assert not RunbookVersion.objects.exists()
