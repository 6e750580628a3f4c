"""Slack, Teams, PagerDuty and what Apprise knows: added, verified, told, and believed or not."""

import json
import re

import pytest
import responses

from notifications import contacts, runs, trying, wording
from notifications.channels import Bounced, NotSent, pagerduty, send, slack, teams, why_not
from notifications.contacts import Refused, Terms
from notifications.models import ContactTry, Escalation, Method, Page
from severity.ladder import Sev
from tests import make
from tests.notifications.ssrf import message
from tests.web.conftest import Reader

SLACK = "https://hooks.slack.com/services/T000/B000/abc"
TEAMS = "https://prod-1.westeurope.logic.azure.com:443/workflows/1/triggers/manual/paths/invoke"
ROUTING = "r" * 32
EVENTS = "https://events.pagerduty.com/v2/enqueue"
TWILIO = f"twilio://AC{'a' * 32}:{'b' * 32}@15550001111/15550002222"
SMS = f"https://api.twilio.com/2010-04-01/Accounts/AC{'a' * 32}/Messages.json"
GOOD = {
    Method.SLACK: (SLACK, SLACK, {"body": "ok"}),
    Method.TEAMS: (TEAMS, TEAMS, {"status": 202}),
    Method.PAGERDUTY: (ROUTING, EVENTS, {"status": 202, "json": {"status": "success"}}),
    Method.APPRISE: (TWILIO, SMS, {"status": 201, "json": {"sid": "SM1"}}),
}
LINK = "https://andon.demo/acknowledge/x/"
FIELDS = {
    "lines": ("Amber Heron is SEV 1.",),
    "buttons": (("I am on it", LINK), ("Open", "https://andon.demo/i/1")),
    "data": {"codename": "Amber Heron", "acknowledge_url": LINK, "url": "https://andon.demo/i/1"},
    "run": "andon:demo:escalation-7:0",
    "level": 1,
}


def told(place=-1):
    return json.loads(responses.calls[place].request.body)


@responses.activate
def test_slack_shows_sentences_as_they_are_and_buttons_that_are_links():
    responses.post(SLACK, body="ok")
    assert (
        slack.send(message(SLACK, **FIELDS | {"subject": "<!channel> & co"})) == "answered 200: ok"
    )
    said = told()
    header, section, actions = said["blocks"]
    assert said["text"] == "&lt;!channel&gt; &amp; co"
    assert header["text"] == {"type": "plain_text", "text": "<!channel> & co", "emoji": False}
    assert section["text"]["text"] == "Amber Heron is SEV 1."
    assert [one["url"] for one in actions["elements"]] == [LINK, "https://andon.demo/i/1"]
    assert not said["unfurl_links"]


