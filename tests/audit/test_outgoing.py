"""Work that talks to the outside is done beside the dispatcher, and nobody's can take all of it."""

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from audit import clockwork, outgoing, travelling
from audit.engine import Engine
from audit.kinds import Convoy
from audit.models import Due
from tests.together import until

pytestmark = pytest.mark.django_db(transaction=True)


class Outside:
    """The world outside: whoever is called there answers only when told to."""

    def __init__(self):
        self.called = []
        self.answers = threading.Event()
        # Who answers by itself, before the others do.
        self.early: dict[str, threading.Event] = {}
        self.at_once = Counter()
        self.most = Counter()

    def call(self, payload):
        lane = payload.get("lane")
        self.called.append(lane)
        self.at_once[lane] += 1
        self.most[lane] = max(self.most[lane], self.at_once[lane])
        if lane != "quick":
            self.early.get(lane, self.answers).wait(10)
        self.at_once[lane] -= 1
        return lambda: None


@pytest.fixture
def outside(registry):
    made = Outside()
    clockwork.outward("test.call")(made.call)
    yield made
    made.answers.set()


@pytest.fixture
def dispatcher(outside):
    one = Engine(workers=False)
    yield one
    outside.answers.set()
    one._outgoing.close()


def state(row):
    row.refresh_from_db()
    return row.state


def calls(due, *lanes):
    return [due("test.call", payload={"lane": lane}, priority=0) for lane in lanes]


def all_done(rows):
    return lambda: {state(row) for row in rows} == {Due.State.DONE}


def test_whoever_does_not_answer_holds_up_nothing_else(dispatcher, outside, due):
    (slow,) = calls(due, "slow")
    prompt, begun = due(), time.monotonic()
    dispatcher.tick()
    assert time.monotonic() - begun < 5
    assert (state(prompt), state(slow)) == (Due.State.DONE, Due.State.ENQUEUED)
    outside.answers.set()
    until(all_done([slow]))


def test_one_lane_cannot_take_every_place(dispatcher, outside, due):
    slow = calls(due, *["slow"] * 10)
    (quick,) = calls(due, "quick")
    dispatcher.tick()
    until(all_done([quick]))
    outside.answers.set()
    until(all_done(slow))
    assert outside.most["slow"] == outgoing.MOST_OF_A_LANE


def test_many_slow_ones_take_a_few_places_and_the_rest_waits(dispatcher, outside, due):
    rows = calls(due, *[f"slow-{number}" for number in range(outgoing.MOST + 3)])
    dispatcher.tick()
    until(lambda: len(outside.called) == outgoing.MOST)
    outside.answers.set()
    until(all_done(rows))


def test_a_way_that_hangs_leaves_places_to_the_others(dispatcher, outside, due):
    def by(way, lane):
        return due("test.call", payload={"lane": lane, "way": way}, priority=5)

    hanging = [by("chat", f"slow-{number}") for number in range(outgoing.MOST + 1)]
    mail = by("mail", "quick")
    dispatcher.tick()
    until(all_done([mail]))
    assert len(outside.called) == outgoing.MOST_OF_A_WAY + 1
    # What is gravest has the kept places by that way too.
    grave = due("test.call", payload={"lane": "quick", "way": "chat"}, priority=0)
    dispatcher.tick()
    # Sooner than those that hang would give up a place.
    until(all_done([grave]), seconds=6)
    outside.answers.set()
    until(all_done(hanging))


class Page:
    def __init__(self, outside, payload):
        self.outside, self.payload = outside, payload

    def call(self):
        self.outside.call(self.payload)

    def came_of(self, call):
        call()
        return lambda: None


@pytest.fixture
def pages(outside, due):
    """Pages that nobody answers, each to somebody else: one more than an engine has places."""
    convoy = Convoy(
        lambda payloads: [Page(outside, payload) for payload in payloads],
        lambda came: [True for _ in came],
    )
    clockwork.outward("test.page", convoy=convoy)(outside.call)
    yield [
        due("test.page", payload={"lane": f"slow-{number}"}) for number in range(outgoing.MOST + 1)
    ]
    outside.answers.set()
    until(lambda: not travelling._late._lanes)


def test_what_travels_holds_no_place_while_it_is_waited_for(dispatcher, outside, pages):
    dispatcher.tick()
    until(lambda: len(outside.called) == len(pages))
    outside.answers.set()
    until(all_done(pages))


