"""Slack's bot writes, its button answers for whom it knows, and what it wrote is changed after."""

import hashlib
import hmac
import json
import re
import time
from urllib.parse import urlencode

import pytest
import responses
from django.test import Client

from accounts import strangers
from accounts.functions import Function
from notifications import connecting, contacts, paging, runs, trying
from notifications.channels import slackbot
from notifications.contacts import Terms
from notifications.models import (
    Connection,
    ContactTry,
    Escalation,
    Method,
    Page,
    Reply,
)
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader

SECRET, TOKEN = "s" * 32, "xoxb-123-abcdefghij"
TEAM, ADA, OTHER = "T012AB3CD", "U012AB3CD", "U999ZZ9ZZ"
POST, CHANGE = f"{slackbot.API}/chat.postMessage", f"{slackbot.API}/chat.update"
TEST = f"{slackbot.API}/auth.test"
BACK = "https://hooks.slack.com/actions/T0/1/abc"
Outcome = Reply.Outcome


@pytest.fixture(autouse=True)
def _nobody_guessed_before(monkeypatch):
    monkeypatch.setattr(strangers, "_tries", strangers.Throttle())


@pytest.fixture
def slack():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as service:
        service.post(TEST, json={"ok": True, "team_id": TEAM, "user": "andon"})
        service.post(POST, json={"ok": True, "channel": "D1", "ts": "17.001"})
        service.post(CHANGE, json={"ok": True})
        service.post(BACK, body="ok")
        yield service


@pytest.fixture
def connection(db, slack, engine):
    operator = make.actor(make.user(Function.OPERATOR))
    made = connecting.make("slack", "Ours", [SECRET], token=TOKEN, actor=operator)
    engine.work()
    made.refresh_from_db()
    assert (made.team, made.bot) == (TEAM, "andon")
    return made


@pytest.fixture
def paged(commander, connection, slack, engine):
    """A SEV 2 that Ada read of in Slack, where she verified that she reads."""
    verified(commander, slack, engine)
    incident = make.incident(Sev.SEV2, title="Kookaburra")
    engine.work()
    return incident


def verified(person, slack, engine, remote=ADA):
    made = contacts.add(person, Method.SLACKBOT, remote, terms=Terms(), actor=make.SYSTEM)
    trying.ask(made, ContactTry.Kind.CODE)
    engine.work()
    code = re.search(r"(\d{6}) is", told(slack, POST)[-1]["text"])[1]
    trying.confirm(made, code, actor=make.actor(person))
    return made


def told(slack, url):
    return [json.loads(call.request.body) for call in slack.calls if call.request.url == url]


def pressed(page, *, user=ADA, team=TEAM, action="acknowledge", back=BACK, **more):
    said = {
        "type": "block_actions",
        "user": {"id": user},
        "team": {"id": team},
        "response_url": back,
        "actions": [{"action_id": action, "value": page.key, "action_ts": "17.5"}],
    }
    return urlencode({"payload": json.dumps(said | more)}).encode()


def send(connection, body, *, secret=SECRET, ago=0, **headers):
    at = str(int(time.time() - ago))
    text = b"v0:" + at.encode() + b":" + body
    signature = "v0=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    given = {"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": at} | headers
    path = f"/api/v1/services/slack/{connection.ident}"
    kind = "application/x-www-form-urlencoded"
    return Client(headers=given).post(path, body, content_type=kind)


def page_of(incident):
    return Page.objects.get(escalation__incident=incident, method=Method.SLACKBOT, about=None)


def test_the_bot_writes_codename_level_and_a_button_and_nothing_else(paged, slack):
    said = told(slack, POST)[-1]
    (call,) = [call for call in slack.calls if call.request.url == POST][-1:]
    assert call.request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert said["channel"] == ADA
    assert paged.codename in said["text"]
    assert "Kookaburra" not in json.dumps(said)
    answer, read_on = said["blocks"][-1]["elements"]
    assert (answer["action_id"], answer["value"]) == ("acknowledge", page_of(paged).key)
    assert "url" not in answer
    assert read_on["url"].endswith(f"/incidents/{paged.ref}/")
    assert page_of(paged).remote == "D1:17.001"


def test_a_press_answers_once_is_confirmed_and_the_message_is_changed(
    paged, connection, commander, slack, engine
):
    body = pressed(page_of(paged))
    assert send(connection, body).json() == {"heard": True}
    assert send(connection, body).json() == {"heard": True}
    assert Escalation.objects.get().acknowledged_by == commander
    engine.work()
    assert [each["text"] for each in told(slack, BACK)] == [
        "You are on it. The paging has stopped."
    ]
    (changed,) = told(slack, CHANGE)
    assert (changed["channel"], changed["ts"]) == ("D1", "17.001")
    (read_on,) = changed["blocks"][-1]["elements"]
    assert "url" in read_on
    assert "Somebody is on it." in json.dumps(changed)
    assert commander.name not in json.dumps(changed)
    assert Reply.objects.get().sealed_reply_url == ""


def test_a_press_that_is_replayed_does_not_answer_what_is_paged_again(paged, connection, engine):
    body = pressed(page_of(paged))
    send(connection, body)
    escalation = Escalation.objects.get()
    runs.resume(escalation, actor=make.SYSTEM)
    assert send(connection, body).status_code == 200
    assert Escalation.objects.get().state == Escalation.State.ACTIVE
    assert Reply.objects.count() == 1


