"""The story of an incident by API: for whom its page is, and never more than there."""

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import exposures, grants, retelling, timeline
from incidents.models import TimelineEntry
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.active(Sev.SEV2, title="Ledger of Zara Quill")


@pytest.fixture
def zara(incident):
    person = make.user(first_name="Zara", last_name="Quill")
    grants.admit(incident, level="contribute", person=person, reason="Helps.", actor=make.SYSTEM)
    return person


@pytest.fixture
def executive():
    return Caller(make.user(Function.EXECUTIVE))


def say(incident, person, text, audience):
    return timeline.write(incident, "update", text, actor=make.actor(person), audience=audience)


def url(incident, query=""):
    return f"/incidents/{incident.ref}/brief{query}"


def test_leadership_is_the_usual_and_reads_duties_instead_of_names(incident, zara, executive):
    say(incident, zara, "Zara Quill closed it.", TimelineEntry.Audience.LEADERSHIP)
    say(incident, zara, "Only for us.", TimelineEntry.Audience.RESPONDERS)
    said = executive.get(url(incident)).json()
    assert (said["redaction"], said["ref"], said["level"]) == ("leadership", incident.ref, 2)
    assert [line["text"] for line in said["told"]][-1] == "[removed] closed it."
    assert "Zara" not in str(said)
    assert "Only for us." not in str(said)


def test_outside_nothing_names_it_and_no_day_is_told(incident, zara):
    say(incident, zara, "Keys of Zara Quill, 18 June.", TimelineEntry.Audience.TOLD)
    said = Caller(zara).get(url(incident, "?redaction=outside")).json()
    assert (said["ref"], said["program"], said["reported"]) == (None, "", None)
    assert said["told"][0]["text"] == "Keys of [removed], [removed]."
    assert {line["at"] for line in said["told"]} == {None}
    assert {stop["page"] for stop in said["stops"]} == {None}
    assert incident.ref not in str(said)


def test_what_stopped_and_what_was_exposed_are_told_with_proof_and_seconds(incident, zara):
    said = exposures.Said(what="Keys", people_known=1200)
    exposures.add(incident, said, actor=make.actor(zara))
    told = Caller(zara).get(url(incident, "?redaction=whole")).json()
    assert (told["people"], told["exposed"][0]["people_known"]) == (1200, 1200)
    assert told["stops"][0]["program"] == incident.program.name
    assert isinstance(told["stops"][0]["took"], int)
    assert set(told["lengths"]) == {"detect", "acknowledge", "pause", "contain", "recover"}


def test_it_is_told_as_it_stood_at_a_moment(incident, zara):
    before = timezone.now()
    exposures.add(incident, exposures.Said(what="Keys"), actor=make.actor(zara))
    then = Caller(zara).get(url(incident, f"?at={before:%Y-%m-%dT%H:%M:%S.%fZ}")).json()
    now = Caller(zara).get(url(incident)).json()
    assert (len(then["exposed"]), len(now["exposed"])) == (0, 1)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?at=2001-01-01T00:00:00Z", "at"),
        ("?at=9999-01-01T00:00:00Z", "at"),
        ("?at=yesterday", "at"),
        ("?at=2026-11-01T00:00:00", "at"),
        ("?redaction=everything", "redaction"),
    ],
)
def test_what_has_no_story_is_refused_by_its_field(incident, zara, query, field):
    body = problem(Caller(zara).get(url(incident, query)), 422)
    assert body["field"] == field


def test_more_entries_than_are_told_are_said_to_be_more(incident, zara, monkeypatch):
    assert Caller(zara).get(url(incident, "?redaction=whole")).json()["is_all"]
    monkeypatch.setattr(retelling, "MOST_ENTRIES", 1)
    said = Caller(zara).get(url(incident, "?redaction=whole")).json()
    assert (said["is_all"], len(said["told"])) == (False, 1)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_no_clock_in_utc_shows_is_refused(incident, executive, at):
    assert problem(executive.get(url(incident, f"?at={at}")), 422)["field"] == "at"


def test_who_may_not_see_the_incident_is_told_what_is_told_of_a_missing_one(incident):
    stranger = Caller(make.user(Function.OPERATOR))
    hidden, missing = stranger.get(url(incident)), stranger.get("/incidents/INC-999999/brief")
    assert problem(hidden, 404) == problem(missing, 404)


def test_a_token_of_another_program_opens_no_story(incident, zara):
    caller = Caller(zara)
    caller.headers = {"Authorization": f"Bearer {token(zara, programs=[make.program().slug])}"}
    problem(caller.get(url(incident)), 404)
