"""Threshold rules by API: read, propose, publish as a second person, and why they acted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from accounts.models import Scope
from severity import inforce
from severity.ladder import Sev
from severity.loading import CURRENT
from severity.models import RuleSetVersion
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db
DOCUMENT = {
    "name": "Strict",
    "why": "we learned it",
    "when": {"levels": [4]},
    "actions": [{"do": "pause", "scope": "program"}],
    "mode": "automatic",
}


def body(**changed):
    return {"document": DOCUMENT | changed, "reason": "We learned."}


@pytest.fixture
def commander():
    return Caller(make.user(Function.COMMANDER))


@pytest.fixture
def security():
    return Caller(make.user(Function.SECURITY))


def test_a_rule_is_proposed_published_by_another_and_read(commander, security):
    made = commander.post("/thresholds/strict", body())
    assert (made.status_code, made.json()["state"]) == (201, "waiting")
    said = problem(commander.post("/thresholds/strict/publish", {"number": 1}), 409)
    assert "a second person" in said["detail"]
    assert security.post("/thresholds/strict/publish", {"number": 1}).status_code == 200
    found = security.get("/thresholds").json()
    assert [rule["document"] for rule in found["rules"]] == [DOCUMENT]
    assert "pause-sev2" in {rule["id"] for rule in found["floor"]}
    assert security.get("/thresholds/strict").json()[0]["reason"] == "We learned."


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (body(when={"levels": [2]}, mode="ask"), "document.mode"),
        (body(when={"levels": ["x"]}), "document.levels"),
        (body(name=7), "document.name"),
        (body() | {"reason": " "}, "reason"),
        (body(actions=[DOCUMENT["actions"][0] | {"x": "\0"}]), "document.actions"),
        (body(actions=[DOCUMENT["actions"][0] | {"x": float("nan")}]), "document.actions"),
        (body(actions=[DOCUMENT["actions"][0] | {"\ud800": 1}]), "document.actions"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(commander, sent, field):
    assert problem(commander.post("/thresholds/strict", sent), 422)["field"] == field
    problem(commander.get("/thresholds/strict"), 404)


def test_others_neither_read_nor_write_them():
    stranger, auditor = Caller(make.user()), Caller(make.user(Function.AUDITOR))
    problem(stranger.get("/thresholds"), 404)
    problem(stranger.post("/thresholds/strict", body()), 404)
    problem(auditor.post("/thresholds/strict", body()), 403)
    reads = Caller(make.user(Function.COMMANDER), Scope.READ)
    assert "rules:write" in problem(reads.post("/thresholds/strict", body()), 403)["detail"]


def test_a_bound_token_reads_and_writes_rules_of_its_programs_alone(commander, security):
    program, other = make.program(), make.program()
    commander.post("/thresholds/everywhere", body())
    security.post("/thresholds/everywhere/publish", {"number": 1})
    bound = Caller(make.user(Function.COMMANDER))
    bound.headers = {"Authorization": f"Bearer {token(bound.person, programs=[program.slug])}"}
    assert bound.get("/thresholds").json()["rules"] == []
    problem(bound.get("/thresholds/everywhere"), 404)
    for slugs in ([], [other.slug], [program.slug, other.slug]):
        sent = body(when={"levels": [4], "programs": slugs})
        said = problem(bound.post("/thresholds/theirs", sent), 422)
        assert said["field"] == "document.programs"
    sent = body(when={"levels": [4], "programs": [program.slug]})
    assert bound.post("/thresholds/theirs", sent).status_code == 201


def test_what_rules_did_and_why_is_read_by_who_may_see_the_incident(commander, security):
    commander.post("/thresholds/strict", body())
    security.post("/thresholds/strict/publish", {"number": 1})
    program = make.program(participants=10, categories=["mouse_movements"])
    incident = make.incident(Sev.SEV3, program=program)
    (fired,) = commander.get("/thresholds/firings?rule=strict").json()
    assert (fired["incident"], fired["state"]) == (incident.ref, "fired")
    assert fired["outcome"] == f"{program.name} paused."
    assert fired["key"].startswith("strict|")
    assert fired["facts"]["level"] == 4
    told = {rule["id"]: rule for rule in commander.get(f"/incidents/{incident.ref}/rules").json()}
    assert told["strict"]["applies"]
    assert told["strict"]["checks"][0]["holds"]
    assert security.get("/thresholds/firings?rule=strict").json() == []
    problem(security.get(f"/incidents/{incident.ref}/rules"), 404)


def test_a_rule_set_is_read_proposed_and_published_by_another(commander, security):
    (shipped,) = commander.get("/severity/rules").json()
    assert (shipped["state"], shipped["decides"]) == ("shipped", True)
    whole = commander.get(f"/severity/rules/{shipped['version']}").json()["text"]
    sent = {"reason": "We learned.", "based_on": shipped["version"]}
    said = problem(commander.post("/severity/rules", sent | {"text": whole}), 422)
    assert said["field"] == "text"
    short = whole.replace('  - {sev: 4, osi_from: "1"}\n', "").replace("2026.11-1", "2026.12-1")
    assert (
        "levels"
        in problem(commander.post("/severity/rules", sent | {"text": short}), 422)["detail"]
    )
    new = sent | {"text": whole.replace("2026.11-1", "2026.12-1")}
    assert commander.post("/severity/rules", new).status_code == 201
    path = "/severity/rules/2026.12-1/publish"
    assert "a second person" in problem(commander.post(path), 409)["detail"]
    published = security.post(path).json()
    assert (published["state"], published["decides"]) == ("published", False)
    assert (published["fault"], shipped["fault"]) == ("", "")
    problem(security.get("/severity/rules/nothing"), 404)
    problem(Caller(make.user()).get("/severity/rules"), 404)


def test_a_rule_set_that_this_release_refuses_is_listed_with_the_reason(commander, security):
    whole = commander.get(f"/severity/rules/{CURRENT}").json()["text"]
    new = {"reason": "We learned.", "based_on": CURRENT}
    new["text"] = whole.replace("2026.11-1", "2026.12-1")
    assert commander.post("/severity/rules", new).status_code == 201
    assert security.post("/severity/rules/2026.12-1/publish").status_code == 200
    later = whole.replace("2026.11-1", "2026.12-1").replace("seconds: 900\n", "seconds: 903\n")
    RuleSetVersion.objects.update(
        text=later, sha256="allowed once", effective_from=timezone.now() - timedelta(minutes=1)
    )
    inforce.forget()
    written, shipped = commander.get("/severity/rules").json()
    assert "is 903; to pause when nobody determines the severity allows" in written["fault"]
    assert (written["decides"], shipped["decides"]) == (False, True)
    one = commander.get("/severity/rules/2026.12-1").json()
    assert (one["fault"], one["text"]) == (written["fault"], later)
