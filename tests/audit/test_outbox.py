"""News leaves if, and only if, what it tells of is true for good; each listener gets its own."""

import pytest
from django.db import transaction

from audit import outbox
from audit.gathering import OutsideTransaction
from audit.models import Due, OutboxEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]


@pytest.fixture
def heard():
    """Two listeners to one topic and one to another."""
    got = []
    outbox.on("program.paused", name="test.one")(lambda event: got.append(("one", event)))
    outbox.on("program.paused", name="test.two")(lambda event: got.append(("two", event)))
    outbox.on("program.retired", name="test.other")(lambda event: got.append(("other", event)))
    return got


def test_every_listener_of_a_topic_hears_of_it_once(heard, engine):
    outbox.publish("program.paused", program=3)
    engine.work()
    assert sorted(heard) == [("one", {"program": 3}), ("two", {"program": 3})]
    assert engine.forward(days=1) == 0


def test_two_events_of_the_same_words_are_two(heard, engine):
    outbox.publish("program.retired", program=3)
    outbox.publish("program.retired", program=3)
    assert engine.work() == 2


def test_what_nobody_listens_to_is_still_kept(engine):
    event = outbox.publish("nobody.cares", n=1)
    assert engine.work() == 0
    assert OutboxEvent.objects.get(pk=event.pk).payload == {"n": 1}


def test_a_listener_that_fails_neither_stops_nor_repeats_the_others(heard, engine):
    outbox.on("program.paused", name="test.bad")(lambda _event: 1 / 0)
    outbox.publish("program.paused", program=3)
    engine.work()
    engine.forward(hours=1)
    assert len(heard) == 2
    assert Due.objects.get(kind="test.bad").attempts == 2


def test_the_urgency_of_the_event_is_that_of_its_rows(heard):
    outbox.publish("program.retired", priority=0, program=3)
    assert Due.objects.get().priority == 0


def test_an_event_of_a_change_that_was_taken_back_never_was(heard, engine):
    @transaction.atomic
    def fail():
        outbox.publish("program.paused", program=3)
        raise ZeroDivisionError

    pytest.raises(ZeroDivisionError, fail)
    assert not OutboxEvent.objects.exists()
    assert engine.work() == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_is_published_without_a_transaction_to_belong_to(heard):
    with pytest.raises(OutsideTransaction, match=r"publish\('program.paused'\) needs"):
        outbox.publish("program.paused", program=3)
    assert not OutboxEvent.objects.exists()
