"""What must happen later happens once, in order of urgency, and is never forgotten."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from audit import claims, clockwork
from audit.models import Due

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=5)


class Recorder:
    """A handler that notes what it was given, and fails as often as it is told to."""

    def __init__(self, failures=0):
        self.failures = failures
        self.got = []

    def __call__(self, payload):
        self.got.append(payload)
        if len(self.got) <= self.failures:
            raise ConnectionError("no incident text may stay here")


@pytest.fixture
def handler(registry):
    made = Recorder()
    clockwork.within_transaction("test.work", attempts=3)(made)
    return made


def run_one():
    (claim,) = clockwork.claim()
    return clockwork.run(claim.pk, claim.token)


def lose_the_lease(due):
    """As if the worker that claimed it had died a while ago."""
    Due.objects.filter(pk=due.pk).update(lease_until=Now() - timedelta(seconds=1))


def make_due(due):
    Due.objects.filter(pk=due.pk).update(due_at=Now() - timedelta(seconds=1))


def test_what_is_due_now_is_done_once(handler, due, engine):
    row = due("test.work", payload={"n": 1})
    assert engine.work() == 1
    assert engine.work() == 0
    assert handler.got == [{"n": 1}]
    row.refresh_from_db()
    assert (row.state, row.token, row.lease_until) == (Due.State.DONE, None, None)
    assert row.finished_at


def test_what_is_due_later_waits(handler, due, engine):
    due("test.work", after=SOON)
    assert engine.forward(minutes=4, seconds=59) == 0
    assert engine.forward(seconds=2) == 1


def test_what_was_due_at_a_time_that_has_passed_is_due(handler, due, engine):
    due("test.work", due_at=timezone.now() - SOON)
    assert engine.work() == 1


def test_the_same_key_is_scheduled_once(handler, due, engine):
    due("test.work", key="stop:1", payload={"n": 1})
    due("test.work", key="stop:1", payload={"n": 2})
    engine.work()
    due("test.work", key="stop:1", payload={"n": 3})
    engine.work()
    assert handler.got == [{"n": 1}]


def test_work_that_nobody_knows_is_refused_where_it_is_scheduled(registry):
    with pytest.raises(LookupError, match="no handler is registered for 'test.typo'"):
        clockwork.schedule("test.typo", key="k", payload={})
    assert not Due.objects.exists()


def test_work_whose_handler_was_removed_meanwhile_is_given_up_and_seen(due, registry, engine):
    row = due("test.work")
    clockwork._handlers.clear()
    engine.work()
    row.refresh_from_db()
    assert (row.state, row.last_error) == (Due.State.DEAD, "LookupError")


def test_the_most_urgent_is_claimed_first_and_then_what_waited_longest(due):
    due(key="mild", priority=5, after=timedelta(hours=-9))
    due(key="late", priority=0, after=timedelta(hours=-1))
    due(key="later", priority=0, after=timedelta(hours=-2))
    keys = {row.pk: row.key for row in Due.objects.all()}
    assert [keys[claim.pk] for claim in clockwork.claim()] == ["later", "late", "mild"]


def test_the_most_urgent_come_first_when_there_is_more_than_one_batch(due):
    for number in range(5):
        due(key=f"mild-{number}", after=timedelta(hours=-1))
    urgent = due(key="urgent", priority=0)
    with connection.cursor() as cursor:
        # An index may happen to give this order; the statement must ask for it.
        cursor.execute("SET LOCAL enable_indexscan = off")
    assert [claim.pk for claim in clockwork.claim(limit=1)] == [urgent.pk]


def test_only_the_urgent_is_claimed_while_enough_wait_for_a_worker(due):
    for _ in range(3):
        due(priority=5)
    assert len(clockwork.claim(2, ahead=2)) == 2
    urgent = due(priority=1)
    assert [claim.pk for claim in clockwork.claim(2, ahead=2)] == [urgent.pk]
    handed_over = Due.objects.filter(state=Due.State.ENQUEUED)
    handed_over.update(state=Due.State.DONE, token=None, lease_until=None)
    assert len(clockwork.claim(2, ahead=2)) == 1


def priorities(**how):
    return [claim.priority for claim in clockwork.claim(**how)]


def test_what_is_graver_waits_for_nothing_milder_and_no_more_of_it_waits_either(due):
    for priority in (5, 5, 5, 1, 1, 1, 0, 0, 0):
        due(priority=priority, due_at=timezone.now() + SOON * (priority != 5))
    assert priorities(ahead=2, limit=2) == [5, 5]
    assert priorities(ahead=2) == []
    Due.objects.filter(priority=1).update(due_at=Now())
    assert priorities(ahead=2, limit=2) == [1, 1]
    assert priorities(ahead=2) == []
    Due.objects.update(due_at=Now())
    assert priorities(ahead=2, limit=2) == [0, 0]
    assert priorities(ahead=2) == []


def test_what_was_begun_waits_for_no_worker_and_holds_up_nobody(due):
    for _ in range(3):
        due(priority=5)
    for claim in clockwork.claim(2, ahead=2):
        claims.begin(claim.pk, claim.token)
    assert len(clockwork.claim(2, ahead=2)) == 1


def test_what_no_worker_took_in_time_holds_up_nobody(due):
    for _ in range(3):
        due(priority=5)
    clockwork.claim(2, ahead=2)
    Due.objects.filter(state=Due.State.ENQUEUED).update(lease_until=Now() - timedelta(seconds=1))
    assert len(clockwork.claim(20, ahead=2)) == 3


def test_what_is_claimed_is_not_claimed_again_until_its_lease_ends(due):
    row = due()
    (first,) = clockwork.claim()
    assert clockwork.claim() == []
    lose_the_lease(row)
    (second,) = clockwork.claim()
    assert (first.pk, first.hand_overs) == (second.pk, 1)
    assert (second.hand_overs, second.token != first.token) == (2, True)


def test_a_worker_that_lost_its_claim_begins_nothing(handler, due):
    row = due("test.work")
    (stale,) = clockwork.claim()
    lose_the_lease(row)
    (fresh,) = clockwork.claim()
    assert not clockwork.run(stale.pk, stale.token)
    assert handler.got == []
    assert clockwork.run(fresh.pk, fresh.token)
    assert not clockwork.run(fresh.pk, fresh.token)
    assert len(handler.got) == 1


def test_a_message_about_a_row_that_is_gone_is_harmless(registry):
    assert not clockwork.run(0, uuid4())


def test_to_begin_gives_the_worker_its_own_time(handler, due):
    row = due("test.work")
    (claim,) = clockwork.claim()
    claims.begin(claim.pk, claim.token)
    row.refresh_from_db()
    left = row.lease_until - timezone.now()
    assert claims.HAND_OVER_LEASE < left <= claims.WORK_LEASE


def test_what_fails_is_tried_again_after_a_growing_wait(registry, due):
    clockwork.within_transaction("test.work", attempts=12)(Recorder(failures=99))
    row, waits = due("test.work"), []
    for _ in range(11):
        make_due(row)
        run_one()
        row.refresh_from_db()
        waits.append(round((row.due_at - timezone.now()).total_seconds()))
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]


def test_what_fails_leaves_nothing_of_its_own_and_no_words(registry, due, engine):
    def work(_payload):
        due("test.next", key="half-done")
        raise ValueError("Payroll export readable")

    clockwork.within_transaction("test.work")(work)
    row = due("test.work")
    engine.work()
    row.refresh_from_db()
    assert not Due.objects.filter(key="half-done").exists()
    assert (row.state, row.last_error) == (Due.State.SCHEDULED, "ValueError")


def test_a_new_try_is_handed_to_workers_first_again(registry, due):
    clockwork.within_transaction("test.work")(Recorder(failures=1))
    row = due("test.work")
    run_one()
    make_due(row)
    assert [claim.hand_overs for claim in clockwork.claim()] == [1]


def test_what_works_at_last_forgets_its_errors(registry, due, engine):
    clockwork.within_transaction("test.work")(Recorder(failures=1))
    row = due("test.work")
    engine.work()
    engine.forward(seconds=3)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == (Due.State.DONE, 2, "")


def test_after_the_last_try_it_is_given_up_and_somebody_is_told(registry, due, engine):
    clockwork.within_transaction("test.work", attempts=2)(Recorder(failures=99))
    told = []
    clockwork.when_dead(lambda row: told.append((row.kind, row.payload)))
    row = due("test.work", payload={"page": 7})
    engine.work()
    assert told == []
    engine.forward(hours=1)
    row.refresh_from_db()
    assert (row.state, row.attempts, row.last_error) == (Due.State.DEAD, 2, "ConnectionError")
    assert row.finished_at
    assert told == [("test.work", {"page": 7})]
    assert engine.forward(days=1) == 0


def test_whoever_is_told_of_the_end_writes_in_the_same_transaction(registry, due, monkeypatch):
    clockwork.within_transaction("test.work", attempts=1)(Recorder(failures=99))
    clockwork.when_dead(lambda _row: due(key="told"))
    row = due("test.work")
    (claim,) = clockwork.claim()

    def fail(self, *args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(Due, "save", fail)
    pytest.raises(IntegrityError, clockwork.run, claim.pk, claim.token)
    row.refresh_from_db()
    assert row.state == Due.State.ENQUEUED
    assert not Due.objects.filter(key="told").exists()


def test_a_teller_that_fails_neither_keeps_the_row_alive_nor_silences_the_others(
    registry, due, engine
):
    clockwork.within_transaction("test.work", attempts=1)(Recorder(failures=99))
    told = []
    clockwork.when_dead(lambda _row: 1 / 0)
    clockwork.when_dead(told.append)
    row = due("test.work")
    engine.work()
    row.refresh_from_db()
    assert row.state == Due.State.DEAD
    assert told == [row]


def test_work_that_kills_its_process_at_every_try_ends_dead(registry, due, engine):
    clockwork.within_transaction("test.work", attempts=3)(lambda _payload: None)
    row = due("test.work")
    for _ in range(3):
        # Begun, and never heard of again.
        (claim,) = clockwork.claim()
        claims.begin(claim.pk, claim.token)
        lose_the_lease(row)
    engine.work()
    row.refresh_from_db()
    assert (row.state, row.last_error) == (Due.State.DEAD, "Poisoned")


def test_a_row_that_fails_does_not_stop_the_others(registry, due, engine):
    good = Recorder()
    clockwork.within_transaction("test.bad")(Recorder(failures=99))
    clockwork.within_transaction("test.good")(good)
    due("test.bad", priority=0)
    due("test.good")
    due("test.bad", priority=9)
    assert engine.work() == 3
    assert len(good.got) == 1


def test_what_is_called_off_is_not_done(handler, due, engine):
    due("test.work", key="firing:1:", after=SOON)
    due("test.work", key="firing:12:", after=SOON, payload={"n": 12})
    due("test.work", key="firing:1:x")
    assert clockwork.cancel(prefix="firing:1:") == 2
    engine.forward(hours=1)
    assert handler.got == [{"n": 12}]


def test_what_was_handed_over_already_is_called_off_too(handler, due):
    due("test.work", key="page:1")
    (claim,) = clockwork.claim()
    assert clockwork.cancel(prefix="page:1") == 1
    assert not clockwork.run(claim.pk, claim.token)
    assert handler.got == []


def test_what_may_have_begun_outside_is_left_to_go_on(handler, due):
    due("test.work", key="page:1")
    due("test.work", key="page:2", after=SOON)
    (claim,) = clockwork.claim()
    assert clockwork.cancel(prefix="page:", handed_over=False) == 1
    assert clockwork.run(claim.pk, claim.token)
    assert len(handler.got) == 1


def test_what_is_over_cannot_be_called_off(handler, due, engine):
    row = due("test.work", key="page:1")
    engine.work()
    assert clockwork.cancel(prefix="page:1") == 0
    row.refresh_from_db()
    assert row.state == Due.State.DONE


def test_a_prefix_is_taken_as_it_stands(due):
    due(key="page:1")
    assert clockwork.cancel(prefix="page:_") == 0
    assert clockwork.cancel(prefix="%") == 0


def test_a_row_in_hand_must_have_a_token_and_a_lease(due):
    row = due()
    with pytest.raises(IntegrityError, match="due_enqueued_is_leased"), transaction.atomic():
        Due.objects.filter(pk=row.pk).update(state=Due.State.ENQUEUED)


def test_the_work_and_the_end_of_its_row_commit_together(registry, due, engine, monkeypatch):
    clockwork.within_transaction("test.work")(lambda _payload: due(key="effect"))
    row = due("test.work")
    with monkeypatch.context() as patch:
        patch.setattr(claims, "finish", lambda _pk: 1 / 0)
        engine.work()
    assert not Due.objects.filter(key="effect").exists()
    engine.forward(seconds=3)
    row.refresh_from_db()
    assert row.state == Due.State.DONE
    assert Due.objects.filter(key="effect").exists()


@pytest.mark.parametrize(
    "kind", ["audit.verify_record", "incidents.make_bundle", "programs.look_at_store"]
)
def test_what_reads_a_whole_record_evidence_or_a_store_may_take_minutes(kind):
    assert clockwork.longest_of(kind) >= timedelta(minutes=15)


def test_what_fails_for_weeks_is_still_tried_each_ten_minutes(registry, due):
    clockwork.within_transaction("test.scan", attempts=4000)(Recorder(failures=4000))
    row = due("test.scan")
    for tried in (45, 46, 3998):
        Due.objects.filter(pk=row.pk).update(attempts=tried, state=Due.State.SCHEDULED)
        make_due(row)
        assert run_one()
        row.refresh_from_db()
        assert (row.state, row.attempts, row.token) == (Due.State.SCHEDULED, tried + 1, None)
        assert timedelta(minutes=9) < row.due_at - timezone.now() <= clockwork.LONGEST_RETRY
