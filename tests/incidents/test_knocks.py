"""To ask to be let in, and learn nothing by asking."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from incidents import access, admission, grants, knocks, lifecycle
from incidents.access import Level
from incidents.models import AccessRequest, Status
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident(Sev.SEV2)


@pytest.fixture
def ask(engine):
    def knock(number, by=None, reason="I run the share that leaked."):
        person = by or make.user()
        knocks.ask(number, reason=reason, actor=make.actor(person))
        engine.work()
        return person

    return knock


def asked(incident, **fields):
    return AccessRequest.objects.get(incident=incident, **fields)


def manager(incident):
    person = make.user()
    grants.admit(incident, person=person, level=Level.CLOSE, reason="r", actor=make.SYSTEM)
    return person


def test_who_asks_waits_for_somebody_who_can_let_in(incident, ask):
    person = ask(incident.number)
    assert [each.person for each in knocks.waiting(incident)] == [person]
    assert not access.may(person, Level.VIEW, incident)
    knocks.admit(asked(incident), level=Level.CONTRIBUTE, actor=make.actor(manager(incident)))
    assert access.may(person, Level.CONTRIBUTE, incident)
    assert not knocks.waiting(incident)


def test_who_asks_for_what_there_is_not_hears_the_same(ask):
    person = ask(987654)
    assert not AccessRequest.objects.exists()
    entry = Entry.objects.get(action="access.asked")
    assert entry.stream == f"user:{person.pk}"


def test_who_is_declined_is_told_nothing_and_stays_outside(incident, ask):
    person = ask(incident.number)
    knocks.decline(asked(incident), actor=make.actor(manager(incident)))
    assert not access.may(person, Level.VIEW, incident)
    assert not OutboxEvent.objects.filter(topic="access.admitted").exists()
    with pytest.raises(knocks.Refused, match="declined already"):
        knocks.admit(asked(incident), level=Level.VIEW, actor=make.actor(manager(incident)))


def test_nobody_lets_in_to_more_than_they_may(incident, ask):
    ask(incident.number)
    helper = make.user()
    grants.admit(incident, person=helper, level=Level.MANAGE, reason="r", actor=make.SYSTEM)
    with pytest.raises(grants.Refused, match="more than they may"):
        knocks.admit(asked(incident), level=Level.CLOSE, actor=make.actor(helper))
    assert asked(incident).state == AccessRequest.State.OPEN


def test_while_one_asks_nothing_is_looked_up(incident):
    """Else the time of the answer would tell whether there is such an incident."""
    with CaptureQueriesContext(connection) as hidden:
        knocks.ask(incident.number, reason="r", actor=make.actor(make.user()))
    with CaptureQueriesContext(connection) as missing:
        knocks.ask(987654, reason="r", actor=make.actor(make.user()))
    assert len(hidden) == len(missing)
    assert not any("incidents_incident" in each["sql"] for each in hidden.captured_queries)


def test_one_asks_once(incident, ask):
    person = ask(incident.number)
    ask(incident.number, by=person)
    assert incident.access_requests.count() == 1


def test_who_is_in_already_and_what_is_over_need_no_request(ask):
    incident = make.incident(Sev.SEV3)
    ask(incident.number, by=manager(incident))
    lifecycle.move(incident, Status.DISMISSED, actor=make.SYSTEM, reason="A test file.")
    ask(incident.number)
    assert not incident.access_requests.exists()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_reason_is_needed_and_bounded(incident, reason, ask):
    with pytest.raises(knocks.Refused, match="reason: say what you need it for"):
        ask(incident.number, reason=reason)


def test_those_who_can_let_in_are_told_by_mail_that_names_the_codename_alone(
    incident, engine, mailoutbox, ask
):
    boss = manager(incident)
    ask(incident.number)
    engine.work()
    (mail,) = [mail for mail in mailoutbox if mail.to == [boss.email]]
    assert incident.codename in mail.subject
    assert incident.title not in mail.subject + mail.body


def test_it_costs_one_query_to_find_who_can_let_in(incident, django_assert_num_queries):
    boss, gone = manager(incident), make.user(Function.COMMANDER)
    gone.is_active = False
    gone.save()
    for _each in range(5):
        make.user()
    with django_assert_num_queries(1):
        found = admission.managers(incident)
    assert boss in found
    assert gone not in found
    assert all(access.may(person, Level.MANAGE, incident) for person in found)


def test_who_reads_may_leave_but_not_with_a_role(incident):
    person = make.user()
    grants.admit(incident, person=person, level=Level.VIEW, reason="r", actor=make.SYSTEM)
    grants.leave(incident, actor=make.actor(person))
    assert not access.may(person, Level.VIEW, incident)
    with pytest.raises(grants.Refused, match="Nothing lets you in by name"):
        grants.leave(incident, actor=make.actor(make.user(Function.PRIVACY_OFFICER)))


def test_it_says_why_somebody_sees_an_incident(incident):
    officer, stranger = make.user(Function.PRIVACY_OFFICER), make.user()
    assert [grant.reason for grant in access.why(officer, incident)] == [
        "By rule: privacy officers take part in every incident."
    ]
    assert access.why(stranger, incident) == []
    officer.is_active = False
    assert access.why(officer, incident) == []
