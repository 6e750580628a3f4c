"""Rooms are told beside the people who are paged, and never count as somebody who was reached."""

import json

import pytest
import responses

from accounts.functions import Function
from accounts.models import User
from notifications import (
    answering,
    connecting,
    contacts,
    paging,
    policies,
    reading,
    rooms,
    runs,
)
from notifications.channels import slackbot
from notifications.contacts import Terms as ContactTerms
from notifications.models import Escalation, EscalationPolicy, Method, Page, Room
from notifications.rooms import Refused, Terms
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.notifications.test_slackbot import (
    ADA,
    CHANGE,
    POST,
    SECRET,
    TEAM,
    TEST,
    TOKEN,
    pressed,
    send,
    told,
)
from tests.web.conftest import Reader

CHANNEL, EVENTS = "C012AB3CD", "https://events.pagerduty.com/v2/enqueue"
Kind, State = Page.Purpose, Escalation.State


@pytest.fixture
def outside():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as service:
        service.post(EVENTS, status=202, json={"status": "success"})
        service.post(TEST, json={"ok": True, "team_id": TEAM, "user": "andon"})
        service.post(POST, json={"ok": True, "channel": CHANNEL, "ts": "17.001"})
        service.post(CHANGE, json={"ok": True})
        yield service


@pytest.fixture
def operator(db):
    return make.user(Function.OPERATOR)


def room(method="pagerduty", address="r" * 32, name="Ours", **terms):
    return rooms.make(name, method, address, terms=Terms(**terms), actor=make.SYSTEM)


def told_of(incident):
    pages = Page.objects.filter(escalation__incident=incident, about=None).exclude(room=None)
    return [page.room.name for page in pages.order_by("pk")]


def test_a_room_is_told_with_its_step_and_no_link_in_it_acts_for_anybody(
    commander, outside, engine, mailoutbox
):
    room(name="At once")
    room(name="Later", step=2)
    incident = make.incident(Sev.SEV2, title="Kookaburra")
    engine.work()
    assert told_of(incident) == ["At once"]
    said = told(outside, EVENTS)[-1]
    assert said["payload"]["summary"].startswith(f"[Andon] SEV 2 {incident.codename}")
    assert "/acknowledge/" not in json.dumps(said)
    assert "Kookaburra" not in json.dumps(said)
    assert "Told beside: At once." in [each.text for each in incident.timeline.all()]
    make.user(Function.PRIVACY_OFFICER)
    engine.forward(minutes=11)
    assert told_of(incident) == ["At once", "Later"]
    paging.acknowledge(incident, actor=make.actor(commander))
    engine.work()
    assert [each["event_action"] for each in told(outside, EVENTS)][-2:] == ["acknowledge"] * 2


def test_who_reached_a_room_alone_has_reached_nobody(policy, operator, outside, engine):
    room()
    incident = make.incident(Sev.SEV2)
    User.objects.exclude(pk=operator.pk).update(is_active=False)
    for _each in range(9):
        engine.forward(minutes=20)
    escalation = Escalation.objects.filter(incident=incident).earliest("pk")
    assert escalation.state == State.NOBODY_NOTIFIED
    assert escalation.pages.exclude(room=None).get().room.name == "Ours"
    assert escalation.pages.filter(person=operator).exists()


def test_it_hears_of_its_program_its_policy_and_its_levels_alone(
    commander, outside, engine, mailoutbox
):
    policy = EscalationPolicy.objects.get(levels=[0, 1])
    program = make.program()
    room(name="Of a program", program=program)
    room(name="Of another", program=make.program())
    room(name="Of a policy", policy=policy)
    room(name="Of the grave", mildest=1)
    rooms.retire(room(name="Of the past"), actor=make.SYSTEM)
    incident = make.incident(Sev.SEV2, program=program)
    grave = make.incident(Sev.SEV1)
    engine.work()
    assert told_of(incident) == ["Of a program"]
    assert told_of(grave) == ["Of a policy", "Of the grave"]


