"""By API: why somebody sees an incident, who asks to, leaving, who has looked, what was changed."""

import pytest

from accounts.functions import Function
from incidents import grants, knocks, relations
from incidents.models import AccessRequest
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem, token

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV3)


def let_in(incident, level, person=None):
    person = person or make.user()
    grants.admit(incident, level=level, person=person, reason="Helps.", actor=make.SYSTEM)
    return Caller(person)


@pytest.fixture
def manager(incident):
    return let_in(incident, "manage")


@pytest.fixture
def viewer(incident):
    return let_in(incident, "view")


def at(incident, rest):
    return f"/incidents/{incident.ref}/{rest}"


def test_it_says_why_one_sees_it_and_to_who_manages_why_anybody_does(incident, manager, viewer):
    told = viewer.get(at(incident, "access/why")).json()
    assert (told["person"], told["program"]) == (viewer.person.username, None)
    assert [(each["level"], each["reason"]) for each in told["grants"]] == [("view", "Helps.")]
    of_manager = at(incident, f"access/why?person={manager.person.username}")
    assert "asks this of others" in problem(viewer.get(of_manager), 403)["detail"]
    of_viewer = at(incident, f"access/why?person={viewer.person.email}")
    assert manager.get(of_viewer).json() == told
    stranger = make.user()
    of_stranger = at(incident, f"access/why?person={stranger.username}")
    assert manager.get(of_stranger).json() == {
        "person": stranger.username,
        "grants": [],
        "program": None,
    }
    nobody = problem(manager.get(at(incident, "access/why?person=nobody-here")), 422)
    assert nobody["field"] == "person"


@pytest.fixture
def wish(incident):
    asking = make.user()
    knocks.take_up(incident.number, reason="I own the logs.", actor=make.actor(asking))
    return AccessRequest.objects.get(person=asking)


def test_who_asks_is_let_in_once_and_to_no_more_than_one_may(incident, manager, viewer, wish):
    [told] = manager.get(at(incident, "access/requests")).json()
    assert (told["id"], told["reason"]) == (wish.pk, "I own the logs.")
    assert viewer.get(at(incident, "access/requests")).status_code == 403
    path = at(incident, f"access/requests/{wish.pk}")
    refused = problem(manager.post(path, {"answer": "admit", "level": "close"}), 422)
    assert refused["field"] == "level"
    assert not make.sees(wish.person, incident)
    assert manager.post(path, {"answer": "admit", "level": "contribute"}).status_code == 204
    assert make.sees(wish.person, incident)
    again = problem(manager.post(path, {"answer": "decline"}), 409)
    assert "is admitted already" in again["detail"].lower() or "already" in again["detail"]
    assert manager.get(at(incident, "access/requests")).json() == []


def test_a_request_is_reached_through_its_own_incident(manager, wish):
    other = make.incident()
    path = at(other, f"access/requests/{wish.pk}")
    caller = let_in(other, "manage", manager.person)
    assert "no such request" in problem(caller.post(path, {"answer": "admit"}), 404)["detail"]
    wish.refresh_from_db()
    assert wish.state == "open"


def test_who_leaves_sees_it_no_more_and_the_last_manager_stays(incident, viewer):
    assert viewer.post(at(incident, "access/leave")).status_code == 204
    assert viewer.get(at(incident, "access")).status_code == 404
    officer = Caller(make.user(Function.PRIVACY_OFFICER))
    refused = problem(officer.post(at(incident, "access/leave")), 409)
    assert "Nothing lets you in by name" in refused["detail"]


def test_who_has_looked_is_told_to_who_manages_it(incident, manager, viewer):
    viewer.get(at(incident, "timeline"))
    told = {each["person"]: each for each in manager.get(at(incident, "readers")).json()}
    assert told[viewer.person.username]["times"] == 1
    assert viewer.get(at(incident, "readers")).status_code == 403
    assert Caller(make.user()).get(at(incident, "readers")).status_code == 404


def test_what_was_changed_is_read_newest_first_and_narrowed(incident, manager):
    make.judged(incident, Sev.SEV1, by=manager.person)
    every = manager.get(at(incident, "history")).json()
    moments = [each["at"] for each in every]
    assert moments == sorted(moments, reverse=True)
    mine = manager.get(at(incident, f"history?kind=incident&who={manager.person.name}")).json()
    changed = {each["field"]: each for row in mine for each in row["fields"]}
    assert changed["Sev"]["before"] != changed["Sev"]["after"]
    assert all(row["kind"] == "incident" for row in mine)
    assert manager.get(at(incident, "history?offset=1")).json() == every[1:]
    assert manager.get(at(incident, "history?since=2999-01-01T00:00:00Z")).json() == []
    for query, field in (
        ("kind=gossip", "kind"),
        ("since=yesterday", "since"),
        ("offset=-1", "offset"),
    ):
        assert problem(manager.get(at(incident, f"history?{query}")), 422)["field"] == field


def test_a_bound_token_reads_no_other_programs_incident_in_the_history(incident, manager):
    other = make.incident(Sev.SEV3)
    let_in(other, "manage", manager.person)
    relations.relate(incident, other, kind="related", actor=make.actor(manager.person))
    assert other.ref in manager.get(at(incident, "history")).content.decode()
    text = token(manager.person, programs=[incident.program.slug])
    manager.headers = {"Authorization": f"Bearer {text}"}
    assert other.ref not in manager.get(at(incident, "history")).content.decode()
