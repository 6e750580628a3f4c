"""The pages of who reads without being let in: of a program, and of one incident."""

import pytest

from accounts.functions import Function
from programs import breadth
from programs.breadth import Responder
from severity.ladder import Sev
from tests import make
from tests.api.conftest import Caller, problem
from tests.web.conftest import Reader, let_in, reader, url, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make.program(participants=50)


def at(program, ending=""):
    return f"/programs/{program.slug}/responders/{ending}"


def test_a_privacy_officer_says_who_responds_and_what_they_read(program, officer):
    person = make.user(username="ada", first_name="Ada", last_name="Obi")
    assert "Nobody is named." in officer.reads(at(program))
    officer.post(at(program), person="ada", reason="On the rota.")
    officer.post(at(program, "breadth/"), responders_read="yes", reason="Small team.")
    page = officer.reads(at(program))
    assert "Ada Obi" in page
    assert "Its responders read and write in its incidents of SEV 2 to 5" in page
    assert "Its responders read its incidents" in officer.reads(f"/programs/{program.slug}/")
    program.refresh_from_db()
    incident = make.incident(Sev.SEV3, program=program)
    assert Reader(person).get(url(incident)).status_code == 200
    officer.post(at(program, "end/"), who=f"person:{person.pk}", reason="Left.")
    assert Reader(person).get(url(incident)).status_code == 404


def test_what_is_wrong_is_said_at_its_field(program, officer):
    for fields, said in (
        ({"person": "nobody", "reason": "r"}, "Nobody has this user name"),
        ({"person": "", "reason": "r"}, "Name a person or a team"),
        ({"person": officer.person.username, "reason": "r"}, "Nobody lets themselves in"),
    ):
        answer = officer.post(at(program), **fields)
        assert answer.status_code in (409, 422)
        assert said in words(answer)
    assert officer.post(at(program, "end/"), who="person:0", reason="r").status_code == 404
    assert officer.post(at(program, "breadth/"), responders_read="maybe").status_code == 422


def test_others_look_or_are_refused(program):
    insider, stranger = reader(Function.RESPONDER), reader()
    assert "A privacy officer who does not run the program decides" in insider.reads(at(program))
    assert insider.post(at(program), person="x", reason="r").status_code == 403
    assert (
        insider.post(at(program, "breadth/"), responders_read="yes", reason="r").status_code == 403
    )
    assert stranger.get(at(program)).status_code == 403


def test_who_manages_an_incident_restricts_it_on_its_page(program):
    officer, person = make.officer(), make.user()
    breadth.add(program, Responder(person, None), reason="r", actor=officer)
    wide = breadth.choose(program, responders_read=True, reason="r", actor=officer)
    incident = make.incident(Sev.SEV3, program=wide)
    manager, helper = let_in(incident, "manage"), Reader(person)
    assert "Restrict it to those who are let in" in manager.reads(url(incident))
    assert "Restrict it to" not in helper.reads(url(incident))
    assert helper.post(url(incident, "access/breadth/"), restricted="no").status_code == 403
    manager.post(url(incident, "access/breadth/"), restricted="yes", reason="A colleague did it.")
    assert helper.get(url(incident)).status_code == 404
    page = manager.reads(url(incident))
    assert "Let the program's responders read it" in page
    assert "A colleague did it." in page


def test_the_same_by_api(program):
    officer = Caller(make.user(Function.PRIVACY_OFFICER))
    person, path = make.user(username="ada"), f"/programs/{program.slug}"
    body = {"person": "ada", "reason": "On the rota."}
    told = officer.post(f"{path}/responders", body).json()
    assert told == {"responders_read": False, "responders": [{"person": "ada", "team": None}]}
    wide = officer.post(f"{path}/breadth", {"responders_read": True, "reason": "Small."})
    assert wide.json()["responders_read"] is True
    program.refresh_from_db()
    incident = make.incident(Sev.SEV3, program=program)
    assert make.sees(person, incident)
    restrict = f"/incidents/{incident.ref}/breadth"
    done = officer.post(restrict, {"restricted": True, "reason": "A colleague."})
    assert done.json() == {"incident": incident.ref, "restricted": True}
    assert not make.sees(person, incident)
    ended = officer.post(f"{path}/responders", body | {"responds": False})
    assert ended.json()["responders"] == []


def test_by_api_others_look_or_are_refused_and_wrong_names_are_said(program):
    officer, path = Caller(make.user(Function.PRIVACY_OFFICER)), f"/programs/{program.slug}"
    insider = Caller(make.user(Function.LEGAL, username="lea"))
    assert insider.get(f"{path}/responders").json()["responders"] == []
    body = {"person": "lea", "reason": "r"}
    assert insider.post(f"{path}/responders", body).status_code == 403
    assert Caller(make.user()).get(f"{path}/responders").status_code == 403
    for wrong, field in (
        ({"person": "nobody", "reason": "r"}, "person"),
        ({"team": "nobody", "reason": "r"}, "team"),
        ({"reason": "r"}, "person"),
        ({"person": "lea", "reason": " "}, "reason"),
    ):
        assert problem(officer.post(f"{path}/responders", wrong), 422)["field"] == field
