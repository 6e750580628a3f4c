"""The palette offers what the reader may see and do, and nothing of the rest."""

import pytest

from accounts.functions import Function
from incidents import roles, saved_views
from incidents.models import Incident, Role
from programs import access as program_access
from tests import make
from tests.web.conftest import HTMX, let_in, reader

pytestmark = pytest.mark.django_db


def offered(person, text=""):
    jumps = person.client.get("/find/", {"q": text}).context["jumps"]
    return {jump.name: jump.url for jump in jumps}


def test_an_incident_is_offered_to_who_may_read_it_and_to_nobody_else():
    incident = make.incident(title="Zebra readable")
    name, url = f"{incident.ref} Zebra readable", f"/incidents/{incident.ref}/"
    for text in (incident.ref, str(incident.number), "zebra", incident.codename):
        assert offered(let_in(incident), text).get(name) == url
        assert name not in offered(reader(), text)
        assert "Zebra" not in str(offered(reader(), text))


def test_programs_and_saved_views_are_offered_by_part_of_their_name():
    person, draft = reader(), make.draft(name="Hidden keystrokes")
    program = make.program(name="Keystroke study")
    kept = {"name": "Worst strokes", "query": "sev=1", "team": None}
    saved_views.keep(person.person, actor=make.actor(person.person), **kept)
    assert offered(person, "strok") == {
        "Keystroke study": f"/programs/{program.slug}/",
        "Worst strokes": "/incidents/?sev=1",
    }
    assert not program_access.visible_to(person.person).filter(pk=draft.pk).exists()


def test_every_place_that_is_offered_opens():
    for person in (reader(), reader(Function.AUDITOR), reader(Function.PRIVACY_OFFICER)):
        places = offered(person)
        assert "Report exposure" in places
        assert ("Audit log" in places) == (person.person.functions != frozenset())
        for url in places.values():
            assert person.get(url).status_code == 200, url


def test_the_dialog_gets_a_part_and_a_link_gets_a_page():
    person = reader()
    part, page = person.get("/find/?q=board", **HTMX), person.get("/find/?q=board")
    assert "<html" not in part.content.decode()
    assert "<html" in page.content.decode()
    for answer in (part, page):
        assert [jump.url for jump in answer.context["jumps"]] == ["/"]


@pytest.mark.parametrize("text", ["zebra", "'", "x\0y", "x" * 500, "<q>"])
def test_what_is_called_nothing_says_so(text):
    person = reader()
    answer = person.client.get("/find/", {"q": text})
    assert "Nothing that you may see is called so." in answer.content.decode()
    assert "<q>" not in answer.content.decode()
    assert not Incident.objects.exists()


def called(person, text):
    return person.client.get("/find/", {"q": text}).context["jumps"]


def test_people_are_offered_by_their_roles_in_what_the_reader_sees_and_no_others():
    """A name, or a count one too high, would tell of an incident that is hidden."""
    seen, hidden = make.incident(), make.incident()
    zoe = make.user(username="zoe", first_name="Zoë", last_name="Zebra")
    yan = make.user(username="yan", first_name="Yan", last_name="Zebra")
    for incident, role, person in ((seen, "scribe", zoe), (hidden, "scribe", yan)):
        roles.give(incident, Role(role), person=person, actor=make.SYSTEM)
    roles.give(hidden, Role.EXPERT, person=zoe, actor=make.SYSTEM)
    person = let_in(seen)
    (jump,) = called(person, "zeb zoë")
    assert (jump.name, jump.kind) == ("Zoë Zebra", "Has a role in 1 incident")
    assert jump.url == "/incidents/?person=zoe"
    assert [row.pk for row in person.get(jump.url).context["page"].rows] == [seen.pk]
    assert person.get("/incidents/?person=yan").context["page"].count == 0
    assert called(person, "yan") == called(reader(), "zebra") == []


def test_operators_are_led_to_the_pages_of_people_and_nobody_else_is():
    make.user(username="zoe", last_name="Zebra")
    (jump,) = called(reader(Function.OPERATOR), "zebra")
    assert reader(Function.OPERATOR).get(jump.url).status_code in (200, 302)
    assert called(reader(Function.COMMANDER), "zebra") == []