@responses.activate
def test_teams_shows_a_card_with_buttons_that_are_links():
    responses.post(TEAMS, status=202)
    assert teams.send(message(TEAMS, **FIELDS)) == "answered 202"
    (attachment,) = told()["attachments"]
    card = attachment["content"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["body"][1]["inlines"] == [{"type": "TextRun", "text": "Amber Heron is SEV 1."}]
    assert card["actions"][0] == {"type": "Action.OpenUrl", "title": "I am on it", "url": LINK}


@responses.activate
@pytest.mark.parametrize(
    ("level", "severity"),
    [(0, "critical"), (1, "critical"), (2, "error"), (3, "warning"), (5, "info")],
)
def test_pagerduty_gets_one_alert_a_run_as_severe_as_the_level(level, severity):
    responses.post(EVENTS, status=202, json={"status": "success"})
    assert pagerduty.send(message(ROUTING, **FIELDS | {"level": level})) == "answered 202: success"
    said = told()
    assert (said["routing_key"], said["event_action"]) == (ROUTING, "trigger")
    assert said["dedup_key"] == "andon:demo:escalation-7:0"
    assert said["payload"]["severity"] == severity
    assert said["payload"]["custom_details"] == {"codename": "Amber Heron"}
    assert said["links"][0] == {"href": LINK, "text": "I am on it"}


@responses.activate
def test_an_account_in_europe_is_told_there():
    responses.post("https://events.eu.pagerduty.com/v2/enqueue", json={"status": "success"})
    pagerduty.send(message(f"eu:{ROUTING}"))
    assert told()["routing_key"] == ROUTING


@responses.activate
@pytest.mark.parametrize(
    ("method", "answer", "error", "why"),
    [
        (Method.SLACK, {"body": "invalid_payload"}, NotSent, "Slack answered 200: invalid_payload"),
        (Method.SLACK, {"json": {"ok": False, "error": "no_text"}}, NotSent, "200: no_text"),
        (Method.SLACK, {"body": "no_service", "status": 404}, Bounced, "404: no_service"),
        (Method.SLACK, {"body": "<html>Amber Heron"}, NotSent, "200: not taken$"),
        (Method.TEAMS, {"json": {"error": {"code": "Throttled"}}}, NotSent, "200: Throttled"),
        (Method.TEAMS, {"body": "Webhook message delivery failed"}, NotSent, "200: not taken$"),
        (Method.TEAMS, {"json": {"ok": False}}, NotSent, "200: not taken"),
        (Method.TEAMS, {"status": 401}, NotSent, "Teams answered 401: not taken"),
        (Method.PAGERDUTY, {"json": {"status": "invalid event"}}, NotSent, "200: invalid-event"),
        (Method.PAGERDUTY, {"body": "[" * 4000, "status": 202}, NotSent, "202: not taken"),
        (Method.PAGERDUTY, {"json": {"status": "success"}, "status": 429}, NotSent, "answered 429"),
    ],
)
def test_what_was_not_taken_is_no_success_whatever_the_status(method, answer, error, why):
    address, asked, _good = GOOD[method]
    responses.post(asked, **answer)
    with pytest.raises(error, match=why) as caught:
        send(method, message(address, **FIELDS))
    assert caught.type is error


@pytest.mark.parametrize(
    ("method", "address", "why"),
    [
        (Method.SLACK, "https://hooks.slack.com.evil.example/services/x", "incoming webhook"),
        (Method.SLACK, "https://hooks.slack.com/triggers/x", "incoming webhook"),
        (Method.SLACK, "http://hooks.slack.com/services/x", "https://"),
        (Method.TEAMS, "https://logic.azure.com.evil.example/x", "its host ends in"),
        (Method.PAGERDUTY, "short", "32 letters and digits"),
        (Method.PAGERDUTY, f"us:{ROUTING}", "eu: before it"),
        (Method.APPRISE, "mailto://a:b@demo.example", "none of the services"),
    ],
)
def test_what_is_no_address_of_a_service_is_refused(method, address, why):
    assert why in why_not(method, address)


@responses.activate
@pytest.mark.parametrize("method", GOOD)
def test_somebody_adds_a_service_verifies_it_tests_it_and_is_paged_by_it(method, commander, engine):
    address, asked, answer = GOOD[method]
    responses.post(asked, **answer)
    ada = Reader(commander)
    ada.post("/profile/contacts/", method=method.value, address=address, mildest="5")
    contact = commander.contact_methods.get()
    trying.ask(contact, ContactTry.Kind.CODE)
    engine.work()
    code = re.search(r"\b(\d{6})(?:\+| )is", str(responses.calls[-1].request.body))[1]
    trying.confirm(contact, code, actor=make.SYSTEM)
    trying.ask(contact, ContactTry.Kind.TEST)
    make.incident(Sev.SEV2)
    engine.work()
    page = Page.objects.get(person=commander)
    assert (page.method, page.state) == (method, Page.State.SENT)
    assert contact.tries.filter(state=ContactTry.State.SENT).count() == 2
    assert "acknowledge" in str(responses.calls[-1].request.body)


def test_the_address_of_a_service_is_told_to_nobody(commander):
    made = contacts.add(
        commander, Method.PAGERDUTY, ROUTING[:-4] + "abcd", terms=Terms(), actor=make.SYSTEM
    )
    assert made.hint == "…abcd"
    with pytest.raises(Refused, match="32 letters"):
        contacts.add(commander, Method.PAGERDUTY, "x", terms=Terms(), actor=make.SYSTEM)


def test_a_run_is_one_alert_until_an_answer_was_taken_back(commander, engine):
    incident = make.incident(Sev.SEV2)
    engine.work()
    page = Page.objects.get(person=commander)
    first = wording.run_key(page)
    engine.forward(minutes=11)
    assert {wording.run_key(each) for each in Page.objects.all()} == {first}
    escalation = Escalation.objects.get(incident=incident)
    runs.answer(escalation, actor=make.actor(commander))
    assert wording.run_key(page) == first
    runs.resume(escalation, actor=make.SYSTEM)
    engine.work()
    again = Page.objects.filter(person=commander).latest("pk")
    assert again.pk != page.pk
    assert wording.run_key(again) != first
    assert wording.run_key(page) == first
