"""How far behind the engine is, told from every waiting row whatever its age."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from audit import clockwork, overdue
from audit.engine import Engine
from audit.models import Due, EngineBeat

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def look():
    return overdue.look(now=timezone.now())


def test_an_engine_that_never_ticked_is_silent_for_no_known_time():
    assert look().silent_for is None


def test_the_silence_is_that_of_the_liveliest_engine(time_machine):
    Engine(workers=False)._beat()
    beat = EngineBeat.objects.get()
    EngineBeat.objects.create(
        name="dead:1", started_at=beat.started_at, ticked_at=beat.ticked_at - timedelta(days=9)
    )
    time_machine.move_to(beat.ticked_at + 7 * SECOND, tick=False)
    assert look().silent_for == 7 * SECOND


@pytest.mark.parametrize(("late", "counted"), [(61, 1), (58, 0), (400 * 86400, 1)])
def test_what_should_have_been_done_a_minute_ago_is_overdue(due, late, counted):
    due(due_at=timezone.now() - late * SECOND)
    assert look().overdue == counted


def test_what_a_worker_took_and_never_finished_is_overdue(due):
    due()
    clockwork.claim()
    assert look().overdue == 0
    Due.objects.update(lease_until=Now() - 61 * SECOND)
    assert look().overdue == 1


def test_what_is_done_or_called_off_is_not_overdue(due, engine):
    due(key="a", due_at=timezone.now() - timedelta(hours=1))
    due(key="b", due_at=timezone.now() - timedelta(hours=1))
    clockwork.cancel(prefix="a")
    engine.work()
    assert look().overdue == 0


def test_what_was_given_up_counts_for_a_day(registry, due, engine, time_machine):
    clockwork.within_transaction("test.bad", attempts=1)(lambda _payload: 1 / 0)
    due("test.bad")
    engine.work()
    assert look().dead == 1
    time_machine.move_to(timezone.now() + timedelta(days=1, seconds=1))
    assert look().dead == 0
