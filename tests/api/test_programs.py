"""Programs by API: how they stand, and the cord."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.functions import Function
from programs.models import State
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    """A program with one collector that runs."""
    made = make.program()
    make.lease(make.collector(made, name="laptop-1"))
    return made


def test_a_program_tells_how_it_stands_and_what_holds_it(program, caller):
    assert caller.get(f"/programs/{program.slug}").json() == {
        "slug": program.slug,
        "name": program.name,
        "state": "collecting",
        "generation": 1,
        "held_by": [],
        "stop": None,
    }
    incident = make.incident(Sev.SEV2, program=program)
    told = caller.get(f"/programs/{program.slug}").json()
    assert (told["state"], told["held_by"]) == ("paused", [incident.codename])
    assert told["stop"]["proof"] == "pausing"
    assert (told["stop"]["collectors"], told["stop"]["unknown"]) == (1, 1)


def test_a_program_is_never_held_by_an_incident_by_number_or_title(program, caller):
    incident = make.incident(Sev.SEV2, program=program)
    text = caller.get(f"/programs/{program.slug}").content.decode()
    assert incident.ref not in text
    assert incident.title not in text


def test_the_list_leaves_out_drafts_of_others(program, caller):
    draft = make.draft()
    listed = [each["slug"] for each in caller.get("/programs").json()]
    assert listed == [program.slug]
    own = [each["slug"] for each in Caller(draft.owner).get("/programs").json()]
    assert own == [program.slug, draft.slug] or own == sorted([program.slug, draft.slug])


def test_many_programs_ask_as_many_questions_as_one_and_each_tells_its_own(program, caller):
    def told():
        with CaptureQueriesContext(connection) as asked:
            listed = {each["slug"]: each for each in caller.get("/programs").json()}
        return len(asked), listed

    make.incident(Sev.SEV2, program=program)
    # The first one notes that the token was used.
    told()
    before, _listed = told()
    others = [make.program() for _ in range(3)]
    for other in others[:2]:
        make.lease(make.collector(other, name="laptop-2"))
        make.incident(Sev.SEV2, program=other)
    after, listed = told()
    assert after == before
    assert len(listed) == 4
    for each in listed.values():
        assert each == caller.get(f"/programs/{each['slug']}").json()
    assert [bool(listed[other.slug]["stop"]) for other in others] == [True, True, False]
    assert listed[others[0].slug]["held_by"] != listed[others[1].slug]["held_by"]


@pytest.mark.parametrize("path", ["", "/proof"])
def test_a_draft_of_another_is_answered_like_a_program_that_is_not_there(caller, path):
    make.draft(slug="hidden-draft")
    hidden = caller.get(f"/programs/hidden-draft{path}")
    missing = caller.get(f"/programs/absent-draft{path}")
    assert hidden.content.replace(b"hidden", b"absent") == missing.content
    problem(missing, 404)


@pytest.mark.parametrize("slug", ["a%00b", "%ff", "x" * 300])
def test_what_names_no_program_is_not_there(caller, slug):
    problem(caller.get(f"/programs/{slug}"), 404)


def test_the_proof_of_each_collector_is_for_those_who_see_machines(program, caller):
    make.incident(Sev.SEV2, program=program)
    for allowed in (make.user(Function.RESPONDER), program.owner):
        (proof,) = Caller(allowed).get(f"/programs/{program.slug}/proof").json()
        assert (proof["collector"], proof["state"]) == ("laptop-1", "unknown")
    problem(caller.get(f"/programs/{program.slug}/proof"), 403)


def test_a_program_that_was_never_stopped_has_no_proof(program):
    assert Caller(program.owner).get(f"/programs/{program.slug}/proof").json() == []


def test_whoever_may_know_of_a_program_may_pull_its_cord_and_again(program, caller):
    first = caller.post(f"/programs/{program.slug}/pause", {"reason": "I see odd things."})
    again = caller.post(f"/programs/{program.slug}/pause", {})
    program.refresh_from_db()
    assert program.state == State.PAUSED
    assert first.json()["generation"] == again.json()["generation"] == 2
    hold = program.pauses.get()
    assert hold.holder == f"person:{caller.person.pk}"
    assert hold.reason == "I see odd things."


@pytest.mark.parametrize("body", [{"reason": "x" * 2001}, {"reason": 7}, {"reason": "a\0b"}])
def test_a_wrong_reason_is_named(program, caller, body):
    answer = caller.post(f"/programs/{program.slug}/pause", body)
    assert problem(answer, 422)["field"] == "reason"
    program.refresh_from_db()
    assert program.state == State.COLLECTING


def test_a_draft_of_another_cannot_be_paused(caller):
    draft = make.draft()
    problem(caller.post(f"/programs/{draft.slug}/pause"), 404)
    assert not draft.pauses.exists()
