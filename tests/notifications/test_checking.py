"""Rooms and the bot are tested each day so that nobody reads it, and operators hear what fails."""

import json
from datetime import timedelta

import pytest
import responses
from django.core import mail
from django.utils import timezone

from accounts.functions import Function
from audit import reconciling
from audit.models import Due, Finding
from notifications import checking, connecting, contacts, rooms, trying
from notifications.contacts import Terms as ContactTerms
from notifications.models import ContactTry, Method, Room
from notifications.rooms import Terms
from tests import make
from tests.notifications.test_slackbot import POST, SECRET, TEAM, TEST, TOKEN, told
from tests.web.conftest import Reader, words

pytestmark = pytest.mark.django_db
HOOK = "https://hooks.slack.com/services/T0/B0/x"
TEAMS = "https://prod-1.westeurope.logic.azure.com/workflows/1"
EVENTS = "https://events.pagerduty.com/v2/enqueue"
GONE = {"status": 404, "body": "no_service"}
WORDLESS = {"status": 400, "body": "no_text"}


@pytest.fixture
def outside():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as service:
        service.post(TEST, json={"ok": True, "team_id": TEAM, "user": "andon"})
        yield service


@pytest.fixture
def operator(db):
    return make.user(Function.OPERATOR)


def room(method, address, name="Ours"):
    made = rooms.make(name, method, address, terms=Terms(), actor=make.SYSTEM)
    # Its first test is a message that people read, and no matter here.
    Due.objects.filter(kind=rooms.TEST).delete()
    return made


def a_day(engine, day=1):
    checking.sweep({"at": (timezone.now() + day * timedelta(days=1)).isoformat()})
    engine.work()
    engine.forward(minutes=1)
    engine.forward(minutes=1)


def mails():
    return [each.subject for each in mail.outbox if "may not be told" in each.subject]


def test_slack_is_sent_nothing_that_anybody_reads_and_says_that_the_webhook_is_there(
    outside, engine, operator
):
    outside.post(HOOK, **WORDLESS)
    made = room("slack", HOOK)
    a_day(engine)
    assert told(outside, HOOK) == [{"text": ""}]
    made.refresh_from_db()
    assert (made.last_failure, made.last_success_at, mails()) == ("", None, [])
    assert made.tested_at


def test_one_that_is_gone_is_red_and_operators_hear_of_it_once_until_it_works(
    outside, engine, operator
):
    outside.post(HOOK, **GONE)
    made = room("slack", HOOK, name="Leak watch")
    for day in (1, 2):
        a_day(engine, day)
    assert mails() == ["[Andon] The room Leak watch may not be told"]
    assert "no_service" in mail.outbox[0].body
    page = words(Reader(operator).get("/operations/"))
    assert "Leak watch Slack" in page
    assert "no_service" in page
    assert "Last failure: Slack answered 404" in words(Reader(operator).get(f"/rooms/{made.pk}/"))
    outside.replace("POST", HOOK, **WORDLESS)
    a_day(engine, 3)
    outside.replace("POST", HOOK, **GONE)
    a_day(engine, 4)
    assert len(mails()) == 2


def test_what_people_would_read_is_not_tested_and_its_page_says_when_it_last_took_something(
    outside, engine, operator
):
    made = [room("teams", TEAMS), room("pagerduty", "r" * 32), room("slackbot", "C012AB3CD")]
    a_day(engine)
    assert not outside.calls
    for each in made:
        page = words(Reader(operator).get(f"/rooms/{each.pk}/"))
        assert "Not tested each day, as people would read it. Nothing real was ever taken." in page
    connecting.make("pagerduty", "Theirs", [SECRET], actor=make.SYSTEM)
    assert "Nothing was ever heard." in words(Reader(operator).get("/operations/"))
    assert "Never tried" in words(Reader(operator).get("/operations/"))


