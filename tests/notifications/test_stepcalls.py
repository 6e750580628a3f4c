"""Another system hears of a step by a signed webhook, and what it answers stands at the step."""

import json

import pytest
from standardwebhooks import Webhook

from incidents import grants, stepping
from incidents.models import StepAct
from programs.models import HookEvent
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident():
    return make.incident()


@pytest.fixture
def store(incident, internal):
    return make.hook(incident.program, url=internal, events=[HookEvent.STEP])


@pytest.fixture
def act(incident, store):
    runner = make.user()
    grants.admit(incident, person=runner, level="manage", reason="Runs it.", actor=make.SYSTEM)
    step = incident.runbooks.get().steps.get(number=5)
    (made,) = stepping.run(step, "dataset.freeze", confirmed=True, actor=make.actor(runner))
    return made


def test_it_is_told_signed_and_says_nothing_of_the_incident(incident, store, act, engine, receiver):
    receiver.status, receiver.body = 200, b"Frozen:\n 3 <b>tables</b>\x00" + b"x" * 900
    receiver.headers = {"Content-Length": str(len(receiver.body))}
    engine.work()
    (got,) = receiver.got
    headers = {name.lower(): value for name, value in got[1].items()}
    said = Webhook(store.secret).verify(got[2], headers)
    assert (said["type"], headers["webhook-id"]) == ("step", act.key)
    assert said["data"]["hook"] == "dataset.freeze"
    assert said["data"]["reason"] == incident.codename
    assert incident.title not in json.dumps(said)
    act.refresh_from_db()
    assert (act.state, act.attempts) == (StepAct.State.DONE, 1)
    assert act.answer.startswith("answered 200: Frozen: 3 <b>tables</b> x")
    assert len(act.answer) < 230
    assert act.answered_at
    assert incident.timeline.filter(text__contains="answered 200").count() == 1


def test_it_is_tried_again_and_then_given_up_by_name(act, engine, receiver):
    receiver.status = 500
    engine.work()
    act.refresh_from_db()
    assert (act.state, act.answer) == (StepAct.State.SENDING, "answered 500")
    for _ in range(10):
        engine.forward(minutes=30)
    act.refresh_from_db()
    assert (act.state, act.answer) == (StepAct.State.FAILED, "answered 500")
    assert len(receiver.got) == 8
    assert {headers["webhook-id"] for _path, headers, _body in receiver.got} == {act.key}


def test_one_that_was_switched_off_is_not_told(act, store, engine, receiver):
    type(store).objects.filter(pk=store.pk).update(enabled=False)
    engine.work()
    act.refresh_from_db()
    assert act.state == StepAct.State.FAILED
    assert receiver.got == []
