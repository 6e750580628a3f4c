"""The dispatcher: hands over what is due, and does it itself where nobody takes it."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from kombu.exceptions import OperationalError as BrokerAway

from audit import clockwork, engine
from audit.kinds import Convoy
from audit.models import Due, EngineBeat

pytestmark = pytest.mark.django_db


class Broker:
    """Stands in for Redis: takes messages, or is away."""

    def __init__(self):
        self.messages = []
        self.bundles = []
        self.asked = 0
        self.away = None

    def apply_async(self, args, **options):
        self.asked += 1
        if self.away:
            raise self.away
        self.messages.append((*args, options))

    def take_bundle(self, args, **options):
        self.asked += 1
        kind, rows = args
        self.bundles.append([pk for pk, _token in rows])
        self.messages += [(*row, options) for row in rows]

    def deliver(self):
        """Let a worker run what was handed over."""
        return [engine.run_due(pk, token) for pk, token, _ in self.messages]


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def broker(monkeypatch):
    made = Broker()
    monkeypatch.setattr(engine.run_due, "apply_async", made.apply_async)
    monkeypatch.setattr(engine.run_bundle, "apply_async", made.take_bundle)
    # It would close the connection that the test's own transaction lives in.
    monkeypatch.setattr(engine, "close_old_connections", lambda: None)
    return made


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def dispatcher(broker, clock):
    return engine.Engine(workers=True, clock=clock)


def state(row):
    row.refresh_from_db()
    return row.state


def lose_the_lease(row):
    Due.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_without_workers_the_engine_does_the_work(broker, due):
    row = due()
    assert engine.Engine(workers=False).tick() == 1
    assert (state(row), broker.asked) == (Due.State.DONE, 0)


def test_with_workers_the_work_is_handed_over(dispatcher, broker, due):
    row = due()
    assert dispatcher.tick() == 1
    assert state(row) == Due.State.ENQUEUED
    assert broker.deliver() == [True]
    assert state(row) == Due.State.DONE


def test_workers_get_no_more_than_they_can_take_soon(broker, clock, due, monkeypatch):
    monkeypatch.setattr(engine, "BATCH_FOR_WORKERS", 2)
    monkeypatch.setattr(engine, "AHEAD", 3)
    dispatcher = engine.Engine(workers=True, clock=clock)
    for _ in range(7):
        due()
    assert [dispatcher.tick() for _ in range(3)] == [2, 2, 0]
    broker.deliver()
    assert dispatcher.tick() == 2


def test_where_more_is_due_than_is_handed_over_at_once_it_goes_in_bundles(
    dispatcher, broker, due, monkeypatch
):
    monkeypatch.setattr(engine, "BATCH_FOR_WORKERS", 4)
    rows = [due() for _ in range(5)]
    dispatcher.tick()
    assert broker.bundles == [[row.pk for row in rows[:4]]]
    dispatcher.tick()
    # The last one came alone.
    assert (len(broker.bundles), len(broker.messages)) == (1, 5)
    broker.deliver()
    assert {state(row) for row in rows} == {Due.State.DONE}


def test_a_call_that_a_worker_makes_beside_others_is_handed_over_so_if_it_is_the_only_one(
    dispatcher, broker, registry, due
):
    clockwork.outward("test.send", convoy=Convoy(list, list))(lambda _payload: lambda: None)
    row, plain = due("test.send"), due()
    dispatcher.tick()
    assert broker.bundles == [[row.pk]]
    assert {pk for pk, *_ in broker.messages} == {row.pk, plain.pk}


def test_a_broker_that_is_away_costs_no_row_of_a_bundle(dispatcher, due, monkeypatch):
    def is_away(*_args, **_options):
        raise BrokerAway("away")

    monkeypatch.setattr(engine, "BATCH_FOR_WORKERS", 3)
    monkeypatch.setattr(engine.run_bundle, "apply_async", is_away)
    rows = [due() for _ in range(3)]
    dispatcher.tick()
    assert {state(row) for row in rows} == {Due.State.DONE}


def test_an_engine_alone_takes_no_more_than_it_does_before_claims_lapse(broker, clock, due):
    for _ in range(21):
        due()
    assert engine.Engine(workers=False, clock=clock).tick() == 20


def come_back(dispatcher, clock, *rows):
    """As if workers took none of these in time."""
    dispatcher.tick()
    clock.now += 3
    for row in rows:
        lose_the_lease(row)
    dispatcher.tick()
    assert {state(row) for row in rows} == {Due.State.DONE}


def test_where_workers_are_too_slow_fewer_rows_wait_for_them(broker, clock, due, monkeypatch):
    monkeypatch.setattr(engine, "AHEAD", 60)
    monkeypatch.setattr(engine, "FEWEST_AHEAD", 15)
    slow = engine.Engine(workers=True, clock=clock)
    for bound in (30, 15, 15):
        come_back(slow, clock, due())
        assert slow._ahead == bound
    # Not even so few are taken: the work is done here, and after a while workers are asked again.
    asked = broker.asked
    assert state_after_a_tick(slow, due()) == Due.State.DONE
    assert broker.asked == asked
    clock.now += 5
    assert state_after_a_tick(slow, due()) == Due.State.ENQUEUED
    assert slow._ahead == 16


def test_what_comes_back_at_once_counts_once(broker, clock, due):
    slow = engine.Engine(workers=True, clock=clock)
    come_back(slow, clock, due(), due())
    slow.tick()
    assert slow._ahead == engine.AHEAD // 2


def test_a_slow_service_outside_takes_no_work_from_the_workers(broker, clock, due, monkeypatch):
    monkeypatch.setattr(engine.clockwork, "is_outward", lambda _kind: True)
    quick = engine.Engine(workers=True, clock=clock)
    quick._outgoing = Mock()
    row = due()
    quick.tick()
    lose_the_lease(row)
    quick.tick()
    quick._outgoing.take.assert_called_once()
    assert quick._ahead == engine.AHEAD


def state_after_a_tick(dispatcher, row):
    dispatcher.tick()
    return state(row)


def test_an_engine_alone_waits_for_no_worker(broker, clock, due, monkeypatch):
    monkeypatch.setattr(engine, "AHEAD", 0)
    due()
    assert engine.Engine(workers=False, clock=clock).tick() == 1


def test_a_message_says_only_which_row_and_expires_with_its_lease(dispatcher, broker, due):
    row = due(payload={"incident": 17})
    dispatcher.tick()
    row.refresh_from_db()
    ((pk, token, options),) = broker.messages
    assert (pk, token) == (row.pk, str(row.token))
    assert options == {"expires": 30.0, "retry": False}


def test_work_that_may_take_longer_is_ended_by_no_worker_before_its_time(dispatcher, broker, due):
    clockwork.outward("test.read", longest=timedelta(hours=1))(lambda _payload: lambda: None)
    due("test.read")
    dispatcher.tick()
    ((_pk, _token, options),) = broker.messages
    assert (options["soft_time_limit"], options["time_limit"]) == (3590.0, 3595.0)


def test_what_no_worker_took_in_three_seconds_is_done_here(dispatcher, broker, due):
    row = due()
    dispatcher.tick()
    assert dispatcher.tick() == 0
    lose_the_lease(row)
    assert dispatcher.tick() == 1
    assert (state(row), broker.asked) == (Due.State.DONE, 1)
    assert broker.deliver() == [False]


def test_the_time_to_take_it_is_three_seconds(dispatcher, due):
    row = due()
    dispatcher.tick()
    row.refresh_from_db()
    assert timedelta(seconds=3) <= row.lease_until - row.due_at < timedelta(seconds=3.5)


@pytest.mark.parametrize("failure", [ConnectionRefusedError(), BrokerAway("away"), TimeoutError()])
def test_a_broker_that_is_away_costs_nothing_but_its_workers(dispatcher, broker, due, failure):
    broker.away = failure
    rows = [due(), due()]
    dispatcher.tick()
    assert [state(row) for row in rows] == [Due.State.DONE, Due.State.DONE]


def test_a_broker_that_was_away_is_left_alone_for_five_seconds(dispatcher, broker, clock, due):
    broker.away = ConnectionRefusedError()
    due(), due(), due()
    dispatcher.tick()
    clock.now += 4.9
    due()
    dispatcher.tick()
    assert broker.asked == 1
    clock.now += 0.2
    due()
    dispatcher.tick()
    assert broker.asked == 2


def test_a_broker_that_is_back_is_used_again(dispatcher, broker, clock, due):
    broker.away = ConnectionRefusedError()
    due()
    dispatcher.tick()
    broker.away, clock.now = None, clock.now + 5
    row = due()
    dispatcher.tick()
    assert (state(row), len(broker.messages)) == (Due.State.ENQUEUED, 1)


def test_a_sign_of_life_is_given_each_second(dispatcher, clock):
    for step in (0, 0.3, 0.3, 0.3, 0.3):
        clock.now += step
        dispatcher.tick()
    beat = EngineBeat.objects.get()
    assert (beat.name, beat.ticks) == (dispatcher.name, 1)
    assert beat.run == dispatcher.run_id


def test_work_that_fails_does_not_end_the_engine(broker, registry, due):
    clockwork.within_transaction("test.bad")(lambda _payload: 1 / 0)
    bad, good = due("test.bad", priority=0), due()
    engine.Engine(workers=False).tick()
    assert (state(bad), state(good)) == (Due.State.SCHEDULED, Due.State.DONE)


def test_a_database_that_is_away_does_not_end_the_loop(dispatcher, monkeypatch):
    calls, hung_up = [], []

    def tick():
        calls.append(len(calls))
        if len(calls) < 3:
            raise OperationalError("the connection is closed")
        dispatcher.stopping = True
        return 1

    monkeypatch.setattr(dispatcher, "tick", tick)
    monkeypatch.setattr(dispatcher, "_hang_up", lambda: hung_up.append(len(calls)))
    monkeypatch.setattr(engine, "TICK_SECONDS", 0)
    monkeypatch.setattr(engine.signal, "signal", lambda *_: None)
    monkeypatch.setattr(dispatcher._watch, "start", lambda: None)
    dispatcher.run()
    assert calls == [0, 1, 2]
    # After each failure it lets go of its connections, and once more at the end.
    assert hung_up == [1, 2, 3]


@pytest.mark.parametrize(("url", "workers"), [("redis://localhost:6379/0", True), ("", False)])
def test_workers_are_used_where_a_broker_is_configured(settings, url, workers):
    settings.REDIS_URL = url
    assert engine.from_settings().workers is workers