def test_a_stop_that_is_not_answered_tells_the_room_of_its_program(policy, outside, engine):
    program = make.program()
    room(program=program)
    make.lease(make.collector(program))
    pauses.pull_the_cord(program, reason="Look.", actor=make.actor(program.owner))
    engine.work()
    engine.forward(seconds=14)
    assert Page.objects.exclude(room=None).get().state == Page.State.SENT


def test_whoever_is_known_there_answers_in_the_channel_and_a_room_itself_is_nobody(
    commander, operator, outside, engine, mailoutbox
):
    by = make.actor(operator)
    connection = connecting.make("slack", "Ours", [SECRET], token=TOKEN, actor=by)
    engine.work()
    connection.refresh_from_db()
    room("slackbot", CHANNEL)
    incident = make.incident(Sev.SEV2)
    engine.work()
    page = Page.objects.exclude(room=None).get()
    assert told(outside, POST)[-1]["channel"] == CHANNEL
    send(connection, pressed(page, back=""))
    assert Escalation.objects.get().state == State.ACTIVE
    made = contacts.add(commander, Method.SLACKBOT, ADA, terms=ContactTerms(), actor=make.SYSTEM)
    contacts.verify(made, actor=make.SYSTEM)
    send(connection, pressed(page, back="", actions=[{**ANSWER, "value": page.key}]))
    assert Escalation.objects.get().acknowledged_by == commander
    engine.work()
    assert told(outside, CHANGE)[-1]["channel"] == CHANNEL
    answering.snooze(incident, minutes=5, reason="Lunch.", actor=make.actor(commander))
    assert "answered already" in reading.why_over(page)


@pytest.fixture
def in_channel(commander, operator, outside, engine):
    """The bot tells a channel of a SEV 2."""
    connecting.make("slack", "Ours", [SECRET], token=TOKEN, actor=make.actor(operator))
    engine.work()
    room("slackbot", CHANNEL)
    incident = make.incident(Sev.SEV2)
    engine.work()
    outside.replace("POST", POST, json={"ok": True, "channel": CHANNEL, "ts": "18.002"})
    return incident


def again(commander, engine):
    """Whoever answered takes it back, and the paging begins again."""
    escalation = Escalation.objects.latest("pk")
    runs.answer(escalation, actor=make.actor(commander))
    runs.resume(escalation, actor=make.SYSTEM)
    engine.work()


def test_what_follows_of_an_incident_stands_under_its_first_message_and_in_the_channel(
    in_channel, commander, outside, engine
):
    again(commander, engine)
    first, second = told(outside, POST)[-2:]
    assert "thread_ts" not in first
    assert (second["thread_ts"], second["reply_broadcast"]) == ("17.001", True)
    outside.replace("POST", POST, json={"ok": True, "channel": CHANNEL, "ts": "19.003"})
    again(commander, engine)
    assert told(outside, POST)[-1]["thread_ts"] == "17.001"
    make.incident(Sev.SEV2)
    engine.work()
    assert "thread_ts" not in told(outside, POST)[-1]


def test_a_room_that_moved_to_another_channel_opens_another_thread_there(
    in_channel, commander, outside, engine
):
    moved, elsewhere = Room.objects.get(), "C099ZZ9ZZ"
    moved.address = elsewhere
    moved.save(update_fields=["sealed_address", "hint"])
    for at in ("18.002", "19.003"):
        outside.replace("POST", POST, json={"ok": True, "channel": elsewhere, "ts": at})
        again(commander, engine)
    sent = [(each["channel"], each.get("thread_ts")) for each in told(outside, POST)]
    assert sent[-2:] == [(elsewhere, None), (elsewhere, "18.002")]


