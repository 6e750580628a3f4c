"""Who responds for a program: privacy officers decide, nobody for themselves, on the record."""

import pytest
from django.contrib.auth.models import Group

from accounts.functions import Function
from audit.models import Entry
from programs import breadth, pauses
from programs.breadth import Responder
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def officer():
    return make.officer()


def add(program, actor, person=None, team=None, reason="On the rota."):
    breadth.add(program, Responder(person, team), reason=reason, actor=actor)


def test_people_and_teams_respond_until_somebody_ends_it(program, officer):
    person, team = make.user(), Group.objects.create(name="Night shift")
    for _ in range(2):
        add(program, officer, person)
        add(program, officer, team=team)
    assert breadth.of(program) == [Responder(person, None), Responder(None, team)]
    breadth.end(program, Responder(person, None), reason="Left.", actor=officer)
    assert breadth.of(program) == [Responder(None, team)]
    told = Entry.objects.filter(action__startswith="program.responder_").order_by("pk")
    assert [each.action for each in told] == ["program.responder_added"] * 2 + [
        "program.responder_ended"
    ]
    assert told[0].remark.text == "On the rota."


@pytest.mark.parametrize("who", ["owner", "commander", "officer who owns it"])
def test_nobody_else_decides(program, who):
    actor = {
        "owner": lambda: make.actor(program.owner),
        "commander": lambda: make.actor(make.user(Function.COMMANDER)),
        "officer who owns it": lambda: owning(program),
    }[who]()
    with pytest.raises(breadth.Refused, match="Only a privacy officer who does not run"):
        add(program, actor, make.user())
    with pytest.raises(breadth.Refused, match="Only a privacy officer who does not run"):
        breadth.choose(program, responders_read=True, reason="Please.", actor=actor)
    assert breadth.of(program) == []


def owning(program):
    actor = make.officer()
    type(program).objects.filter(pk=program.pk).update(owner=actor.user)
    return actor


def test_what_cannot_be_is_named_by_its_field(program, officer):
    team, own = (Group.objects.create(name=name) for name in ("Night shift", "Own team"))
    officer.user.groups.add(own)
    for person, group, reason, words in (
        (None, None, "r", "person: name a person or a team"),
        (make.user(), team, "r", "person: name a person or a team"),
        (officer.user, None, "r", "person: nobody lets themselves in"),
        (None, own, "r", "person: nobody lets themselves in"),
        (make.user(is_active=False), None, "r", "is deactivated"),
        (make.user(), None, " ", "reason: say why"),
        (make.user(), None, "x" * 501, "reason: say why"),
    ):
        with pytest.raises(breadth.Refused, match=words):
            add(program, officer, person, group, reason)
    assert breadth.of(program) == []


def test_a_program_that_ended_is_only_narrowed(program, officer):
    person = make.user()
    add(program, officer, person)
    breadth.choose(program, responders_read=True, reason="Small.", actor=officer)
    pauses.retire(program, reason="Done.", actor=make.SYSTEM)
    with pytest.raises(breadth.Refused, match="has ended"):
        add(program, officer, make.user())
    assert not breadth.choose(
        program, responders_read=False, reason="Over.", actor=officer
    ).responders_read
    breadth.end(program, Responder(person, None), reason="Over.", actor=officer)
    assert breadth.of(program) == []


def test_what_it_says_stands_in_its_history(program, officer):
    breadth.choose(program, responders_read=True, reason="Small team.", actor=officer)
    newest = program.history.first()
    assert (newest.responders_read, newest.history_user) == (True, officer.user)
    assert "Small team." in newest.history_change_reason