def test_what_is_answered_elsewhere_is_changed_too_and_what_vanished_is_left(
    paged, connection, commander, slack, engine
):
    slack.replace("POST", CHANGE, json={"ok": False, "error": "message_not_found"})
    paging.acknowledge(paged, actor=make.actor(commander))
    engine.work()
    ack = Page.objects.get(purpose=Page.Purpose.ACK)
    assert (ack.state, ack.answer) == (Page.State.SENT, "answered 200: it is not there any more")


def test_who_is_not_known_there_answers_nothing_and_is_told_so(paged, connection, slack, engine):
    send(connection, pressed(page_of(paged), user=OTHER))
    assert Escalation.objects.get().state == Escalation.State.ACTIVE
    assert Reply.objects.get().outcome == Outcome.UNKNOWN
    engine.work()
    (said,) = told(slack, BACK)
    assert said["text"].startswith("This is no answer")
    assert said["response_type"] == "ephemeral"
    assert paged.codename not in json.dumps(said)


def test_an_id_that_two_verified_or_only_claimed_is_nobody(
    paged, connection, commander, slack, engine
):
    contacts.add(make.user(), Method.SLACKBOT, OTHER, terms=Terms(), actor=make.SYSTEM)
    send(connection, pressed(page_of(paged), user=OTHER))
    verified(make.user(), slack, engine)
    send(connection, pressed(page_of(paged)))
    assert {reply.outcome for reply in Reply.objects.all()} == {Outcome.UNKNOWN}


def test_what_was_verified_in_another_workspace_counts_no_more(paged, connection, slack, engine):
    answer = {"ok": True, "team_id": "T2", "user": "andon"}
    slack.replace("POST", TEST, json=answer)
    by = make.actor(make.user(Function.OPERATOR))
    connecting.change_token(connection, f"{TOKEN}2", actor=by)
    engine.work()
    assert send(connection, pressed(page_of(paged))).json() == {"heard": False}
    send(connection, pressed(page_of(paged), team="T2"))
    assert Reply.objects.get().outcome == Outcome.UNKNOWN


def test_what_is_old_or_not_signed_is_heard_by_nobody(paged, connection):
    body = pressed(page_of(paged))
    refused = [
        send(connection, body, ago=400),
        send(connection, body, ago=-400),
        send(connection, body, secret="n" * 32),
        send(connection, body, **{"X-Slack-Request-Timestamp": "x"}),
        send(connection, body, **{"X-Slack-Request-Timestamp": str(int(time.time()) - 9)}),
        send(connection, body, **{"X-Slack-Signature": ""}),
    ]
    assert {each.status_code for each in refused} == {401}
    assert Escalation.objects.get().acknowledged_at is None
    assert send(connection, b"payload=[").status_code == 400


def test_another_button_another_workspace_or_no_page_of_ours_is_no_news(paged, connection):
    page = page_of(paged)
    others = [
        pressed(page, action="open"),
        pressed(page, team="T2"),
        pressed(page, actions=[{"action_id": "acknowledge", "value": "page-0"}]),
        pressed(page, actions=5, user=[], team=None),
    ]
    assert {send(connection, body).json()["heard"] for body in others} == {False}


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com.evil.example/x",
        "http://hooks.slack.com/x",
        "https://a@hooks.slack.com/x",
        "https://hooks.slack.com:444/x",
        "https://169.254.169.254/x",
        "https://[::1",
        5,
    ],
)
def test_it_answers_at_no_address_but_slacks(paged, connection, slack, engine, url):
    send(connection, pressed(page_of(paged), back=url))
    assert Reply.objects.get().sealed_reply_url == ""


def test_a_200_that_says_no_is_a_failure_and_who_is_gone_is_paged_otherwise(
    commander, connection, slack, engine, mailoutbox
):
    contact = verified(commander, slack, engine)
    slack.replace("POST", POST, json={"ok": False, "error": "ratelimited"})
    incident = make.incident(Sev.SEV2)
    engine.work()
    page = page_of(incident)
    assert page.state == Page.State.SENDING
    assert page.tries.get().answer == "Slack answered 200: ratelimited"
    slack.replace("POST", POST, json={"ok": False, "error": "user_disabled"})
    engine.forward(seconds=3)
    contact.refresh_from_db()
    assert contact.bounced_at
    assert mailoutbox[-1].to == [commander.email]


def test_slack_is_connected_once_by_a_token_that_is_never_shown(connection, slack, engine):
    operator = Reader(make.user(Function.OPERATOR)).signs_in()
    one = {"kind": "slack", "name": "Two", "secrets": SECRET}
    again = operator.post("/connections/", token=TOKEN, **one)
    assert "is connected already" in again.content.decode()
    assert (
        "begins with xoxb-"
        in operator.post("/connections/", token="xoxp-1", **one).content.decode()
    )
    path = f"/connections/{connection.pk}/"
    slack.replace("POST", TEST, json={"ok": False, "error": "invalid_auth"})
    operator.post(f"{path}do/", do="look")
    engine.work()
    page = operator.get(path).content.decode()
    assert "Slack answered 200: invalid_auth" in page
    assert TOKEN not in page
    operator.post(f"{path}do/", do="token", token=f"{TOKEN}2")
    assert Connection.objects.get().token == f"{TOKEN}2"
    assert "xoxb" not in str(list(Connection.history.values()))
    operator.post(f"{path}do/", do="retire")
    assert Connection.objects.get().sealed_token == ""
