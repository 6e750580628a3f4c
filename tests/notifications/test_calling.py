"""Another system is told of a stop by a signed webhook until it takes it, and confirms it."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from audit.models import Due
from programs import calls, hooks, pauses
from programs.models import HookCall, HookEvent, StopOrder
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
Stands = HookCall.State


@pytest.fixture
def program():
    return make.program()


@pytest.fixture
def hook(program, internal):
    return make.hook(program, url=internal)


def pause(program):
    return pauses.pause(
        program, holder="INC-9", label="Otter", reason="Secret words.", actor=make.SYSTEM
    ).order


def told(hook, got):
    """What a request said, believed by the usual library."""
    _path, headers, body = got
    headers = {name.lower(): value for name, value in headers.items()}
    return Webhook(hook.secret).verify(body, headers)


def test_a_stop_is_told_signed_with_all_that_is_needed_and_no_more(program, hook, engine, receiver):
    lake = make.dataset(program)
    order = pause(program)
    engine.work()
    (got,) = receiver.got
    said = told(hook, got)
    confirm_url = said["data"].pop("confirm_url")
    call = order.calls.get()
    assert said == {
        "type": "freeze",
        "timestamp": order.ordered_at.isoformat(),
        "data": {
            "program": program.slug,
            "generation": order.generation,
            "order": order.pk,
            "datasets": [lake.slug],
            "reason": "Otter",
            "drill": False,
            "confirm_by": call.confirm_by.isoformat(),
        },
    }
    assert confirm_url.startswith("http://localhost:8000/api/v1/confirmations/")
    assert got[1]["webhook-id"] == call.key
    assert "Secret words." not in got[2].decode()
    assert (call.state, call.answer) == (Stands.ANSWERED, "answered 204")


def test_what_somebody_else_signs_or_changes_is_not_believed(program, hook, engine, receiver):
    pause(program)
    engine.work()
    path, headers, body = receiver.got[0]
    with pytest.raises(WebhookVerificationError):
        told(hook, (path, headers, body.replace(b"freeze", b"resume")))
    hooks.renew_secret(hook, actor=make.SYSTEM)
    hook.refresh_from_db()
    with pytest.raises(WebhookVerificationError):
        told(hook, receiver.got[0])


def test_the_address_in_the_message_confirms_it(program, hook, engine, receiver):
    order = pause(program)
    engine.work()
    path = urlsplit(told(hook, receiver.got[0])["data"]["confirm_url"]).path
    word = json.dumps({"state": "frozen", "detail": "12 tables", "count": 12})
    answer = Client().post(path, word, content_type="application/json")
    assert answer.status_code == 200
    order.refresh_from_db()
    assert order.proof == StopOrder.Proof.PROVEN


def test_what_is_not_taken_is_tried_again_as_the_same_message(
    program, hook, engine, receiver, time_machine
):
    order = pause(program)
    receiver.status = 503
    engine.work()
    call = order.calls.get()
    assert (call.state, call.answer, call.answered_at) == (Stands.SENT, "answered 503", None)
    receiver.status = 200
    time_machine.move_to(timezone.now() + timedelta(hours=1))
    engine.forward(seconds=3)
    call.refresh_from_db()
    assert (call.state, call.attempts) == (Stands.ANSWERED, 2)
    first, second = receiver.got
    assert first[2] == second[2]
    assert first[1]["webhook-id"] == second[1]["webhook-id"]


def test_what_is_never_taken_is_given_up_by_name_and_can_be_sent_again(
    program, hook, engine, receiver
):
    order = pause(program)
    receiver.status = 500
    engine.work()
    for _ in range(12):
        engine.forward(minutes=11)
    call = order.calls.get()
    assert (call.state, call.attempts, call.answer) == (Stands.FAILED, 12, "answered 500")
    receiver.status = 204
    calls.send_again(call, actor=make.SYSTEM)
    engine.work()
    call.refresh_from_db()
    assert (call.state, call.attempts) == (Stands.ANSWERED, 13)


def test_one_system_that_hangs_holds_no_other_up(program, hook, engine, receiver):
    dead = make.hook_inside(program, name="dead")
    pause(program)
    engine.work()
    assert hook.calls.get().state == Stands.ANSWERED
    call = dead.calls.get()
    assert (call.state, call.answer) == (Stands.SENT, "the address leads inside and is not allowed")
    assert Due.objects.filter(kind="notifications.call_hook", state="scheduled").count() == 1


def test_what_was_confirmed_before_its_answer_arrived_is_not_sent_again(
    program, hook, engine, receiver
):
    order = pause(program)
    receiver.status = 500
    engine.work()
    path = urlsplit(told(hook, receiver.got[0])["data"]["confirm_url"]).path
    Client().post(path, '{"state": "frozen"}', content_type="application/json")
    engine.forward(seconds=3)
    assert len(receiver.got) == 1
    assert order.calls.get().confirmation.state == "frozen"


def test_an_incident_is_told_by_its_codename(program, hook, engine, receiver):
    incident = make.incident(Sev.SEV2, program=program)
    engine.work()
    said = told(hook, receiver.got[0])
    assert said["data"]["reason"] == incident.codename
    assert incident.ref not in receiver.got[0][2].decode()


def test_a_hook_that_has_nothing_to_confirm_gets_no_address(program, internal, engine, receiver):
    hook = make.hook(program, url=internal, confirms=False, events=[HookEvent.RESUME])
    pause(program)
    make.resumed(program)
    engine.work()
    said = told(hook, receiver.got[0])
    assert said["type"] == "resume"
    assert (said["data"]["confirm_url"], said["data"]["order"]) == (None, None)


def test_the_calls_of_one_program_are_of_one_lane(program, hook, engine):
    pause(program)
    engine.work()
    row = Due.objects.get(kind="notifications.call_hook")
    assert row.payload["lane"] == f"program-{program.pk}"


def test_a_call_goes_to_the_address_that_the_hook_had_when_the_program_stopped(
    program, hook, engine, receiver
):
    pause(program)
    hooks.change(hook, elsewhere(hook), actor=make.SYSTEM)
    engine.work()
    assert [path for path, _headers, _body in receiver.got] == ["/hook"]


def test_what_was_for_another_address_is_not_sent_again(program, hook, engine, receiver):
    order = pause(program)
    receiver.status = 500
    for _ in range(12):
        engine.forward(minutes=11)
    call = order.calls.get()
    assert call.state == Stands.FAILED
    hooks.change(hook, elsewhere(hook), actor=make.SYSTEM)
    with pytest.raises(calls.Refused, match="another address"):
        calls.send_again(call, actor=make.SYSTEM)


def elsewhere(hook):
    return hooks.Terms(
        name=hook.name, kind=hook.kind, url=f"{hook.url}/elsewhere", events=hook.events
    )
