"""Refused stamps are counted on the stop that ended their generation, and some violate it."""

from datetime import timedelta

import pytest

from accounts.functions import Function
from audit.models import Entry, OutboxEvent
from incidents.models import TimelineEntry
from programs import collectors, pauses, resuming, stops, violations
from programs.models import RefusedStamp, StopOrder, StopProof
from programs.violations import Old, Tally
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
BY = make.SYSTEM


class Stopped:
    """A collector whose program was paused, and what it may say and send."""

    def __init__(self, program=None):
        self.program = program or make.program()
        self.collector = make.collector(self.program)
        assert make.lease(self.collector)
        self.generation = stops.generation_of(self.collector)
        self.n = 0

    def pause(self, holder="INC-1"):
        pauses.pause(self.program, holder=holder, label="Otter", reason="r", actor=BY)
        self.order = self.program.stop_orders.latest("generation")
        return self

    def acknowledge(self, at=None, write=stops.acknowledge):
        at = at or self.order.ordered_at
        generation = self.order.generation
        word = stops.Acknowledgement(self.collector.pk, self.program.pk, generation, at, "empty", 1)
        assert write([word]) == [stops.Answer.STORED]

    def stamp(self, at, generation=None):
        self.n += 1
        generation = self.generation if generation is None else generation
        return Old(self.collector.pk, generation, at, f"{self.collector.pk}-{self.n}")

    def count(self, *stamps):
        tally = violations.count(self.program.pk, stamps, by=BY)
        self.order.refresh_from_db()
        return tally

    @property
    def proof(self):
        return self.order.proofs.get(collector=self.collector)


@pytest.fixture
def one():
    return Stopped().pause()


def told(topic):
    return [event.payload for event in OutboxEvent.objects.filter(topic=topic)]


def test_what_was_captured_before_the_stop_came_late_and_is_no_violation(one):
    one.acknowledge()
    at = one.order.ordered_at

    assert one.count(one.stamp(at - SECOND), one.stamp(at)) == Tally(violations=0, late=2)

    assert (one.proof.state, one.proof.refused, one.proof.violations) == ("acknowledged", 2, 0)
    assert one.order.proof == StopOrder.Proof.PROVEN
    assert one.order.stamps == (2, 0)


def test_what_was_captured_after_its_own_word_takes_the_proof_back(one):
    one.acknowledge()
    assert StopOrder.objects.get().proof == StopOrder.Proof.PROVEN
    at = one.order.ordered_at

    late, violating = one.stamp(at), one.stamp(at + timedelta(milliseconds=1))
    assert one.count(late, violating) == Tally(violations=1, late=1)

    assert (one.proof.state, one.order.proof) == ("violation", "paused_unproven")
    assert one.order.proven_at is None
    assert one.order.stamps == (2, 1)
    [event] = told("program.stop_violated")
    assert event == {
        "program": one.program.pk,
        "order": one.order.pk,
        "collector": one.collector.pk,
        "count": 1,
    }
    assert told("program.stop_not_proven")[0]["violation"] == 1
    act = Entry.objects.get(action="program.stop_violated")
    assert f'"collector":"{one.collector.name}"' in act.body


def test_without_a_word_the_deadline_of_the_order_decides(one):
    deadline = one.order.deadline_at
    assert one.count(one.stamp(deadline)) == Tally(late=1)
    assert one.count(one.stamp(deadline + SECOND)) == Tally(violations=1)
    assert (one.proof.state, one.order.proof) == ("violation", "pausing")
    stops.close(one.order.pk)
    one.order.refresh_from_db()
    assert one.order.proof == StopOrder.Proof.UNPROVEN


def test_a_word_that_claims_a_stop_after_the_deadline_excuses_nothing(one):
    one.acknowledge(one.order.deadline_at + 9 * SECOND)
    assert one.count(one.stamp(one.order.deadline_at + SECOND)).violations == 1


def test_a_late_word_does_not_talk_away_what_came_before_it(one):
    at = one.order.ordered_at
    assert one.count(one.stamp(at + SECOND), one.stamp(at)) == Tally(late=2)

    one.acknowledge(at, write=violations.acknowledge)

    assert (one.proof.state, one.proof.violations) == ("violation", 1)
    assert told("program.stop_violated")[0]["count"] == 1
    # Said again it is the same.
    one.acknowledge(at, write=violations.acknowledge)
    assert len(told("program.stop_violated")) == 1


def test_an_honest_late_word_is_taken(one):
    at = one.order.ordered_at
    one.count(one.stamp(at))
    one.acknowledge(at, write=violations.acknowledge)
    assert one.proof.state == StopProof.State.ACKNOWLEDGED


