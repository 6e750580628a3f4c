"""Read and run incidents by API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import grants, lifecycle, timeline
from incidents.models import Incident, Status
from notifications import policies
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def manager(incident):
    person = make.user(first_name="Ada", last_name="Obi")
    grants.admit(incident, level="close", person=person, reason="Runs it.", actor=make.SYSTEM)
    return Caller(person)


def test_an_incident_is_read_by_its_number_with_or_without_inc(incident, manager):
    answer = manager.get(f"/incidents/{incident.ref}")
    assert answer.json() == {
        "incident": incident.ref,
        "codename": incident.codename,
        "title": incident.title,
        "status": "reported",
        "severity": 2,
        "counts_as": 2,
        "peak": 2,
        "program": incident.program.slug,
        "reported_at": answer.json()["reported_at"],
        "acknowledged_at": None,
        "drill": False,
    }
    assert manager.get(f"/incidents/{incident.number}").content == answer.content


def test_the_list_holds_what_the_caller_may_see_newest_first(incident, manager):
    make.incident()
    mine = make.incident()
    grants.admit(mine, level="view", person=manager.person, reason="Reads.", actor=make.SYSTEM)
    listed = [each["incident"] for each in manager.get("/incidents").json()]
    assert listed == [mine.ref, incident.ref]


def test_the_list_is_narrowed_as_the_page_narrows_it(incident, manager):
    other = make.incident(Sev.SEV3, title="Payroll export readable")
    hidden = make.incident(Sev.SEV3, title="Payroll copy readable")
    grants.admit(other, level="view", person=manager.person, reason="Reads.", actor=make.SYSTEM)
    lifecycle.move(other, Status.TRIAGING, actor=make.SYSTEM)

    def listed(query):
        return [each["incident"] for each in manager.get(f"/incidents?{query}").json()]

    for query in (
        "q=payroll",
        f"q={other.ref}",
        "severity=3&severity=4",
        "status=triaging",
        f"program={other.program.slug}",
        f"before={other.number + 1}&severity=3",
    ):
        assert listed(query) == [other.ref], query
    assert listed("status=open") == [other.ref, incident.ref]
    assert listed("since=2001-01-01T00:00:00Z") == [other.ref, incident.ref]
    assert listed("exposed=true") == [incident.ref]
    for query in (f"q={hidden.ref}", "mine=true", "person=nobody", "until=2001-01-01T00:00:00Z"):
        assert listed(query) == [], query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=lost", "status"),
        ("severity=6", "severity.0"),
        ("program=nowhere", "program"),
        ("since=yesterday", "since"),
        (f"q={'x' * 101}", "q"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_its_field(manager, query, field):
    assert problem(manager.get(f"/incidents?{query}"), 422)["field"] == field


def test_the_list_goes_on_before_a_number(incident, manager):
    assert manager.get(f"/incidents?before={incident.number}").json() == []
    assert len(manager.get(f"/incidents?before={incident.number + 1}").json()) == 1
    for wrong in ("0", "-1", "x", "99999999999"):
        assert problem(manager.get(f"/incidents?before={wrong}"), 422)["field"] == "before"


def test_the_story_is_read_newest_first_without_what_was_corrected(incident, manager):
    entry = timeline.write(incident, "update", "Twelve shares.", actor=make.actor(manager.person))
    timeline.correct(entry, text="Thirteen shares.", actor=make.SYSTEM)
    told = [each["text"] for each in manager.get(f"/incidents/{incident.ref}/timeline").json()]
    assert told[-1].startswith("Reported: ")
    # It happened when the wrong one did.
    assert "Thirteen shares." in told[:3]
    assert "Twelve shares." not in told


def test_a_severity_is_raised_at_once(incident, manager):
    answer = manager.post(f"/incidents/{incident.ref}/severity", {"level": 1, "reason": "Worse."})
    assert (answer.status_code, answer.json()["severity"]) == (200, 1)
    assert Incident.objects.get(pk=incident.pk).assessment.assessor == manager.person


def test_a_lower_severity_is_only_proposed(incident, manager):
    answer = manager.post(f"/incidents/{incident.ref}/severity", {"level": 5, "reason": "Quiet."})
    assert answer.json()["severity"] == 2
    assert incident.proposals.get().level == 5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"level": 6, "reason": "x"}, "level"),
        ({"level": -1, "reason": "x"}, "level"),
        ({"level": "two", "reason": "x"}, "level"),
        ({"level": 1}, "reason"),
        ({"level": 1, "reason": ""}, "reason"),
        ({"level": 1, "reason": "a\0b"}, "reason"),
        ({"level": 1, "reason": "x" * 2001}, "reason"),
    ],
)
def test_a_wrong_severity_is_named(incident, manager, body, field):
    answer = manager.post(f"/incidents/{incident.ref}/severity", body)
    assert problem(answer, 422)["field"] == field


def test_a_severity_that_cannot_be_set_is_a_conflict(incident, manager):
    answer = manager.post(f"/incidents/{incident.ref}/severity", {"level": 2, "reason": "Same."})
    assert "is SEV 2 already" in problem(answer, 409)["detail"]


def test_an_incident_is_moved_and_a_refusal_says_what_is_missing(incident, manager):
    moved = manager.post(f"/incidents/{incident.ref}/status", {"to": "triaging"})
    assert moved.json()["status"] == "triaging"
    answer = manager.post(f"/incidents/{incident.ref}/status", {"to": "active"})
    assert "incident commander is missing" in problem(answer, 409)["detail"]


def test_a_status_that_is_none_is_named_with_those_that_are(incident, manager):
    body = problem(manager.post(f"/incidents/{incident.ref}/status", {"to": "solved"}), 422)
    assert body["field"] == "to"
    assert "triaging" in body["allowed"]


def test_closing_takes_the_right_to_close(incident):
    person = make.user()
    grants.admit(incident, level="manage", person=person, reason="Runs it.", actor=make.SYSTEM)
    answer = Caller(person).post(f"/incidents/{incident.ref}/status", {"to": "closed"})
    problem(answer, 403)


def test_an_update_is_written_under_the_callers_name(incident, manager):
    hour_ago = timezone.now() - timedelta(hours=1)
    body = {"text": "Closed the share.", "occurred_at": hour_ago.isoformat()}
    answer = manager.post(f"/incidents/{incident.ref}/updates", body)
    assert answer.status_code == 201
    assert answer.json()["actor"] == "Ada Obi"
    entry = incident.timeline.get(kind="update")
    assert (entry.text, entry.occurred_at) == ("Closed the share.", hour_ago)
    assert entry.audience == "responders"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": " "}, "text"),
        ({"text": "a\0b"}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "x", "audience": "everyone"}, "audience"),
        ({"text": "x", "occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
        ({"text": "x", "occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"text": "x", "occurred_at": "2026-01-01"}, "occurred_at"),
    ],
)
def test_a_wrong_update_is_named(incident, manager, body, field):
    answer = manager.post(f"/incidents/{incident.ref}/updates", body)
    assert problem(answer, 422)["field"] == field


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "severity"},
        {"actor": 1},
        {"actor_name": "Somebody else"},
        {"recorded_at": "2020-01-01T00:00:00Z"},
        {"supersedes": 1},
        {"data": {"now": 5}},
    ],
)
def test_what_no_caller_may_set_on_an_update_is_refused(incident, manager, more):
    before = incident.timeline.count()
    sent = manager.post(f"/incidents/{incident.ref}/updates", {"text": "x"} | more)
    assert problem(sent, 422)["field"] in more
    assert incident.timeline.count() == before


def test_acknowledging_stops_the_paging_and_saying_it_again_is_harmless(incident, manager, engine):
    make.user(Function.COMMANDER)
    policies.ensure_general_policies(actor=make.SYSTEM)
    engine.work()
    first = manager.post(f"/incidents/{incident.ref}/acknowledge")
    again = manager.post(f"/incidents/{incident.ref}/acknowledge")
    assert first.json() == again.json()
    assert incident.escalations.get().state == "acknowledged"


def test_every_page_is_listed_with_what_became_of_it(incident, manager, engine):
    paged = make.user(Function.COMMANDER)
    policies.ensure_general_policies(actor=make.SYSTEM)
    engine.work()
    (page,) = manager.get(f"/incidents/{incident.ref}/pages").json()
    assert (page["person"], page["method"], page["state"]) == (paged.name, "email", "sent")
    assert (page["attempts"], page["answer"]) == (1, "taken by the mail server")


def test_hidden_incidents_leave_no_trace_in_what_a_stranger_reads(incident):
    stranger = Caller(make.user())
    everything = [stranger.get(path).content for path in ("/incidents", "/programs")]
    program = incident.program.slug
    everything.append(stranger.get(f"/programs/{program}").content)
    for text in everything:
        assert incident.ref.encode() not in text
        assert incident.title.encode() not in text
