"""What is answered at PagerDuty counts here once, if an operator vouched for who did it."""

import hashlib
import hmac
import json

import pytest
import responses
from django.test import Client

from accounts import strangers
from accounts.functions import Function
from audit.models import Entry
from notifications import connecting, contacts, runs, wording
from notifications.connecting import Refused
from notifications.contacts import Terms
from notifications.models import Connection, Escalation, Method, Page, Reply
from severity.ladder import Sev
from tests import make
from tests.web.conftest import Reader

SECRET, NEW = "s" * 32, "n" * 32
ADA = "PLH1HKV"
EVENTS = "https://events.pagerduty.com/v2/enqueue"
Outcome = Reply.Outcome


@pytest.fixture(autouse=True)
def _nobody_guessed_before(monkeypatch):
    monkeypatch.setattr(strangers, "_tries", strangers.Throttle())


@pytest.fixture
def operator(db):
    return make.user(Function.OPERATOR)


@pytest.fixture
def connection(operator):
    return connecting.make("pagerduty", "Ours", [SECRET], actor=make.actor(operator))


@pytest.fixture
def alert(commander, engine):
    """The `dedup_key` of the page of a SEV 2 to Ada's PagerDuty."""
    with responses.RequestsMock() as service:
        service.post(EVENTS, json={"status": "success"})
        made = contacts.add(commander, Method.PAGERDUTY, "r" * 32, terms=Terms(), actor=make.SYSTEM)
        contacts.verify(made, actor=make.SYSTEM)
        make.incident(Sev.SEV2)
        engine.work()
        return json.loads(service.calls[0].request.body)["dedup_key"]


def vouched(connection, person, operator, remote=ADA):
    return connecting.name(connection, person, remote, actor=make.actor(operator))


def said(alert, *, ident="01ABC", what="incident.acknowledged", agent=ADA):
    user = {"id": agent, "type": "user_reference"} if agent else None
    data = {"id": "PGR0VU2", "type": "incident", "incident_key": alert}
    return json.dumps(
        {"event": {"id": ident, "event_type": what, "agent": user, "data": data}}
    ).encode()


def signed(body, secret=SECRET):
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def send(connection, body, signature=None, ident=None):
    path = f"/api/v1/services/pagerduty/{ident or connection.ident}"
    header = {"X-PagerDuty-Signature": signed(body) if signature is None else signature}
    return Client(headers=header).post(path, body, content_type="application/json")


def test_who_is_vouched_for_answers_there_and_it_counts_here_once(
    connection, operator, commander, alert, engine
):
    vouched(connection, commander, operator)
    answer = send(connection, said(alert))
    assert (answer.status_code, answer.json()) == (200, {"heard": True})
    escalation = Escalation.objects.get()
    assert escalation.acknowledged_by == commander
    assert '"pagerduty"' in Entry.objects.get(action="escalation.acknowledged").body
    assert send(connection, said(alert)).json() == {"heard": True}
    assert Reply.objects.get().outcome == Outcome.ANSWERED
    assert send(connection, said(alert, ident="02")).status_code == 200
    assert Reply.objects.first().outcome == Outcome.OVER


def test_a_replayed_acknowledgement_does_not_answer_what_was_paged_again(
    connection, operator, commander, alert, engine
):
    vouched(connection, commander, operator)
    send(connection, said(alert))
    runs.resume(Escalation.objects.get(), actor=make.SYSTEM)
    send(connection, said(alert))
    assert Escalation.objects.get().state == Escalation.State.ACTIVE


@pytest.mark.parametrize("agent", ["PSTRANGER", None, "x" * 41, "<b>"])
def test_an_unknown_person_there_is_no_answer_and_the_incident_says_so(
    connection, commander, alert, agent
):
    send(connection, said(alert, agent=agent))
    escalation = Escalation.objects.get()
    assert escalation.state == Escalation.State.ACTIVE
    assert Reply.objects.get().outcome == Outcome.UNKNOWN
    written = escalation.incident.timeline.latest("pk").text
    assert written.startswith("Acknowledged in PagerDuty by ")
    assert written.endswith("It does not count as an answer: the paging goes on.")
    page = Reader(commander).reads(f"/incidents/{escalation.incident.ref}/deliveries/")
    assert "By someone unknown to Andon: does not count as an answer" in page


def test_a_known_person_who_takes_no_part_is_no_answer(connection, operator, alert):
    vouched(connection, make.user(), operator)
    send(connection, said(alert, what="incident.resolved"))
    assert Escalation.objects.get().acknowledged_at is None
    reply = Reply.objects.get()
    assert (reply.outcome, reply.what) == (Outcome.OUTSIDE, "resolved")


