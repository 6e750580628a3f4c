"""Runbooks by API: attach one, confirm a gate, write a note, set off a hook, and once more."""

import pytest

from incidents import grants, library
from incidents.models import RunbookStep, StepAct
from programs.models import HookEvent, State
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db
KNOWN = "Storage shows no reader left."


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


def let_in(incident, level):
    person = make.user()
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person)


@pytest.fixture
def manager(incident):
    return let_in(incident, "manage")


@pytest.fixture
def helper(incident):
    return let_in(incident, "contribute")


def at(incident, rest):
    return f"/incidents/{incident.ref}/{rest}"


def step_of(incident, **fields):
    """A step of its runbook that is as these fields say."""
    step = incident.runbooks.get().steps.get(number=2)
    RunbookStep.objects.filter(pk=step.pk).update(**fields)
    return step


def another(incident):
    attached = set(incident.runbooks.values_list("runbook", flat=True))
    return next(book for book in library.in_force() if book.id not in attached)


def test_one_more_runbook_is_attached_once(incident, manager):
    book = another(incident)
    made = manager.post(at(incident, "runbooks"), {"runbook": book.id, "reason": "It fits."})
    assert (made.status_code, made.json()["title"]) == (201, book.title)
    told = [each["runbook"] for each in manager.get(at(incident, "runbooks")).json()]
    assert told[-1] == book.id
    steps = manager.get(at(incident, "steps")).json()
    assert {each["runbook"] for each in steps} == {*told}
    again = manager.post(at(incident, "runbooks"), {"runbook": book.id, "reason": "Again."})
    assert problem(again, 422)["field"] == "runbook"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"runbook": "none-such", "reason": "r"}, "runbook"),
        ({"reason": "r"}, "runbook"),
        ({"runbook": "internal-access", "reason": " "}, "reason"),
    ],
)
def test_a_runbook_that_cannot_be_attached_is_named_by_its_field(incident, manager, body, field):
    refused = problem(manager.post(at(incident, "runbooks"), body), 422)
    assert refused["field"] == field
    if body.get("runbook") == "none-such":
        assert library.in_force()[0].id in refused["allowed"]


def test_the_gate_of_a_step_is_confirmed_by_one_and_passed_by_another(incident, manager, helper):
    step = step_of(incident, gate="Nobody reads it.", gate_checks=["second_person"])
    path = at(incident, f"steps/{step.pk}")
    assert problem(helper.post(f"{path}/gate", {"statement": "Yes."}), 422)["field"] == "statement"
    told = helper.post(f"{path}/gate", {"statement": KNOWN}).json()
    assert (told["gate_said"], told["gate_by"]) == (KNOWN, helper.person.username)
    assert "another person" in problem(helper.post(path, {"to": "done"}), 409)["detail"]
    assert manager.post(path, {"to": "done"}).json()["state"] == "done"


def test_a_step_without_a_gate_has_nothing_to_confirm(incident, helper):
    step = step_of(incident, gate="", gate_checks=[])
    refused = helper.post(at(incident, f"steps/{step.pk}/gate"), {"statement": KNOWN})
    assert "has no gate" in problem(refused, 409)["detail"]


def test_a_note_stands_beside_its_step(incident, helper):
    step = step_of(incident)
    path = at(incident, f"steps/{step.pk}/note")
    assert helper.post(path, {"note": "Asked storage."}).json()["note"] == "Asked storage."
    assert problem(helper.post(path, {"note": "x" * 501}), 422)["field"] == "note"
    assert problem(helper.post(path, {}), 422)["field"] == "note"


def test_a_hook_is_set_off_once_and_only_if_it_is_meant(incident, manager):
    step = step_of(incident, hooks=["program.pause"])
    path, body = at(incident, f"steps/{step.pk}/hooks"), {"hook": "program.pause"}
    assert problem(manager.post(path, body), 422)["field"] == "confirm"
    unmeant = manager.post(path, body | {"confirm": False})
    assert problem(unmeant, 422)["field"] == "confirm"
    wrong = manager.post(path, {"hook": "hold.apply", "confirm": True})
    assert problem(wrong, 422)["field"] == "hook"
    assert not incident.program.pauses.in_force().exists()
    meant = body | {"confirm": True, "reason": "It goes on."}
    (act,) = manager.post(path, meant).json()
    assert (act["state"], act["asked_by"]) == ("done", manager.person.username)
    incident.program.refresh_from_db()
    assert incident.program.state == State.PAUSED
    assert manager.post(path, meant).json() == [act]
    told = manager.get(at(incident, "steps")).json()
    assert [each["acts"] for each in told if each["id"] == step.pk] == [[act]]


def test_what_could_not_be_delivered_is_set_off_again(incident, manager):
    make.hook(incident.program, kind="other", events=[HookEvent.STEP], confirms=False)
    step = step_of(incident, hooks=["logs.preserve"])
    path = at(incident, f"steps/{step.pk}/hooks")
    body = {"hook": "logs.preserve", "confirm": True}
    first = manager.post(path, body)
    assert first.status_code == 200, first.content
    StepAct.objects.update(state=StepAct.State.FAILED)
    acts = manager.post(path, body).json()
    assert [each["state"] for each in acts] == ["sending"]
    assert acts[0]["id"] != first.json()[0]["id"]
    assert acts[0]["system"]


def test_a_hook_wants_the_right_to_what_it_does(incident, helper):
    viewer = let_in(incident, "view")
    step = step_of(incident, hooks=["hold.apply", "program.pause"])
    path = at(incident, f"steps/{step.pk}/hooks")
    for hook in ("hold.apply", "program.pause"):
        refused = viewer.post(path, {"hook": hook, "confirm": True, "reason": "r"})
        assert "Only who may" in problem(refused, 403)["detail"]
    assert not StepAct.objects.exists()


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("gate", {"statement": KNOWN}),
        ("note", {"note": "n"}),
        ("hooks", {"hook": "program.pause", "confirm": True}),
    ],
)
def test_a_step_is_reached_through_its_own_incident_and_by_who_sees_it(incident, act, body):
    step, other = step_of(incident), make.incident()
    swapped = let_in(other, "close").post(at(other, f"steps/{step.pk}/{act}"), body)
    assert "no such step" in problem(swapped, 404)["detail"]
    hidden = Caller(make.user()).post(at(incident, f"steps/{step.pk}/{act}"), body)
    assert hidden.status_code == 404


def test_attaching_is_for_who_manages(incident, helper):
    body = {"runbook": another(incident).id, "reason": "r"}
    assert helper.post(at(incident, "runbooks"), body).status_code == 403
    assert Caller(make.user()).post(at(incident, "runbooks"), body).status_code == 404
