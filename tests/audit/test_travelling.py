"""Calls of several rows outside at once: nobody waits for who is slow, and each is written once."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from audit import bundles, claims, clockwork, travelling
from audit.kinds import Convoy
from audit.models import Due
from tests.together import until

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "test.send"


class Killed(BaseException):
    """The process ends here: nothing after it runs, and no handler of errors sees it."""


class Trip:
    def __init__(self, outside, payload):
        self.outside, self.n = outside, payload["n"]

    def call(self):
        return self.outside.call(self.n)

    def came_of(self, call):
        call()
        return lambda: self.outside.written.append([self.n])


class Outside:
    """The world outside, and what was begun and written of it here."""

    def __init__(self):
        self.called, self.begun, self.written, self.alone = Counter(), [], [], []
        self.left, self.bad, self.slow, self.unwritten = set(), set(), set(), set()
        self.answers = threading.Event()
        self.meanwhile = lambda: None

    def begin(self, payloads):
        self.begun.append([payload["n"] for payload in payloads])
        return [None if each["n"] in self.left else Trip(self, each) for each in payloads]

    def call(self, n):
        self.called[n] += 1
        if n in self.slow:
            self.answers.wait(20)
        if n in self.bad:
            raise ConnectionError
        return n

    def write(self, came):
        self.meanwhile()
        self.written.append([answer for trip, answer in came if trip.n not in self.unwritten])
        return [trip.n not in self.unwritten for trip, _answer in came]

    def one(self, payload):
        self.alone.append(payload["n"])
        return lambda: None


def wait_for_each(monkeypatch, seconds):
    for name in ("PROMPT", "PROMPT_OF_FEW"):
        monkeypatch.setattr(travelling, name, seconds)


@pytest.fixture
def outside(registry, monkeypatch):
    made = Outside()
    convoy = Convoy(lambda payloads: made.begin(payloads), lambda came: made.write(came))
    clockwork.outward(KIND, attempts=3, convoy=convoy)(made.one)
    wait_for_each(monkeypatch, 0.3)
    # However long a thread takes to be woken here.
    monkeypatch.setattr(travelling, "BESIDE", 0.3)
    monkeypatch.setattr(travelling, "_late", travelling._Late())
    yield made
    made.answers.set()
    until(lambda: not travelling._late._lanes)


@pytest.fixture
def rows(outside, due):
    return [due(KIND, key=f"row:{n}", payload={"n": n, "lane": f"lane-{n}"}) for n in range(4)]


def taken():
    return [(claim.pk, claim.token) for claim in clockwork.claim()]


def go(claimed=None):
    bundles.run(KIND, taken() if claimed is None else claimed)


def states():
    return list(Due.objects.order_by("pk").values_list("state", flat=True))


DONE, ENQUEUED, SCHEDULED = Due.State.DONE, Due.State.ENQUEUED, Due.State.SCHEDULED


def test_all_are_called_and_written_together(outside, rows):
    go()
    assert (outside.begun, outside.written) == ([[0, 1, 2, 3]], [[0, 1, 2, 3]])
    assert states() == [DONE] * 4
    assert set(Due.objects.values_list("attempts", flat=True)) == {1}


def test_the_statements_for_many_are_few(outside, rows):
    claimed = taken()
    with CaptureQueriesContext(connection) as asked:
        go(claimed)
    # Begin; the transaction with its lock and its finish.
    assert len([each for each in asked if "audit_due" in each["sql"]]) == 3


def test_the_calls_are_made_at_the_same_time_and_outside_any_transaction(
    outside, rows, monkeypatch
):
    wait_for_each(monkeypatch, 10.0)
    everybody = threading.Barrier(4)
    outside.call = lambda n: everybody.wait(10) >= 0 and (n, connection.in_atomic_block)
    go()
    assert sorted(outside.written[0]) == [(n, False) for n in range(4)]


def test_one_that_fails_is_tried_again_and_costs_the_others_nothing(outside, rows):
    outside.bad = {1}
    go()
    assert states() == [DONE, SCHEDULED, DONE, DONE]
    rows[1].refresh_from_db()
    assert (rows[1].attempts, rows[1].last_error) == (1, "ConnectionError")


def test_who_is_slow_holds_up_nobody_and_is_written_when_it_answers(outside, rows):
    outside.slow = {2}
    go()
    assert states() == [DONE, DONE, ENQUEUED, DONE]
    outside.answers.set()
    until(lambda: states() == [DONE] * 4)
    assert sum(outside.written, []) == [0, 1, 3, 2]


def test_who_answers_is_written_before_those_who_answer_within_a_second(outside, rows, monkeypatch):
    wait_for_each(monkeypatch, 20.0)
    outside.slow, write = {2}, outside.write

    def then_answers(came):
        did = write(came)
        if len(sum(outside.written, [])) == 3:
            outside.answers.set()
        return did

    outside.write = then_answers
    go()
    assert outside.written[-1] == [2]
    assert states() == [DONE] * 4


def test_who_is_slow_and_fails_is_tried_again(outside, rows):
    outside.slow = outside.bad = {2}
    go()
    outside.answers.set()
    until(lambda: states() == [DONE, DONE, SCHEDULED, DONE])


def test_the_claim_of_who_is_slow_is_held_while_it_is_waited_for(outside, rows, monkeypatch):
    monkeypatch.setattr(claims, "RENEWED_EACH", timedelta(seconds=0.05))
    monkeypatch.setattr(claims, "WORK_LEASE", timedelta(seconds=0.4))
    outside.slow = {2}
    go()
    before = Due.objects.get(pk=rows[2].pk).lease_until
    until(lambda: Due.objects.get(pk=rows[2].pk).lease_until > before + timedelta(seconds=0.5))
    assert clockwork.claim() == []


def test_no_connection_is_kept_by_a_thread_that_rests(outside, rows):
    with connection.cursor() as cursor:
        ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"

        def sessions():
            cursor.execute(ours)
            return cursor.fetchone()[0]

        before = sessions()
        outside.slow = {0, 1, 2, 3}
        go()
        outside.answers.set()
        until(lambda: states() == [DONE] * 4)
        until(lambda: sessions() == before)


def test_a_worker_that_ends_waits_for_who_is_slow(outside, rows):
    outside.slow = {2}
    go()
    threading.Timer(0.2, outside.answers.set).start()
    travelling.finish()
    travelling._threads.cache_clear()
    assert states() == [DONE] * 4


def late(lane, number, way="smoke"):
    travelling._late.change(lane, way, number)


def test_of_a_lane_that_is_waited_for_nothing_more_is_begun_here(outside, rows):
    late("lane-1", travelling.MOST_OF_A_LANE)
    go()
    late("lane-1", -travelling.MOST_OF_A_LANE)
    assert outside.begun == [[0, 2, 3]]
    assert states() == [DONE, ENQUEUED, DONE, DONE]
    # Its claim ended at once, and the try that was not made counts for nothing.
    (back,) = clockwork.claim()
    assert (back.pk, back.hand_overs) == (rows[1].pk, 2)
    assert Due.objects.get(pk=back.pk).attempts == 0


def test_where_many_are_waited_for_nothing_is_begun_here(outside, rows):
    for number in range(travelling.MOST_LATE):
        late(f"other-{number}", +1, way=f"way-{number}")
    go()
    for number in range(travelling.MOST_LATE):
        late(f"other-{number}", -1, way=f"way-{number}")
    assert (outside.begun, len(clockwork.claim())) == ([], 4)


def test_a_way_that_hangs_leaves_the_others_their_places(outside, due):
    mine = [due(KIND, key=f"row:{way}", payload={"n": way, "way": way}) for way in ("chat", "mail")]
    late("somebody", travelling.MOST_OF_A_WAY, way="chat")
    go()
    late("somebody", -travelling.MOST_OF_A_WAY, way="chat")
    assert outside.begun == [["mail"]]
    assert [Due.objects.get(pk=row.pk).state for row in mine] == [ENQUEUED, DONE]


def test_few_wait_no_longer_than_those_behind_them_may(outside, rows, monkeypatch):
    monkeypatch.setattr(travelling, "PROMPT", 30.0)
    outside.slow = {2}
    go()
    assert states() == [DONE, DONE, ENQUEUED, DONE]


class Counted(Trip):
    """One whose writing is counted while it goes on."""

    writing, most, lock = Counter(), Counter(), threading.Lock()

    def came_of(self, call):
        call()
        self.note(+1)
        return lambda: self.note(-1)

    def note(self, by):
        with self.lock:
            self.writing["now"] += by
            self.most["now"] = max(self.most["now"], self.writing["now"])


def test_of_those_who_are_given_up_at_one_time_few_are_written_at_once(outside, due):
    outside.begin = lambda payloads: [Counted(outside, each) for each in payloads]
    rows = [due(KIND, key=f"row:{n}", payload={"n": n, "lane": f"lane-{n}"}) for n in range(12)]
    outside.slow = set(range(12))
    go()
    outside.answers.set()
    until(lambda: states() == [DONE] * len(rows))
    assert 0 < Counted.most["now"] <= travelling.MOST_WRITING_LATE


def test_what_is_left_is_done_by_itself_and_counted_once(outside, rows):
    outside.left = {0, 3}
    go()
    assert outside.alone == [0, 3]
    assert (states(), outside.called[0]) == ([DONE] * 4, 0)
    assert set(Due.objects.values_list("attempts", flat=True)) == {1}


def test_what_cannot_be_begun_together_is_done_one_by_one(outside, rows):
    outside.begin = lambda _payloads: 1 / 0
    go()
    assert (outside.alone, states()) == ([0, 1, 2, 3], [DONE] * 4)


def test_what_cannot_be_written_together_is_written_one_by_one(outside, rows):
    outside.meanwhile = lambda: 1 / 0
    go()
    assert outside.written == [[0], [1], [2], [3]]
    assert (states(), outside.called.total()) == ([DONE] * 4, 4)


def test_what_is_not_written_with_others_is_written_by_itself(outside, rows):
    outside.unwritten = {1}
    go()
    assert (outside.written, states()) == ([[0, 2, 3], [1]], [DONE] * 4)


def test_what_failed_before_goes_with_others_and_holds_up_none_of_them(outside, rows):
    Due.objects.filter(pk=rows[2].pk).update(attempts=1)
    outside.slow = {2}
    go()
    assert (outside.begun, outside.alone) == ([[0, 1, 2, 3]], [])
    assert states() == [DONE, DONE, ENQUEUED, DONE]
    assert Due.objects.get(pk=rows[2].pk).attempts == 2


def test_what_was_tried_as_often_as_may_be_is_given_up_and_goes_with_nobody(outside, rows):
    Due.objects.filter(pk=rows[2].pk).update(attempts=3)
    go()
    assert (outside.begun, outside.alone) == ([[0, 1, 3]], [])
    assert states() == [DONE, DONE, Due.State.DEAD, DONE]


def test_who_lost_a_claim_before_it_began_calls_nobody(outside, rows):
    stale = taken()
    Due.objects.filter(pk=rows[0].pk).update(lease_until=Now() - timedelta(seconds=1))
    (fresh,) = clockwork.claim()
    go(stale)
    assert outside.begun == [[1, 2, 3]]
    assert Due.objects.get(pk=rows[0].pk).token == fresh.token


def test_what_was_lost_or_called_off_during_the_call_is_not_written(outside, rows):
    claimed, happened = taken(), threading.Event()

    def answer(n):
        if n == 0:
            with transaction.atomic():
                clockwork.cancel(prefix="row:1")
            stale = Due.objects.filter(pk=rows[2].pk)
            stale.update(lease_until=Now() - timedelta(seconds=1))
            clockwork.claim()
            connection.close()
            happened.set()
        assert happened.wait(10)
        return n

    outside.call = answer
    go(claimed)
    assert sorted(n for some in outside.written for n in some) == [0, 3]
    assert states() == [DONE, Due.State.CANCELLED, ENQUEUED, DONE]


def test_a_crash_after_the_calls_repeats_them_and_writes_once(outside, rows):
    def die():
        raise Killed

    outside.meanwhile = die
    with pytest.raises(Killed):
        go()
    assert outside.written == []
    Due.objects.update(lease_until=Now() - timedelta(seconds=1))
    outside.meanwhile = lambda: None
    for claimed in taken():
        clockwork.run(*claimed)
    assert (outside.alone, states()) == ([0, 1, 2, 3], [DONE] * 4)