def test_whoever_is_let_go_or_vouched_for_no_more_is_unknown(
    connection, operator, commander, alert
):
    known = vouched(connection, commander, operator)
    with pytest.raises(Refused, match="is Ada Obi"):
        vouched(connection, operator, operator)
    connecting.forget(known, actor=make.actor(operator))
    send(connection, said(alert))
    assert Reply.objects.get().outcome == Outcome.UNKNOWN


def test_what_is_not_signed_with_a_secret_that_we_know_is_heard_by_nobody(connection, alert):
    body = said(alert)
    refused = [
        send(connection, body, ""),
        send(connection, body, "v1="),
        send(connection, body, signed(body, NEW)),
        send(connection, body, signed(b"other")),
        send(connection, body, signed(body).removeprefix("v1=")[:-1]),
        send(connection, body, ident="0" * 32),
    ]
    assert {each.status_code for each in refused} == {401}
    assert len({each.content for each in refused}) == 1
    assert not Reply.objects.exists()
    connection.refresh_from_db()
    assert connection.last_refused_at
    assert connection.last_heard_at is None


def test_a_secret_is_changed_without_a_gap_and_the_old_one_is_forgotten(connection, operator):
    body, by = said("x", what="pagey.ping"), make.actor(operator)
    both = f"{signed(body, NEW)},{signed(body)}"
    assert send(connection, body, both).json() == {"heard": False}
    connecting.change_secrets(connection, [SECRET, NEW], actor=by)
    assert send(connection, body, signed(body, NEW)).status_code == 200
    connecting.change_secrets(connection, [NEW], actor=by)
    assert send(connection, body).status_code == 401
    connecting.retire(connection, actor=by)
    assert send(connection, body, signed(body, NEW)).status_code == 401
    connection.refresh_from_db()
    assert connection.sealed_secrets == ""
    assert SECRET not in str(list(Connection.history.values()))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"event": {"id": 5}}', b'{"event":' + b"[" * 90_000, b"\xff"]
)
def test_what_is_no_event_is_refused_with_a_sentence(connection, body):
    answer = send(connection, body)
    assert answer.status_code == 400
    assert "must" in answer.json()["detail"]
    assert send(connection, b"x" * 131_073).status_code == 413


@pytest.mark.parametrize(
    "alert",
    ["", "andon:x:escalation-", "andon:x:escalation-9:0", "a:escalation-²:0", "escalation-1" * 99],
)
def test_an_alert_of_somebody_else_is_no_news(connection, alert):
    assert send(connection, said(alert)).json() == {"heard": False}


def test_only_operators_connect_services_and_no_secret_is_shown_again(operator):
    left_open = Reader(operator)
    assert left_open.get("/connections/").status_code == 200
    refused = left_open.post("/connections/", kind="pagerduty", name="Ours", secrets=SECRET)
    assert (refused.status_code, Connection.objects.count()) == (403, 0)
    theirs = Reader(operator).signs_in()
    made = theirs.post("/connections/", kind="pagerduty", name="Ours", secrets=SECRET)
    page = theirs.get(made["Location"]).content.decode()
    assert f"/api/v1/services/pagerduty/{Connection.objects.get().ident}" in page
    assert SECRET not in page
    short = theirs.post("/connections/", kind="pagerduty", name="Ours", secrets="short")
    assert (short.status_code, "16 to 200" in short.content.decode()) == (422, True)
    assert Reader(make.user(Function.COMMANDER)).get("/connections/").status_code == 404


def test_what_operators_do_with_a_connection_is_recorded(operator, connection):
    theirs, path = Reader(operator).signs_in(), f"/connections/{connection.pk}/do/"
    theirs.post(path, do="name", person=make.user().pk, remote=ADA)
    twice = theirs.post(path, do="name", person=operator.pk, remote=ADA)
    assert twice.status_code == 422
    theirs.post(path, do="forget", counterpart=connection.counterparts.get().pk)
    theirs.post(path, do="secrets", secrets=NEW)
    theirs.post(path, do="retire")
    assert "Retired" in theirs.reads("/connections/")
    acts = Entry.objects.filter(action__startswith="connection.").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == [
        *("connection.made", "connection.named", "connection.forgot"),
        *("connection.changed", "connection.retired"),
    ]


def test_the_key_of_an_alert_leads_back_to_its_pages_alone(alert):
    page = Page.objects.get(method=Method.PAGERDUTY)
    assert wording.run_key(page) == alert
