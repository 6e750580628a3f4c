"""Controls by API: how they stand, and a scanner that attests and takes back."""

import pytest

from accounts.functions import Function
from accounts.models import Scope
from programs.models import Attestation, Program, State
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_control")]

FOUND = {"passed": True, "sha256": "a" * 64, "note": "7 stores, 0 too many"}


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def scanner():
    return Caller(make.user(Function.SECURITY))


def attest(caller, program, control="G11", **body):
    return caller.post(f"/programs/{program.slug}/controls/{control}/attest", FOUND | body)


def test_the_controls_of_a_program_and_until_when_each_counts(program, caller):
    told = {each["id"]: each for each in caller.get(f"/programs/{program.slug}/controls").json()}
    assert len(told) == 26
    assert (told["G11"]["state"], told["G11"]["valid"]) == ("approved", True)
    assert told["G11"]["ends_at"] == told["G11"]["stops_at"]
    assert told["G12"]["ends_at"] < told["G12"]["stops_at"]


def test_a_scanner_attests_and_is_believed_at_once(scanner):
    program = make.draft()
    told = attest(scanner, program).json()
    assert (told["id"], told["state"], told["blocks"]) == ("G11", "approved", False)
    row = Attestation.objects.get()
    assert (row.sha256, row.attested_by) == ("a" * 64, scanner.person)


def test_what_it_finds_wrong_stops_the_program(program, scanner, engine):
    told = attest(scanner, program, passed=False).json()
    assert (told["state"], told["blocks"]) == ("expired", True)
    engine.work()
    assert Program.objects.get(pk=program.pk).state == State.PAUSED
    attest(scanner, program)
    assert Program.objects.get(pk=program.pk).state == State.COLLECTING


def test_who_runs_the_program_is_no_machine(program):
    owner = Caller(program.owner)
    said = problem(attest(owner, program), 403)
    assert "lacks the function security" in said["detail"]


def test_a_token_without_the_scope_attests_nothing(program):
    caller = Caller(make.user(Function.SECURITY), Scope.READ)
    problem(attest(caller, program), 403)


@pytest.mark.parametrize(
    ("control", "body", "status"),
    [
        ("G99", {}, 404),
        ("G18", {}, 409),
        ("G11", {"sha256": "A" * 64}, 422),
        ("G11", {"note": "", "sha256": ""}, 422),
        ("G11", {"link": "http://x.example"}, 422),
        ("G11", {"as_of": "2020-01-01T00:00:00Z"}, 422),
        ("G11", {"as_of": "2020-01-01T00:00:00"}, 422),
        ("G11", {"passed": "perhaps"}, 422),
    ],
)
def test_odd_words_are_refused_and_say_what_is_allowed(program, scanner, control, body, status):
    said = problem(attest(scanner, program, control, **body), status)
    assert status != 422 or said["field"] == next(iter(body))


def test_a_program_that_one_may_not_know_of_has_no_controls():
    draft, stranger = make.draft(), Caller(make.user())
    problem(stranger.get(f"/programs/{draft.slug}/controls"), 404)
    problem(attest(stranger, draft), 404)
