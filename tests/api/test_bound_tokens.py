"""A token for some programs opens those alone, whatever its owner may besides."""

import pytest

from accounts.functions import Function
from audit import credentials
from incidents import grants
from tests import make
from tests.api.conftest import Caller, problem, token
from tests.incidents import test_ratings as rating

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make.user(Function.COMMANDER)


@pytest.fixture
def inside(person):
    return make.incident()


@pytest.fixture
def outside():
    return make.incident()


@pytest.fixture
def bound(person, inside):
    caller = Caller(person)
    text = token(person, programs=[inside.program.slug])
    caller.headers = {"Authorization": f"Bearer {text}"}
    return caller


def test_its_own_incidents_are_read_and_the_others_are_missing(bound, inside, outside):
    assert bound.get(f"/incidents/{inside.ref}").status_code == 200
    hidden, missing = bound.get(f"/incidents/{outside.ref}"), bound.get("/incidents/INC-4242")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["detail"] == missing.json()["detail"]
    assert [each["incident"] for each in bound.get("/incidents").json()] == [inside.ref]
    assert bound.get(f"/incidents?before={inside.number}").json() == []


@pytest.mark.parametrize("path", ["", "/proof", "/controls"])
def test_its_own_programs_are_read_and_the_others_are_missing(bound, inside, outside, path):
    assert bound.get(f"/programs/{inside.program.slug}{path}").status_code == 200
    assert bound.get(f"/programs/{outside.program.slug}{path}").status_code == 404
    assert [each["slug"] for each in bound.get("/programs").json()] == [inside.program.slug]


@pytest.mark.parametrize("act", ["updates", "status", "severity", "acknowledge"])
def test_nothing_is_done_to_the_others(bound, outside, act):
    before = outside.timeline.count()
    said = {"text": "x", "to": "triaging", "reason": "r", "level": 2}
    assert bound.post(f"/incidents/{outside.ref}/{act}", said).status_code in (404, 422)
    assert outside.timeline.count() == before


def test_no_other_program_is_paused(bound, outside):
    answer = bound.post(f"/programs/{outside.program.slug}/pause", {"reason": "r"})
    assert answer.status_code == 404
    assert not outside.program.pauses.in_force().exists()


def test_it_reports_for_its_own_programs_alone(bound, inside, outside):
    said = {"title": "Readable by all"}
    refused = bound.post("/incidents", said)
    assert problem(refused, 422)["field"] == "program"
    refused = bound.post("/incidents", said | {"program": outside.program.slug})
    assert problem(refused, 422)["field"] == "program"
    answer = bound.post("/incidents", said | {"program": inside.program.slug})
    assert answer.status_code == 201


def test_it_adds_nothing_to_what_its_owner_may(inside):
    stranger = make.user()
    caller = Caller(stranger)
    caller.headers = {"Authorization": f"Bearer {token(stranger, programs=[inside.program.slug])}"}
    assert caller.get(f"/incidents/{inside.ref}").status_code == 404
    assert caller.get("/incidents").json() == []


def test_a_program_of_which_the_incident_is_no_more_closes_it(bound, inside, person):
    grants.admit(inside, level="close", person=person, reason="r", actor=make.SYSTEM)
    type(inside).objects.filter(pk=inside.pk).update(program=None)
    assert bound.get(f"/incidents/{inside.ref}").status_code == 404


@pytest.mark.parametrize(
    "wrong", [["no such thing"], ["x" * 51], [""], [f"p{n}" for n in range(21)]]
)
def test_what_can_be_no_program_is_refused(person, wrong):
    with pytest.raises(credentials.Refused, match="^programs: "):
        token(person, programs=wrong)


def test_the_agreement_of_raters_is_that_of_its_own_incidents(bound, person, inside, outside):
    for each in (inside, outside):
        incident, rater = rating.assessed(program=each.program), make.user(Function.RESPONDER)
        rating.rate(rating.ask(incident, rater), rater)
        grants.admit(incident, person=person, level="view", reason="r", actor=make.SYSTEM)
    told = bound.get("/calibration").json()
    assert [told["all"]["pairs"], *(each["pairs"] for each in told["quarters"])] == [1, 1]
    assert Caller(person).get("/calibration").json()["all"]["pairs"] == 2