def test_a_webhook_gets_a_signed_look_and_what_only_resembles_slack_is_not_asked(
    receiver, internal, engine, operator
):
    room("webhook", internal)
    room("slack", internal, name="Mattermost")
    a_day(engine)
    [(_path, headers, body)] = receiver.got
    assert json.loads(body)["type"] == "look"
    assert "webhook-signature" in {name.lower() for name in headers}


def test_a_token_that_slack_takes_no_more_is_red_and_told(outside, engine, operator):
    made = connecting.make("slack", "Ours", [SECRET], token=TOKEN, actor=make.SYSTEM)
    engine.work()
    outside.replace("POST", TEST, json={"ok": False, "error": "account_inactive"})
    for day in (1, 2):
        a_day(engine, day)
    assert mails() == ["[Andon] The connection Ours may not be told"]
    page = words(Reader(operator).get(f"/connections/{made.pk}/"))
    assert "Does not work" in page
    assert "account_inactive" in words(Reader(operator).get("/operations/"))
    outside.replace("POST", TEST, json={"ok": True, "team_id": TEAM, "user": "andon"})
    a_day(engine, 3)
    made.refresh_from_db()
    assert (made.test_failure, made.failing_since, len(mails())) == ("", None, 1)


def test_a_test_that_finds_nothing_new_writes_no_history_and_leaves_what_was_refused(
    outside, engine, operator
):
    made = connecting.make("slack", "Ours", [SECRET], token=TOKEN, actor=make.SYSTEM)
    engine.work()
    before = made.history.count()
    with pytest.raises(connecting.NotSigned):
        connecting.signed_by("slack", made.ident, lambda _secrets: False)
    a_day(engine)
    made.refresh_from_db()
    assert made.tested_at
    assert made.last_refusal == "The signature is not right."
    assert made.history.count() == before


def test_a_token_that_is_refused_is_no_refusal_of_what_came_from_there(outside, engine, operator):
    made = connecting.make("slack", "Ours", [SECRET], token=TOKEN, actor=make.SYSTEM)
    outside.replace("POST", TEST, json={"ok": False, "error": "account_inactive"})
    engine.work()
    made.refresh_from_db()
    assert ("account_inactive" in made.test_failure, made.last_refusal) == (True, "")


def test_a_retired_room_is_not_looked_at_any_more(outside, engine, operator):
    rooms.retire(room("slack", HOOK), actor=make.SYSTEM)
    a_day(engine)
    assert not outside.calls
    made = Room.objects.get()
    assert checking.look({"room": made.pk})() is None
    assert not outside.calls


def test_each_day_plans_the_next_and_one_that_was_lost_is_planned_anew(outside, engine, operator):
    outside.post(HOOK, **WORDLESS)
    room("slack", HOOK)
    for _again in range(2):
        checking.install(using="default")
    assert Due.objects.filter(kind=checking.SWEEP).count() == 1
    for day in (1, 2, 3):
        engine.forward(days=day, hours=1)
    assert len(told(outside, HOOK)) == 3
    Due.objects.filter(kind=checking.SWEEP).delete()
    reconciling.look()
    found = Finding.objects.filter(check_name="rooms forgotten")
    assert (found.count(), Due.objects.waiting().filter(kind=checking.SWEEP).count()) == (1, 1)


def test_somebody_who_is_paged_by_a_webhook_of_slack_has_it_tested_as_quietly(outside, engine):
    outside.post(HOOK, **GONE)
    person = make.user(Function.COMMANDER)
    way = contacts.add(person, Method.SLACK, HOOK, terms=ContactTerms(), actor=make.SYSTEM)
    contacts.verify(way, actor=make.SYSTEM)
    trying.look(way.pk)
    engine.work()
    way.refresh_from_db()
    assert (told(outside, HOOK), bool(way.bounced_at)) == ([{"text": ""}], True)
    assert ContactTry.objects.get().state == ContactTry.State.FAILED
    assert not told(outside, POST)
