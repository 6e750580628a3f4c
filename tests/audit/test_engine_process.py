"""Engines and workers as they really run, and what their deaths leave behind."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from accounts.functions import Function
from audit import clockwork, history
from audit.engine import Engine
from audit.models import Due, EngineBeat
from notifications import policies
from notifications.models import ContactMethod, Method, Page
from programs import pauses
from severity.ladder import Sev
from tests import make
from tests.audit import processes
from tests.together import PATIENCE_SECONDS, until

pytestmark = [
    pytest.mark.process,
    pytest.mark.django_db(transaction=True),
]
SEND = "notifications.send_page"
needs_redis = pytest.mark.skipif(not settings.REDIS_URL, reason="there is no Redis here")


def pause_one():
    """Do something that leaves work for the engine; return that work."""
    program = make.program()
    make.lease(make.collector(program))
    pauses.pause(program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM)
    return Due.objects.get(
        kind="programs.time_the_stop", payload__order=program.stop_orders.get().pk
    )


def done(row):
    row.refresh_from_db()
    return row.state == Due.State.DONE


@pytest.fixture
def alone():
    """An engine without Redis that has given a sign of life."""
    with processes.engine(REDIS_URL="") as engine:
        until(EngineBeat.objects.exists)
        yield engine


def test_an_engine_goes_on_after_its_connections_were_cut(alone):
    for _ in range(3):
        processes.cut_all_connections()
        row = pause_one()
        until(lambda row=row: done(row), seconds=10)
    assert alone.poll() is None


def test_an_engine_waits_for_a_database_that_turns_it_away(alone):
    with processes.closed_database():
        row = pause_one()
        until(processes.nobody_else_is_connected)
        assert not done(row)
    until(lambda: done(row), seconds=10)
    assert alone.poll() is None


def test_an_engine_that_is_asked_to_stop_stops(alone):
    alone.terminate()
    assert alone.wait(10) == 0


def test_an_engine_whose_redis_takes_calls_and_never_answers_does_the_work_itself():
    with processes.black_hole() as url, processes.engine(REDIS_URL=url) as engine:
        until(EngineBeat.objects.exists)
        row, begun = pause_one(), time.monotonic()
        until(lambda: done(row))
        # One wait for the answer of a broker, and not one for each row.
        assert time.monotonic() - begun < 8
        assert engine.poll() is None


@pytest.fixture
def receiver(monkeypatch):
    made = processes.Receiver()
    environment = replace(settings.ENVIRONMENT, internal_hosts=[made.netloc])
    monkeypatch.setattr(settings, "ENVIRONMENT", environment)
    yield made
    made.close()


@pytest.fixture
def page(receiver):
    """A page to somebody who is reached by webhook, ready to be sent."""
    policies.ensure_general_policies(actor=make.SYSTEM)
    history.create(
        ContactMethod,
        actor=make.SYSTEM,
        verified_at=timezone.now(),
        person=make.user(Function.COMMANDER),
        method=Method.WEBHOOK,
        address=f"http://{receiver.netloc}/page",
        secret="whsec_" + "A" * 32,
    )
    make.incident(Sev.SEV2)
    while not Due.objects.filter(kind=SEND).exists():
        for claim in clockwork.claim():
            clockwork.run(claim.pk, claim.token)
    return Page.objects.get()


@needs_redis
def test_a_worker_that_is_killed_while_it_sends_leaves_a_page_that_is_sent_again(page, receiver):
    hosts = {"ANDON_INTERNAL_HOSTS": receiver.netloc}
    with processes.worker(**hosts) as worker:
        assert Engine(workers=True).tick()
        first = receiver.came.get(timeout=PATIENCE_SECONDS)
        processes.kill(worker)
    row = Due.objects.get(kind=SEND)
    assert row.state == Due.State.ENQUEUED
    assert row.pk not in [claim.pk for claim in clockwork.claim()]

    receiver.may_answer.set()
    Due.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert Engine(workers=True).tick()

    assert receiver.came.get(timeout=PATIENCE_SECONDS) == first == page.key
    until(lambda: done(row))
    page.refresh_from_db()
    assert (page.state, page.attempts) == (Page.State.SENT, 2)


@needs_redis
def test_a_worker_takes_what_the_engine_hands_over(page, receiver):
    receiver.may_answer.set()
    with processes.worker(ANDON_INTERNAL_HOSTS=receiver.netloc) as worker:
        assert Engine(workers=True).tick()
        row = Due.objects.get(kind=SEND)
        until(lambda: done(row))
        assert worker.poll() is None
    assert receiver.came.qsize() == 1
    assert row.hand_overs == 1
