"""Work that talks to the outside: it may be repeated after a crash, but is written once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from audit import clockwork
from audit.models import Due

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process ends here: nothing after it runs, and no handler of errors sees it."""


class Receiver:
    """The world outside: it remembers what it got, whatever becomes of us."""

    def __init__(self):
        self.got = 0
        self.written = 0

    def call(self, _payload):
        self.got += 1
        return self.write

    def write(self):
        self.written += 1


@pytest.fixture
def outside(registry):
    made = Receiver()
    clockwork.outward("test.send", attempts=3)(lambda payload: made.call(payload))
    return made


def claim_one():
    (claim,) = clockwork.claim()
    return claim


def lose_the_lease(row):
    Due.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_the_call_comes_first_and_what_is_to_be_written_with_the_end_of_the_row(
    outside, due, engine
):
    row = due("test.send")
    engine.work()
    row.refresh_from_db()
    assert (outside.got, outside.written, row.state) == (1, 1, Due.State.DONE)


@pytest.mark.django_db(transaction=True)
def test_the_call_is_made_outside_any_transaction(registry, due):
    seen = []
    clockwork.outward("test.send")(lambda _payload: lambda: seen.append(connection.in_atomic_block))
    due("test.send")
    claim = claim_one()

    def call(_payload):
        seen.append(connection.in_atomic_block)
        return lambda: seen.append(connection.in_atomic_block)

    clockwork.outward("test.send")(call)
    clockwork.run(claim.pk, claim.token)
    assert seen == [False, True]


def test_a_crash_between_the_call_and_its_record_repeats_the_call_and_writes_once(
    outside, due, engine, monkeypatch
):
    row = due("test.send")
    claim = claim_one()
    with monkeypatch.context() as patch:
        patch.setattr(clockwork.claims, "lock", lambda *_: (_ for _ in ()).throw(Killed))
        pytest.raises(Killed, clockwork.run, claim.pk, claim.token)
    lose_the_lease(row)
    engine.work()
    row.refresh_from_db()
    assert (outside.got, outside.written, row.state) == (2, 1, Due.State.DONE)


def test_whoever_lost_the_claim_before_it_began_calls_nobody(outside, due):
    row = due("test.send")
    stale = claim_one()
    lose_the_lease(row)
    claim_one()
    assert not clockwork.run(stale.pk, stale.token)
    row.refresh_from_db()
    assert (outside.got, row.attempts) == (0, 0)


def test_whoever_lost_the_claim_during_the_call_writes_nothing(outside, due):
    row = due("test.send")
    slow = claim_one()

    def somebody_else_is_faster(payload):
        lose_the_lease(row)
        other = claim_one()
        clockwork.outward("test.send")(outside.call)
        assert clockwork.run(other.pk, other.token)
        return outside.call(payload)

    clockwork.outward("test.send")(somebody_else_is_faster)
    assert not clockwork.run(slow.pk, slow.token)
    row.refresh_from_db()
    assert (outside.got, outside.written, row.state) == (2, 1, Due.State.DONE)


def test_whoever_lost_the_claim_and_then_failed_does_not_put_the_row_off(outside, due):
    row = due("test.send")
    slow = claim_one()

    def fail_late(_payload):
        lose_the_lease(row)
        claim_one()
        raise ConnectionError

    clockwork.outward("test.send")(fail_late)
    clockwork.run(slow.pk, slow.token)
    row.refresh_from_db()
    assert (row.state, row.last_error) == (Due.State.ENQUEUED, "")


def test_what_was_called_off_during_the_call_is_not_written(outside, due):
    row = due("test.send", key="page:1")
    claim = claim_one()

    def called_off_meanwhile(payload):
        clockwork.cancel(prefix="page:1")
        return outside.call(payload)

    clockwork.outward("test.send")(called_off_meanwhile)
    assert not clockwork.run(claim.pk, claim.token)
    row.refresh_from_db()
    assert (outside.got, outside.written, row.state) == (1, 0, Due.State.CANCELLED)


def test_a_record_that_fails_is_tried_again_with_the_call(outside, due, engine, monkeypatch):
    row = due("test.send")
    with monkeypatch.context() as patch:
        patch.setattr(outside, "write", lambda: 1 / 0)
        engine.work()
    row.refresh_from_db()
    assert (row.state, row.last_error) == (Due.State.SCHEDULED, "ZeroDivisionError")
    engine.forward(seconds=3)
    assert (outside.got, outside.written) == (2, 1)
