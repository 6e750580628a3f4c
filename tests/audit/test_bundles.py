"""Several rows in one message: together where that can be, and none at the cost of another."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import bundles, claims, clockwork
from audit.claims import Claim
from audit.kinds import Convoy
from audit.models import Due

pytestmark = pytest.mark.django_db
KIND = "test.step"


class Work:
    """Handles rows alone and together, and notes both. `bad` fails in either way."""

    def __init__(self):
        self.alone = []
        self.together = []
        self.bad = set()
        self.left = set()

    def one(self, payload):
        self.alone.append(payload["n"])
        if payload["n"] in self.bad:
            raise ZeroDivisionError

    def many(self, payloads):
        numbers = [payload["n"] for payload in payloads]
        self.together.append(numbers)
        if self.bad & set(numbers):
            raise ZeroDivisionError
        return [number not in self.left for number in numbers]


@pytest.fixture
def work(registry):
    made = Work()
    clockwork.within_transaction(KIND, attempts=3, together=made.many)(made.one)
    return made


@pytest.fixture
def rows(work, due):
    return [due(KIND, key=f"row:{n}", payload={"n": n}) for n in range(4)]


def taken():
    return [(claim.pk, claim.token) for claim in clockwork.claim()]


def states():
    return list(Due.objects.order_by("pk").values_list("state", flat=True))


def claim(kind=KIND, **fields):
    usual = {"hand_overs": 1, "lane": kind, "priority": 5, "due_at": timezone.now()}
    return Claim(1, uuid4(), kind, **(usual | fields))


def test_what_can_be_done_together_is(work, rows):
    bundles.run(KIND, taken())
    assert (work.together, work.alone) == ([[0, 1, 2, 3]], [])
    assert states() == [Due.State.DONE] * 4


def test_the_statements_for_many_are_those_for_one(work, rows):
    claimed = taken()
    with CaptureQueriesContext(connection) as asked:
        bundles.run(KIND, claimed)
    # Begin, lock and finish, and the savepoint that is a transaction here.
    assert len(asked) == 5


def test_one_that_fails_costs_the_others_nothing(work, rows):
    work.bad = {1}
    bundles.run(KIND, taken())
    assert work.alone == [0, 1, 2, 3]
    assert states() == [Due.State.DONE, Due.State.SCHEDULED, Due.State.DONE, Due.State.DONE]
    rows[1].refresh_from_db()
    assert (rows[1].attempts, rows[1].last_error) == (1, "ZeroDivisionError")


def test_what_was_done_together_with_one_that_failed_is_not_there_twice(work, rows, due):
    def many(payloads):
        for payload in payloads:
            due(key=f"effect:{payload['n']}:{len(work.together)}")
        return work.many(payloads)

    clockwork.within_transaction(KIND, together=many)(work.one)
    work.bad = {3}
    bundles.run(KIND, taken())
    assert not Due.objects.filter(key__startswith="effect:").exists()


def test_what_is_left_is_done_by_itself(work, rows):
    work.left = {0, 2}
    bundles.run(KIND, taken())
    assert work.alone == [0, 2]
    assert states() == [Due.State.DONE] * 4


def test_what_failed_before_is_tried_by_itself(work, rows):
    Due.objects.filter(pk=rows[2].pk).update(attempts=1)
    bundles.run(KIND, taken())
    assert (work.together, work.alone) == ([[0, 1, 3]], [2])


def test_who_lost_a_claim_does_no_more_than_the_rest(work, rows):
    stale = taken()
    Due.objects.filter(pk=rows[0].pk).update(lease_until=Now() - timedelta(seconds=1))
    (fresh,) = clockwork.claim()
    bundles.run(KIND, stale)
    assert work.together == [[1, 2, 3]]
    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].token) == (Due.State.ENQUEUED, fresh.token)


def test_what_is_called_off_meanwhile_is_not_done(work, rows):
    claimed = taken()
    clockwork.cancel(prefix="row:2")
    bundles.run(KIND, claimed)
    assert work.together == [[0, 1, 3]]
    assert states()[2] == Due.State.CANCELLED


def test_a_bundle_that_is_told_of_twice_is_done_once(work, rows):
    claimed = taken()
    bundles.run(KIND, claimed)
    bundles.run(KIND, claimed)
    assert work.together == [[0, 1, 2, 3], []]
    assert work.alone == []


def test_a_claim_that_is_lost_between_begin_and_lock_is_not_written_under(work, rows, monkeypatch):
    claimed = taken()
    begin_all = claims.begin_all

    def then_lose_one(some):
        begun = begin_all(some)
        Due.objects.filter(pk=rows[1].pk).update(token=uuid4())
        return begun

    monkeypatch.setattr(claims, "begin_all", then_lose_one)
    bundles.run(KIND, claimed)
    assert (work.together, work.alone) == ([[0, 2, 3]], [])
    assert states()[1] == Due.State.ENQUEUED


def test_what_cannot_be_done_together_is_done_in_turn_whatever_fails(registry, due):
    work = Work()
    work.bad = {1}
    clockwork.within_transaction("test.plain")(work.one)
    for n in range(3):
        due("test.plain", payload={"n": n})
    bundles.run("test.plain", taken())
    assert work.alone == [0, 1, 2]
    assert states() == [Due.State.DONE, Due.State.SCHEDULED, Due.State.DONE]


def test_a_bundle_is_of_one_kind_and_one_lane(registry):
    clockwork.within_transaction(KIND)(lambda _payload: None)
    clockwork.outward("test.send")(lambda _payload: lambda: None)
    some = [
        claim(lane="a"),
        claim("test.send", lane="ann"),
        claim(lane="a"),
        claim("test.send", lane="bob"),
        claim("test.send", lane="ann"),
    ]
    assert bundles.of(some) == [[some[0], some[2]], [some[1], some[4]], [some[3]]]


def test_a_bundle_holds_twenty(registry):
    some = [claim() for _ in range(43)]
    assert [len(each) for each in bundles.of(some)] == [20, 20, 3]


@pytest.fixture
def at_once(registry):
    clockwork.outward("test.send", convoy=Convoy(list, list))(lambda _payload: lambda: None)


def test_what_goes_at_once_goes_with_other_lanes_and_few_of_its_own(at_once):
    some = [claim("test.send", lane="ann") for _ in range(5)]
    some.append(claim("test.send", lane="bob"))
    first, second = bundles.of(some)
    assert first == [*some[:4], some[5]]
    assert second == [some[4]]


def test_what_is_urgent_goes_with_no_other(at_once):
    some = [claim("test.send", lane=str(n), priority=n) for n in range(4)]
    assert bundles.of(some) == [some[:2], some[2:]]


def test_what_came_back_does_not_go_with_others(at_once):
    some = [claim("test.send", lane="ann"), claim("test.send", lane="bob", hand_overs=2)]
    assert bundles.of(some) == [[some[0]], [some[1]]]


def test_what_came_back_is_by_itself(registry):
    some = [claim(), claim(hand_overs=2), claim()]
    assert bundles.of(some) == [[some[0], some[2]], [some[1]]]


@pytest.mark.parametrize(("priority", "number"), [(0, 2), (1, 2), (2, 1)])
def test_what_is_urgent_and_talks_outside_waits_for_nobody(registry, priority, number):
    clockwork.outward("test.send")(lambda _payload: lambda: None)
    some = [claim("test.send", priority=priority) for _ in range(2)]
    assert len(bundles.of(some)) == number


def test_what_takes_long_is_by_itself(registry):
    clockwork.outward("test.read", longest=timedelta(hours=1))(lambda _payload: lambda: None)
    assert len(bundles.of([claim("test.read") for _ in range(2)])) == 2