def test_the_same_stamp_is_counted_once_whoever_reports_it(one):
    stamp = one.stamp(one.order.ordered_at)
    assert one.count(stamp, stamp) == Tally(late=1)
    assert one.count(stamp) == Tally()
    assert one.proof.refused == RefusedStamp.objects.count() == 1


def test_a_stamp_of_the_generation_that_goes_on_is_left_out():
    one = Stopped()
    stamp = one.stamp(one.program.created_at)
    assert violations.count(one.program.pk, [stamp], by=BY) == Tally()
    assert violations.count(make.program().pk, [stamp], by=BY) == Tally()


def test_each_stamp_counts_on_the_stop_that_ended_its_own_generation(one):
    one.acknowledge()
    make.resumed(one.program)
    first = one.order
    assert make.lease(one.collector)
    old, one.generation = one.generation, stops.generation_of(one.collector)
    one.pause("INC-2")

    assert one.count(one.stamp(first.ordered_at, old)).late == 1
    assert one.count(one.stamp(one.order.deadline_at + SECOND)).violations == 1

    assert first.proofs.get().refused == 1
    assert (one.proof.refused, one.proof.violations) == (1, 1)


def test_a_collector_that_goes_on_violating_is_news_at_the_first_and_the_tenth(one):
    one.acknowledge()
    after = one.order.deadline_at
    for _ in range(12):
        one.count(one.stamp(after + SECOND))
    assert [event["count"] for event in told("program.stop_violated")] == [1, 10]
    assert len(told("program.stop_not_proven")) == 1
    assert one.proof.violations == 12


def test_no_more_is_kept_than_says_enough(one, monkeypatch):
    monkeypatch.setattr(violations, "MOST_KEPT", 3)
    at = one.order.ordered_at
    assert one.count(*(one.stamp(at) for _ in range(5))).late == 3
    assert one.count(one.stamp(at)) == Tally()


def test_a_backlog_from_before_the_stop_hides_no_violation(one, monkeypatch):
    monkeypatch.setattr(violations, "MOST_KEPT", 3)
    at = one.order.ordered_at
    one.acknowledge()
    assert one.count(*(one.stamp(at - SECOND) for _ in range(5))).late == 3
    assert one.count(one.stamp(at + SECOND)).violations == 1
    assert one.order.proof == StopOrder.Proof.UNPROVEN


def test_what_may_yet_turn_out_to_violate_is_kept_beside_a_backlog(one, monkeypatch):
    monkeypatch.setattr(violations, "MOST_KEPT", 3)
    at = one.order.ordered_at
    one.count(*(one.stamp(at - SECOND) for _ in range(5)))
    assert one.count(one.stamp(at + SECOND)).late == 1
    one.acknowledge(at, write=violations.acknowledge)
    assert one.proof.state == StopProof.State.VIOLATION


def test_a_stop_that_is_not_written_down_yet_is_written_down_first(monkeypatch):
    monkeypatch.setattr(stops, "COUNTED_AT_ONCE", 0)
    one = Stopped().pause()
    assert not one.order.proofs.exists()
    assert one.count(one.stamp(one.order.deadline_at + SECOND)).violations == 1


def test_after_a_violation_the_program_goes_on_without_who_violated(one):
    one.acknowledge()
    one.count(one.stamp(one.order.deadline_at + SECOND))
    with pytest.raises(pauses.Refused, match=f"violated: retire {one.collector.name} first"):
        make.resumed(one.program)
    collectors.retire(one.collector, actor=BY)
    assert make.resumed(one.program).state == "collecting"


def test_who_agreed_before_a_violation_was_known_has_not_agreed_to_it(one):
    one.acknowledge()
    wish = make.wish(one.program)
    make.agreed(wish, make.user(Function.PRIVACY_OFFICER))
    read = resuming.digest(wish)
    one.count(one.stamp(one.order.deadline_at + SECOND))
    with pytest.raises(pauses.Refused, match="What you read has changed"):
        make.agreed(wish, make.user(Function.LEGAL), read=read)
    with pytest.raises(pauses.Refused, match="was violated: retire"):
        make.agreed(wish, make.user(Function.LEGAL))
    collectors.retire(one.collector, actor=BY)
    make.agreed(wish, make.user(Function.LEGAL))
    one.program.refresh_from_db()
    assert one.program.state == "paused"
    make.agreed(wish, make.user(Function.SECURITY))
    one.program.refresh_from_db()
    assert one.program.state == "collecting"


def test_the_incident_that_paused_it_tells_of_the_violation(engine):
    one = Stopped()
    incident = make.incident(Sev.SEV2, program=one.program)
    one.order = one.program.stop_orders.get()
    one.acknowledge()
    one.count(one.stamp(one.order.deadline_at + SECOND))
    engine.work()
    last = incident.timeline.filter(kind=TimelineEntry.Kind.PROOF).latest("pk")
    assert "not proven, 1 of 1 collectors violate it" in last.text
