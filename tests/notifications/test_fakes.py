"""From the page to the answer, over real HTTP, with services that refuse what the real ones do."""

import json
import re
from dataclasses import replace

import pytest
from django.test import Client

from accounts import strangers
from accounts.functions import Function
from incidents import lifecycle
from incidents.models import Status
from notifications import connecting, contacts, paging, rooms, trying
from notifications.channels import pagerduty, slackbot
from notifications.contacts import Terms
from notifications.models import ContactTry, Escalation, Method, Page, Reply
from severity.ladder import Sev
from tests import make
from tests.notifications.fakes import Fakes

pytestmark = pytest.mark.django_db
SECRET, ADA, ROUTING = "s" * 32, "U012AB3CD", "r" * 32
ACTIVE, ANSWERED = Escalation.State.ACTIVE, Escalation.State.ACKNOWLEDGED


@pytest.fixture(autouse=True)
def _nobody_guessed_before(monkeypatch):
    monkeypatch.setattr(strangers, "_tries", strangers.Throttle())


@pytest.fixture
def fakes(settings, monkeypatch):
    made = Fakes()
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, internal_hosts=[made.netloc])
    monkeypatch.setattr(slackbot, "API", made.at("/api"))
    monkeypatch.setattr(pagerduty, "_HERE", made.at("/v2/enqueue"))
    yield made
    made.close()


@pytest.fixture
def operator(db):
    return make.actor(make.user(Function.OPERATOR))


def reached(person, method, address):
    made = contacts.add(person, method, address, terms=Terms(), actor=make.SYSTEM)
    contacts.verify(made, actor=make.SYSTEM)
    return made


def says(service, connection, body, headers, kind="application/json"):
    path = f"/api/v1/services/{service}/{connection.ident}"
    return Client(headers=headers).post(path, body, content_type=kind)


def page():
    return Page.objects.get(about=None, purpose=Page.Purpose.STEP)


LINK = re.compile(r"/acknowledge/[^/\"]+/")


@pytest.mark.parametrize(
    ("method", "path", "shown"),
    [
        (Method.SLACK, "/services/T0/B0/abc", lambda fakes: fakes.hooked),
        (Method.TEAMS, "/workflows/1", lambda fakes: fakes.cards),
    ],
)
def test_what_a_service_shows_holds_a_link_that_answers(
    fakes, commander, engine, method, path, shown
):
    reached(commander, method, fakes.at(path))
    incident = make.incident(Sev.SEV2, title="Kookaburra")
    engine.work()
    [message] = shown(fakes)
    said = json.dumps(message)
    assert incident.codename in said
    assert "Kookaburra" not in said
    assert (page().state, fakes.refused) == (Page.State.SENT, [])
    link = LINK.search(said)[0]
    assert Client().get(link).status_code == 200
    assert Client().post(link).status_code in (200, 302)
    assert Escalation.objects.get().state == ANSWERED


@pytest.mark.parametrize(
    ("method", "address", "why"),
    [
        (Method.SLACK, "/services/T0/B0/abc", "Slack answered 200: invalid_payload"),
        (Method.TEAMS, "/workflows/1", "Teams answered 200: WorkflowRunActionFailed"),
        (Method.PAGERDUTY, ROUTING, "PagerDuty answered 200: invalid-event"),
    ],
)
def test_a_200_with_an_error_in_it_is_tried_again_until_it_is_taken(
    fakes, commander, engine, method, address, why
):
    reached(commander, method, fakes.at(address) if address[0] == "/" else address)
    fakes.lies = True
    make.incident(Sev.SEV2)
    engine.work()
    assert (page().state, page().tries.get().answer) == (Page.State.SENDING, why)
    fakes.lies = False
    engine.forward(seconds=3)
    assert page().state == Page.State.SENT
    assert [each.answer[:12] for each in page().tries.all()][1] in ("answered 200", "answered 202")


