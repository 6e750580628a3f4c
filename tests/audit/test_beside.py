"""A worker waits a moment for what talks to the outside, and goes on; no way takes every place."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from audit import beside, clockwork, tasks
from audit.models import Due
from tests.together import until

pytestmark = pytest.mark.django_db(transaction=True)
DONE, ENQUEUED = Due.State.DONE, Due.State.ENQUEUED
WAYS = ("mail", "hook", "chat", "voice", "smoke")


class Outside:
    """Who answers there only when told to."""

    def __init__(self):
        self.called, self.answers = [], threading.Event()

    def call(self, payload):
        self.called.append(payload.get("n"))
        assert self.answers.wait(20)
        if payload.get("bad"):
            raise ConnectionError
        return lambda: None


@pytest.fixture
def outside(registry, monkeypatch):
    made = Outside()
    for way in WAYS:
        clockwork.outward(f"test.{way}", way=way)(made.call)
    clockwork.outward("test.call")(made.call)
    monkeypatch.setattr(beside, "PROMPT", 0.05)
    monkeypatch.setattr(beside, "_places", beside._Places())
    yield made
    made.answers.set()
    until(lambda: not beside._places._taken.total())


def go():
    """Let a worker run what is due, as it is handed over one by one."""
    for claim in clockwork.claim(40):
        tasks.run_due(claim.pk, str(claim.token))


def state(row):
    return Due.objects.get(pk=row.pk).state


def test_a_service_that_hangs_holds_up_no_worker(outside, due):
    hanging, plain = due("test.mail"), due()
    go()
    assert (state(hanging), state(plain)) == (ENQUEUED, DONE)
    outside.answers.set()
    until(lambda: state(hanging) == DONE)


def test_a_row_says_which_way_it_goes_where_its_kind_does_not(outside, due):
    hanging = due("test.call", payload={"way": "program-1"})
    go()
    assert state(hanging) == ENQUEUED
    outside.answers.set()
    until(lambda: state(hanging) == DONE)


def test_a_bundle_of_one_lane_waits_for_none_of_it(outside, due):
    rows = [due("test.mail", payload={"n": n, "lane": "ada"}) for n in range(2)]
    taken = [(claim.pk, str(claim.token)) for claim in clockwork.claim()]
    tasks.run_bundle("test.mail", taken)
    until(lambda: len(outside.called) == 2)
    assert {state(row) for row in rows} == {ENQUEUED}


def test_a_place_is_free_again_where_no_thread_is_to_be_had(outside, due, monkeypatch):
    def none(*_):
        raise RuntimeError("can't start new thread")

    row = due("test.mail")
    with monkeypatch.context() as busy:
        busy.setattr(beside._threads(), "submit", none)
        with pytest.raises(RuntimeError):
            go()
    assert not beside._places._taken.total()
    assert state(row) == ENQUEUED


def test_whoever_answers_soon_is_waited_for(outside, due, monkeypatch):
    monkeypatch.setattr(beside, "PROMPT", 20.0)
    outside.answers.set()
    row = due("test.mail")
    go()
    assert state(row) == DONE


def test_what_fails_later_is_tried_again(outside, due):
    row = due("test.mail", payload={"bad": True})
    go()
    outside.answers.set()
    until(lambda: state(row) == Due.State.SCHEDULED)
    assert Due.objects.get(pk=row.pk).last_error == "ConnectionError"


def test_no_way_takes_every_place(outside, due):
    mails = [due("test.mail", payload={"n": n}) for n in range(beside.MOST_OF_A_WAY + 1)]
    hook = due("test.hook", payload={"n": "hook"})
    go()
    until(lambda: len(outside.called) == beside.MOST_OF_A_WAY + 1)
    assert "hook" in outside.called
    # The engines go on with the last one: its claim ended at once, and no try of it was counted.
    (back,) = clockwork.claim(40)
    assert (back.pk, back.hand_overs) == (mails[-1].pk, 2)
    assert Due.objects.get(pk=back.pk).attempts == 0
    outside.answers.set()
    until(lambda: state(hook) == DONE)


def test_no_more_than_there_are_places_goes_on_at_once(outside, due):
    for way in WAYS:
        for n in range(beside.MOST_OF_A_WAY):
            due(f"test.{way}", payload={"n": f"{way}-{n}"})
    go()
    until(lambda: len(outside.called) == beside.MOST)
    assert len(clockwork.claim(40)) == len(WAYS) * beside.MOST_OF_A_WAY - beside.MOST


def test_a_place_is_free_again_whatever_became_of_it(outside, due, monkeypatch):
    def away(_due):
        raise InterruptedError

    with monkeypatch.context() as broken:
        broken.setattr(clockwork, "run_begun", away)
        due("test.mail")
        go()
        until(lambda: not beside._places._taken.total())
    outside.answers.set()
    row = due("test.mail")
    go()
    until(lambda: state(row) == DONE)


def test_what_names_no_way_is_done_before_the_worker_goes_on(outside, registry, due):
    did = []

    def work(_payload):
        did.append(threading.current_thread())
        return lambda: None

    clockwork.outward("test.other")(work)
    due("test.other")
    go()
    assert did == [threading.current_thread()]


def test_a_claim_that_is_lost_does_nothing(outside, due):
    row = due("test.mail")
    (stale,) = clockwork.claim()
    Due.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))
    clockwork.claim()
    assert tasks.run_due(stale.pk, str(stale.token)) is False
    assert outside.called == []


def test_no_connection_is_kept_by_a_thread_that_rests(outside, due):
    def sessions():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            )
            return cursor.fetchone()[0]

    before = sessions()
    row = due("test.mail")
    go()
    outside.answers.set()
    until(lambda: state(row) == DONE)
    until(lambda: sessions() == before)


def test_a_worker_that_ends_waits_for_what_goes_on(outside, due):
    row = due("test.mail")
    go()
    threading.Timer(0.2, outside.answers.set).start()
    beside.finish()
    beside._threads.cache_clear()
    assert state(row) == DONE
