"""What became of an alert is told where it rings: answered, or over. Once, and again if refused."""

import json

import pytest
import responses
from django.db.models import Q

from incidents import lifecycle as status
from incidents.models import Status
from notifications import answering, contacts, paging, relaying, runs
from notifications.contacts import Terms
from notifications.models import Escalation, Method, Page, PageAttempt
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader

ROUTING = "r" * 32
EVENTS = "https://events.pagerduty.com/v2/enqueue"
TAKEN = {"status": 202, "json": {"status": "success"}}
Purpose = Page.Purpose


@pytest.fixture
def pagerduty():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as service:
        service.post(EVENTS, **TAKEN)
        yield service


@pytest.fixture
def paged(commander, engine, pagerduty):
    """A SEV 3 whose commander's PagerDuty rings."""
    add(commander)
    incident = make.incident(Sev.SEV3)
    engine.work()
    assert actions(pagerduty) == ["trigger"]
    return incident


def add(person):
    made = contacts.add(person, Method.PAGERDUTY, ROUTING, terms=Terms(), actor=make.SYSTEM)
    contacts.verify(made, actor=make.SYSTEM)


def told(service):
    return [json.loads(call.request.body) for call in service.calls]


def actions(service):
    return [each["event_action"] for each in told(service)]


def test_an_answer_ends_the_ringing_and_the_end_resolves_the_alert(
    paged, commander, engine, pagerduty
):
    paging.acknowledge(paged, actor=make.actor(commander))
    engine.work()
    assert actions(pagerduty) == ["trigger", "acknowledge"]
    status.move(paged, Status.DISMISSED, actor=make.actor(commander), reason="A false alarm.")
    engine.work()
    assert actions(pagerduty) == ["trigger", "acknowledge", "resolve"]
    first, *rest = told(pagerduty)
    assert {each["dedup_key"] for each in rest} == {first["dedup_key"]}
    assert all(set(each) == {"routing_key", "event_action", "dedup_key"} for each in rest)
    page, ack, over = Page.objects.filter(method=Method.PAGERDUTY).order_by("pk")
    assert (ack.purpose, ack.about, ack.state) == (Purpose.ACK, page, Page.State.SENT)
    assert (over.purpose, over.tries.count()) == (Purpose.OVER, 1)


def test_who_takes_over_rings_nobody_twice_and_what_is_paged_anew_is_another_alert(
    paged, commander, engine, pagerduty
):
    other = make.user()
    paging.acknowledge(paged, actor=make.actor(commander))
    engine.work()
    answering.hand_over(paged, other, reason="My shift ends.", actor=make.actor(commander))
    paging.acknowledge(paged, actor=make.actor(other))
    engine.work()
    assert actions(pagerduty) == ["trigger", "acknowledge"]
    answering.snooze(paged, minutes=5, reason="Lunch.", actor=make.actor(other))
    engine.forward(minutes=6)
    paging.acknowledge(paged, actor=make.actor(commander))
    engine.work()
    first, _ack, second, ack = told(pagerduty)
    assert (second["event_action"], ack["event_action"]) == ("trigger", "acknowledge")
    assert second["dedup_key"] == ack["dedup_key"] != first["dedup_key"]


def test_what_is_refused_is_told_again_and_then_stands_in_the_story(
    paged, commander, engine, pagerduty
):
    pagerduty.replace("POST", EVENTS, status=500)
    paging.acknowledge(paged, actor=make.actor(commander))
    engine.work()
    pagerduty.replace("POST", EVENTS, **TAKEN)
    engine.forward(minutes=1)
    ack = Page.objects.get(purpose=Purpose.ACK)
    assert (ack.state, ack.attempts) == (Page.State.SENT, 2)
    pagerduty.replace("POST", EVENTS, status=500)
    status.move(paged, Status.DISMISSED, actor=make.actor(commander), reason="A false alarm.")
    for _each in range(9):
        engine.forward(minutes=20)
    assert Page.objects.get(purpose=Purpose.OVER).state == Page.State.FAILED
    written = paged.timeline.latest("pk").text
    assert written == "PagerDuty of Ada Obi could not be told that it is over after 8 attempts."


def test_what_is_under_way_is_not_overtaken(paged, commander, engine, pagerduty):
    page = Page.objects.get(method=Method.PAGERDUTY)
    PageAttempt.objects.create(page=page, number=2)
    paging.acknowledge(paged, actor=make.actor(commander))
    engine.work()
    assert actions(pagerduty) == ["trigger"]
    engine.forward(seconds=16)
    assert actions(pagerduty) == ["trigger", "acknowledge"]


def test_what_never_left_and_what_keeps_no_alert_is_told_nothing(commander, engine, mailoutbox):
    incident = make.incident(Sev.SEV3)
    engine.work()
    paging.acknowledge(incident, actor=make.actor(commander))
    status.move(incident, Status.DISMISSED, actor=make.actor(commander), reason="A false alarm.")
    engine.work()
    assert not Page.objects.exclude(about=None).exists()


def test_a_stop_that_goes_on_resolves_its_alerts(policy, engine, pagerduty):
    program = make.program()
    add(program.owner)
    make.lease(make.collector(program))
    pauses.pull_the_cord(program, reason="Look.", actor=make.actor(program.owner))
    engine.work()
    engine.forward(seconds=14)
    assert actions(pagerduty) == ["trigger"]
    relaying.stop_over(Q(pk=Escalation.objects.get().pk))
    engine.work()
    assert actions(pagerduty) == ["trigger"]
    make.resumed(program)
    engine.work()
    assert actions(pagerduty)[-1] == "resolve"


def test_what_ended_and_is_paged_for_anew_is_resolved_once_more(policy, engine, pagerduty):
    program = make.program()
    add(program.owner)
    make.lease(make.collector(program))
    pauses.pull_the_cord(program, reason="Look.", actor=make.actor(program.owner))
    engine.work()
    engine.forward(seconds=14)
    run = Escalation.objects.get()
    runs.end(run, Escalation.State.STOPPED, actor=make.SYSTEM)
    engine.work()
    paging.open_for_stop(run.order_id, cause=run.cause)
    engine.work()
    assert actions(pagerduty) == ["trigger", "resolve", "trigger"]
    make.resumed(program)
    engine.work()
    assert actions(pagerduty)[3:] == ["resolve"]
    assert len({each["dedup_key"] for each in told(pagerduty)}) == 1


def test_the_log_says_what_was_told_and_offers_no_second_time(paged, commander, engine):
    paging.acknowledge(paged, actor=make.actor(commander))
    engine.work()
    ada = Reader(commander)
    path = f"/incidents/{paged.ref}/deliveries/"
    said = ada.reads(path)
    assert "Told that it was answered" in said
    assert said.count("Send again") == 1
    ack = Page.objects.get(purpose=Purpose.ACK)
    ada.post(f"{path}{ack.pk}/resend/")
    assert "Only pages are sent again." in ada.reads(path)
