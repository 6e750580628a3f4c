"""Report by API."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Incident
from programs import pauses
from programs.models import State
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db


def test_a_title_is_enough(caller):
    answer = caller.post("/incidents", {"title": "I can read transcripts"})
    assert answer.status_code == 201
    incident = Incident.objects.get()
    assert answer.json() == {
        "incident": incident.ref,
        "codename": incident.codename,
        "severity": None,
        "counts_as": incident.counts_as,
        "new": True,
        "paused": [],
        "receipt": f"http://localhost:8000/receipts/{incident.uuid}/",
    }
    assert incident.reporter == caller.person


def test_a_full_report_stops_the_program_before_it_is_answered(caller):
    program = make.program()
    dataset = make.dataset(program)
    began = timezone.now() - timedelta(hours=5)
    body = {
        "title": "Export readable by all staff",
        "program": program.slug,
        "dataset": dataset.slug,
        "audience": "everyone_inside",
        "still_open": "yes",
        "detail": "The folder is listed.",
        "found_how": "A search",
        "reference": "HELP-1",
        "occurred_from": began.isoformat(),
    }
    answer = caller.post("/incidents", body)
    program.refresh_from_db()
    assert (answer.status_code, answer.json()["paused"]) == (201, [program.name])
    assert program.state == State.PAUSED
    incident = Incident.objects.get()
    assert (incident.dataset, incident.occurred_from) == (dataset, began)
    for field in ("detail", "found_how", "reference"):
        assert getattr(incident, field) == body[field]


def test_a_report_may_pull_the_cord_and_may_be_a_drill(caller):
    program = make.program(participants=5, is_drill=True)
    body = {"title": "Odd", "program": program.slug, "audience": "few_inside", "still_open": "no"}
    answer = caller.post("/incidents", body | {"pause": True, "drill": True})
    assert answer.json()["paused"] == [program.name]
    assert Incident.objects.get().is_drill


def test_a_report_about_a_program_for_drills_is_a_drill_unless_said_otherwise(caller):
    body = {"title": "Odd", "program": make.program(is_drill=True).slug}
    assert caller.post("/incidents", body).status_code == 201
    assert Incident.objects.get().is_drill
    refusal = problem(caller.post("/incidents", body | {"drill": False}), 422)
    assert (refusal["field"], "only true is allowed" in refusal["allowed"]) == ("drill", True)


def test_a_drill_cannot_stop_what_is_real(caller):
    program = make.program()
    body = {"title": "Odd", "program": program.slug, "drill": True, "pause": True}
    refusal = problem(caller.post("/incidents", body), 422)
    assert (refusal["field"], "only false is allowed" in refusal["allowed"]) == ("drill", True)
    program.refresh_from_db()
    assert program.state == State.COLLECTING


def test_a_cord_without_a_program_is_refused(caller):
    refusal = problem(caller.post("/incidents", {"title": "Odd", "pause": True}), 422)
    assert refusal["field"] == "pause"
    assert "name the program to pause, or leave pause out" in refusal["allowed"]
    assert not Incident.objects.exists()


def test_a_repeat_says_what_the_report_led_to_and_not_what_became_of_it(caller):
    program = make.program()
    body = {"title": "Odd", "program": program.slug, "audience": "everyone_inside"}
    first = caller.post("/incidents", body).json()
    make.judged(Incident.objects.get(), Sev.SEV0)
    again = caller.post("/incidents", body)
    assert (again.status_code, first["paused"]) == (200, [program.name])
    assert again.json() == first | {"new": False}


def test_a_receipt_names_no_program_that_the_caller_may_not_know_of(caller):
    program, hidden = make.program(), make.draft()
    hidden.derived_from.add(program)
    body = {"title": "Odd", "program": program.slug, "audience": "outside", "still_open": "yes"}
    assert caller.post("/incidents", body).json()["paused"] == [program.name]
    assert hidden.pauses.in_force().exists()


def test_what_did_not_collect_is_not_said_to_be_paused(caller):
    program = make.program()
    pauses.retire(program, reason="Done.", actor=make.actor(program.owner))
    body = {"title": "Odd", "program": program.slug, "pause": True}
    assert caller.post("/incidents", body).json()["paused"] == []


def test_the_same_idempotency_key_makes_one_incident_and_says_so(caller):
    body = {"title": "I can read transcripts"}
    first = caller.post("/incidents", body, **{"Idempotency-Key": "scan-7"})
    again = caller.post("/incidents", body, **{"Idempotency-Key": "scan-7"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"new": False}


def test_an_idempotency_key_that_comes_with_another_report_is_refused(caller):
    caller.post("/incidents", {"title": "One"}, **{"Idempotency-Key": "scan-7"})
    answer = caller.post("/incidents", {"title": "Two"}, **{"Idempotency-Key": "scan-7"})
    body = problem(answer, 409)
    assert body["field"] == "Idempotency-Key"
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("change", [{"found_how": "By chance"}, {"drill": True}])
def test_a_key_names_the_whole_report(caller, change):
    body = {"title": "I can read transcripts"}
    caller.post("/incidents", body, **{"Idempotency-Key": "scan-7"})
    answer = caller.post("/incidents", body | change, **{"Idempotency-Key": "scan-7"})
    problem(answer, 409)


def test_a_real_report_after_a_drill_with_the_same_words_is_an_incident_of_its_own(caller):
    body = {"title": "I can read transcripts"}
    drill = caller.post("/incidents", body | {"drill": True}).json()
    real = caller.post("/incidents", body).json()
    assert real["incident"] != drill["incident"]
    assert not Incident.objects.get(codename=real["codename"]).is_drill


def test_a_key_used_for_a_repeat_is_remembered(caller, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    body = {"title": "I can read transcripts"}
    first = caller.post("/incidents", body, **{"Idempotency-Key": "scan-7"}).json()
    repeat = caller.post("/incidents", body, **{"Idempotency-Key": "scan-8"}).json()
    time_machine.shift(timedelta(hours=1))
    later = caller.post("/incidents", body, **{"Idempotency-Key": "scan-8"}).json()
    assert first["incident"] == repeat["incident"] == later["incident"]


@pytest.mark.parametrize(
    ("wrong", "field", "allowed"),
    [
        ({"title": ""}, "title", "min_length: 1"),
        ({"title": "   "}, "title", "say in a line"),
        ({"title": "x" * 201}, "title", "max_length: 200"),
        ({"title": None}, "title", ""),
        ({"title": "a\0b"}, "title", "without"),
        ({"detail": "a\0b"}, "detail", "without"),
        ({"reference": "a\0b"}, "reference", "without"),
        ({"found_how": "a\0b"}, "found_how", "without"),
        ({"audience": "everybody"}, "audience", "few_inside"),
        ({"still_open": "perhaps"}, "still_open", "unknown"),
        ({"pause": "maybe"}, "pause", ""),
        ({"program": "no-such-program"}, "program", "the slug of a program"),
        ({"program": "a\0b"}, "program", "without"),
        ({"program": ["x"]}, "program", ""),
        ({"dataset": "lake"}, "dataset", ""),
        ({"occurred_from": "yesterday"}, "occurred_from", ""),
        ({"occurred_from": "2026-01-01T00:00:00"}, "occurred_from", ""),
        ({"occurred_from": "2999-01-01T00:00:00Z"}, "occurred_from", "until now"),
        ({"occurred_from": "0001-01-01T00:00:00+14:00"}, "occurred_from", ""),
    ],
)
def test_a_wrong_field_is_named_with_what_is_allowed(caller, wrong, field, allowed):
    body = problem(caller.post("/incidents", {"title": "I can read"} | wrong), 422)
    assert body["field"] == field
    assert allowed in body.get("allowed", "")
    assert not Incident.objects.exists()


def test_a_missing_title_is_named(caller):
    assert problem(caller.post("/incidents", {}), 422)["field"] == "title"


def test_too_long_a_key_is_named(caller):
    answer = caller.post("/incidents", {"title": "x"}, **{"Idempotency-Key": "k" * 101})
    assert problem(answer, 422)["field"].lower().replace("_", "-") == "idempotency-key"


def test_a_dataset_of_another_program_is_refused(caller):
    other = make.dataset(make.program())
    body = {"title": "x", "program": make.program().slug, "dataset": other.slug}
    assert problem(caller.post("/incidents", body), 422)["field"] == "dataset"


def test_a_draft_that_the_caller_may_not_know_of_is_refused_like_one_that_is_not(caller):
    draft = make.draft(slug="hidden-draft")
    hidden = caller.post("/incidents", {"title": "x", "program": draft.slug}).content
    missing = caller.post("/incidents", {"title": "x", "program": "absent-draft"}).content
    assert hidden.replace(b"hidden-draft", b"absent-draft") == missing


# What an incident has and no caller may say.
NOT_THEIRS = {
    "number": 7,
    "uuid": str(uuid.uuid4()),
    "status": "closed",
    "sev": 5,
    "counts_as": 5,
    "peak_sev": 5,
    "restricted": False,
    "reporter": 1,
    "reporter_id": 1,
    "acknowledged_at": "2020-01-01T00:00:00Z",
    "aware_at": "2020-01-01T00:00:00Z",
    "is_drill": True,
    "codename": "Mine",
    "kind": "near_miss",
}


@pytest.mark.parametrize("name", NOT_THEIRS)
def test_what_no_caller_may_set_is_refused(caller, name):
    sent = caller.post("/incidents", {"title": "x", name: NOT_THEIRS[name]})
    assert problem(sent, 422)["field"] == name
    assert not Incident.objects.exists()


def test_a_flood_of_one_caller_makes_one_incident_is_cut_off_and_keeps_nobody_out(caller):
    for number in range(240):
        key = {"Idempotency-Key": f"try-{number}"} if number % 2 else {}
        answer = caller.post("/incidents", {"title": "I can read transcripts"}, **key)
        assert answer.status_code in (200, 201), answer.content
    assert Incident.objects.count() == 1

    too_many = caller.post("/incidents", {"title": "I can read transcripts"})

    problem(too_many, 429)
    assert 0 < int(too_many["Retry-After"]) <= 60
    other = Caller(make.user())
    assert other.post("/incidents", {"title": "I can read"}).status_code == 201