@pytest.fixture
def slack(fakes, operator, engine):
    made = connecting.make("slack", "Ours", [SECRET], token=fakes.token, actor=operator)
    engine.work()
    made.refresh_from_db()
    assert (made.team, made.bot) == (fakes.team, fakes.bot)
    return made


def test_a_button_of_the_bot_answers_if_slack_signed_it_and_the_message_is_changed(
    fakes, slack, commander, engine
):
    way = contacts.add(commander, Method.SLACKBOT, ADA, terms=Terms(), actor=make.SYSTEM)
    trying.ask(way, ContactTry.Kind.CODE)
    engine.work()
    [coded] = fakes.messages.values()
    trying.confirm(way, re.search(r"(\d{6}) is", coded["text"])[1], actor=make.actor(commander))
    make.incident(Sev.SEV1)
    engine.work()
    place, message = list(fakes.messages.items())[-1]

    form = "application/x-www-form-urlencoded"
    for secret, ago in (("f" * 32, 0), (SECRET, 400)):
        forged = fakes.press(message, user=ADA, secret=secret, ago=ago)
        assert says("slack", slack, *forged, kind=form).status_code == 401
    assert Escalation.objects.get().state == ACTIVE
    body, headers = fakes.press(message, user=ADA, secret=SECRET)
    assert says("slack", slack, body, headers, kind=form).json() == {"heard": True}
    assert Escalation.objects.get().acknowledged_by == commander
    engine.work()
    shown = json.dumps(fakes.messages[place]["blocks"])
    assert "Somebody is on it." in shown
    assert slackbot.ANSWER not in shown
    assert fakes.refused == []


def test_a_room_of_the_bot_keeps_an_incident_in_one_thread(
    fakes, slack, operator, commander, engine
):
    rooms.make("War room", Method.SLACKBOT, "C012AB3CD", terms=rooms.Terms(), actor=operator)
    engine.work()
    incident = make.incident(Sev.SEV2)
    engine.work()
    make.judged(incident, Sev.SEV1)
    engine.work()
    said = [(at, body) for at, body in fakes.messages.items() if incident.codename in body["text"]]
    (first, _body), *rest = said
    assert rest
    assert {body["thread_ts"] for _at, body in rest} == {first[1]}
    assert fakes.refused == []


def test_pagerduty_rings_until_somebody_answers_there_or_here_and_then_rests(
    fakes, operator, commander, engine
):
    connection = connecting.make("pagerduty", "Ours", [SECRET], actor=operator)
    connecting.name(connection, commander, "PLH1HKV", actor=operator)
    reached(commander, Method.PAGERDUTY, ROUTING)
    incident = make.incident(Sev.SEV3)
    engine.work()
    [(key, alert)] = fakes.alerts.items()
    assert (alert["state"], alert["payload"]["severity"]) == ("triggered", "warning")

    forged = fakes.webhook(key, "acknowledged", agent="PLH1HKV", secret="f" * 32)
    assert says("pagerduty", connection, *forged).status_code == 401
    assert Escalation.objects.get().state == ACTIVE
    body, headers = fakes.webhook(key, "acknowledged", agent="PLH1HKV", secret=SECRET)
    assert says("pagerduty", connection, body, headers).status_code == 200
    assert says("pagerduty", connection, body, headers).status_code == 200
    assert Reply.objects.get().outcome == Reply.Outcome.ANSWERED
    assert Escalation.objects.get().acknowledged_by == commander
    engine.work()
    assert fakes.alerts[key]["state"] == "acknowledged"
    lifecycle.move(incident, Status.DISMISSED, reason="Nothing.", actor=make.actor(commander))
    engine.work()
    assert (fakes.alerts[key]["state"], fakes.refused) == ("resolved", [])


def test_what_is_answered_here_stops_ringing_there(fakes, commander, engine):
    reached(commander, Method.PAGERDUTY, ROUTING)
    incident = make.incident(Sev.SEV2)
    engine.work()
    paging.acknowledge(incident, actor=make.actor(commander))
    engine.work()
    assert [each["state"] for each in fakes.alerts.values()] == ["acknowledged"]