def test_what_cannot_be_begun_here_comes_back_when_its_claim_ends(dispatcher, outside, pages):
    travelling._late.change("somebody", "test.page", travelling.MOST_OF_A_WAY)
    dispatcher.tick()
    until(lambda: not dispatcher._outgoing._busy and not dispatcher._outgoing._waiting)
    travelling._late.change("somebody", "test.page", -travelling.MOST_OF_A_WAY)
    assert (outside.called, clockwork.claim()) == ([], [])
    # The try that was not made counts for nothing.
    assert {state(page) for page in pages} == {Due.State.ENQUEUED}
    assert set(Due.objects.values_list("attempts", flat=True)) == {0}


def test_what_a_whole_kind_goes_by_counts_as_what_its_rows_say(dispatcher, outside, due):
    clockwork.outward("test.news", way="mail")(outside.call)
    news = [
        due("test.news", payload={"lane": f"slow-{number}"}) for number in range(outgoing.MOST + 1)
    ]
    chat = due("test.call", payload={"lane": "quick", "way": "chat"}, priority=6)
    dispatcher.tick()
    until(all_done([chat]))
    assert len(outside.called) == outgoing.MOST_OF_A_WAY + 1
    outside.answers.set()
    until(all_done(news))


def test_what_waited_too_long_for_a_place_is_still_done_once(dispatcher, outside, due):
    rows = calls(due, "slow", "slow", "slow")
    dispatcher.tick()
    until(lambda: len(outside.called) == 2)
    Due.objects.filter(attempts=0).update(lease_until=Now() - timedelta(seconds=1))
    assert dispatcher.tick() == 1
    outside.answers.set()
    until(all_done(rows))
    assert len(outside.called) == 3


def test_a_fault_of_ours_holds_up_nothing_that_waits(dispatcher, outside, due, monkeypatch):
    run, rows = clockwork.run, calls(due, "slow", "slow", "slow")

    def failing(pk, token):
        run(pk, token)
        if pk == rows[0].pk:
            raise LookupError("not of the database")

    monkeypatch.setattr(outgoing.clockwork, "run", failing)
    # One place in the lane, so that the last one waits for the very thread that fails.
    monkeypatch.setattr(outgoing, "MOST_OF_A_LANE", 1)
    before = sessions()
    dispatcher.tick()
    until(lambda: len(outside.called) == 1)
    outside.answers.set()
    until(all_done(rows))
    until(lambda: sessions() == before)


def test_no_connection_is_kept_by_a_thread_that_rests(dispatcher, outside, due):
    before = sessions()
    outside.answers.set()
    rows = calls(due, "a", "b", "c")
    dispatcher.tick()
    until(all_done(rows))
    until(lambda: sessions() == before)


def sessions():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def test_an_engine_that_ends_waits_for_what_it_began_and_begins_no_more(dispatcher, outside, due):
    begun, _, left = calls(due, "slow", "slow", "slow")
    dispatcher.tick()
    until(lambda: len(outside.called) == 2)
    threading.Timer(0.2, outside.answers.set).start()
    dispatcher._outgoing.close()
    assert (state(begun), state(left)) == (Due.State.DONE, Due.State.ENQUEUED)


def test_two_places_are_kept_for_what_is_most_urgent(dispatcher, outside, due):
    for number in range(outgoing.MOST):
        due("test.call", payload={"lane": f"slow-{number}"}, priority=5)
    dispatcher.tick()
    until(lambda: len(outside.called) == outgoing.MOST - outgoing.KEPT)
    (urgent,) = calls(due, "quick")
    dispatcher.tick()
    # Sooner than those that are slow would give up a place.
    until(lambda: state(urgent) == Due.State.DONE, seconds=10)
    assert len(outside.called) == outgoing.MOST - outgoing.KEPT + 1


def test_the_most_urgent_of_those_that_wait_goes_first(dispatcher, outside, due):
    # One place becomes free: two would be taken at once, and either thread may run first.
    one = outside.early["slow-0"] = threading.Event()
    for number in range(outgoing.MOST - outgoing.KEPT):
        due("test.call", payload={"lane": f"slow-{number}"}, priority=5)
    dispatcher.tick()
    until(lambda: len(outside.called) == outgoing.MOST - outgoing.KEPT)
    due("test.call", payload={"lane": "later"}, priority=5)
    due("test.call", payload={"lane": "sooner"}, priority=3)
    dispatcher.tick()
    one.set()
    until(lambda: len(outside.called) > outgoing.MOST - outgoing.KEPT)
    assert outside.called[-1] == "sooner"
    outside.answers.set()
    until(lambda: outside.called[-1] == "later")