def test_a_thread_that_is_gone_costs_no_page(in_channel, commander, outside, engine):
    outside.replace("POST", POST, json={"ok": False, "error": "thread_not_found"})
    outside.post(POST, json={"ok": True, "channel": CHANNEL, "ts": "18.002"})
    again(commander, engine)
    assert ["thread_ts" in each for each in told(outside, POST)[-3:]] == [False, True, False]
    page = Page.objects.exclude(room=None).filter(about=None).latest("pk")
    assert (page.state, page.remote) == (Page.State.SENT, f"{CHANNEL}:18.002")


def test_the_first_message_then_says_who_acknowledged_and_that_name_goes_nowhere_else(
    in_channel, commander, outside, engine
):
    room()
    made = make.incident(Sev.SEV2)
    engine.work()
    paging.acknowledge(made, actor=make.actor(commander))
    engine.work()
    changed = told(outside, CHANGE)[-1]
    assert "Acknowledged by Ada Obi. The paging has stopped." in json.dumps(changed)
    assert "Ada" not in json.dumps(told(outside, EVENTS))


ANSWER = {"action_id": slackbot.ANSWER, "action_ts": "18.5"}


def test_what_a_room_did_not_take_is_tried_again_and_said(commander, outside, engine, mailoutbox):
    made = room()
    outside.replace("POST", EVENTS, status=500)
    incident = make.incident(Sev.SEV2)
    for _each in range(9):
        engine.forward(minutes=20)
    made.refresh_from_db()
    assert made.last_failure == "PagerDuty answered 500: not taken"
    said = [each.text for each in incident.timeline.all()]
    assert "Ours could not be paged by pagerduty after 8 attempts." in said


def test_a_room_that_is_paged_again_after_an_answer_was_taken_back_is_told_again(
    commander, outside, engine, mailoutbox
):
    room()
    incident = make.incident(Sev.SEV2)
    engine.work()
    escalation = Escalation.objects.get()
    runs.answer(escalation, actor=make.actor(commander))
    runs.resume(escalation, actor=make.SYSTEM)
    engine.work()
    assert told_of(incident) == ["Ours", "Ours"]
    page = Page.objects.exclude(room=None).filter(about=None).first()
    path = f"/incidents/{incident.ref}/deliveries/"
    Reader(commander).post(f"{path}{page.pk}/resend/")
    engine.work()
    assert told_of(incident) == ["Ours"] * 3
    assert "Ours" in Reader(commander).reads(f"{path}?person=ours")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"name": " "}, "name: say what"),
        ({"method": "email", "address": "a@b.example"}, "method: one of"),
        ({"method": "slackbot", "address": ADA}, "channel ID"),
        ({"address": "short"}, "32 letters"),
        ({"step": 0}, "step: a number from 1"),
        ({"mildest": 6}, "mildest: a level"),
    ],
)
def test_what_is_no_room_is_refused(db, fields, why):
    with pytest.raises(Refused, match=why):
        room(**fields)


def test_only_operators_make_test_and_retire_rooms(operator, outside, engine):
    policies.ensure_general_policies(actor=make.SYSTEM)
    theirs = Reader(operator).signs_in()
    fields = {"name": "Ours", "method": "webhook", "step": 1, "mildest": 5}
    made = theirs.post("/rooms/", address="https://room.example/hook", **fields)
    page = theirs.get(made["Location"]).content.decode()
    one = Room.objects.get()
    assert one.secret in page
    outside.post("https://room.example/hook", status=204)
    engine.work()
    page = theirs.get(made["Location"]).content.decode()
    assert one.secret not in page
    assert "Works" in page
    outside.replace("POST", "https://room.example/hook", status=500)
    theirs.post(f"{made['Location']}do/", do="test")
    engine.work()
    assert "answered 500" in theirs.reads(made["Location"])
    theirs.post(f"{made['Location']}do/", do="retire")
    assert "Retired" in theirs.reads("/rooms/")
    inside = theirs.post("/rooms/", address="http://room.example/hook", **fields)
    assert inside.status_code == 422
    assert Reader(make.user(Function.COMMANDER)).get("/rooms/").status_code == 404
