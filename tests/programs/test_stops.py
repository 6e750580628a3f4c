"""Proof that a program stands still: each collector by its word, or by the end of its lease."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from audit.models import Due, Entry, OutboxEvent
from programs import pauses, stops
from programs.models import Lease, StopOrder, StopProof
from programs.stops import Acknowledgement, Answer
from tests import make

pytestmark = pytest.mark.django_db
Proof, Known = StopOrder.Proof, StopProof.State
SECOND = timedelta(seconds=1)


def stop(program, *, ran=2, dataset=None):
    """Pause a program of which so many collectors run; return the order."""
    for _ in range(ran):
        make.lease(make.collector(program))
    return pause(program, dataset=dataset)


def pause(program, **fields):
    return pauses.pause(
        program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM, **fields
    ).order


def word(proof, **fields):
    """What the collector of this proof says when it has stopped."""
    said = {
        "collector_id": proof.collector_id,
        "program_id": proof.order.program_id,
        "generation": proof.order.generation,
        "stopped_at": timezone.now(),
        "buffer": "empty",
        "counter": 1,
    }
    return Acknowledgement(**(said | fields))


def acknowledge(proof, **fields):
    (answer,) = stops.acknowledge([word(proof, **fields)])
    return answer


def pass_the_bound(engine):
    """Let the order become known, and then the time pass in which a lease may be alive."""
    engine.work()
    engine.forward(seconds=14)


def known(order):
    """How far the proof is, and what is known of each collector."""
    order.refresh_from_db()
    return order.proof, sorted(order.proofs.values_list("state", flat=True))


def test_an_order_knows_nothing_of_who_ran_until_they_speak():
    order = stop(make.program())
    assert known(order) == (Proof.PAUSING, [Known.UNKNOWN, Known.UNKNOWN])
    assert order.proven_at is None


def test_an_order_names_the_time_by_which_every_lease_has_run_out():
    program = make.program(lease_seconds=30)
    order = stop(program)
    assert order.deadline_at - order.ordered_at == 33 * SECOND


def test_a_stop_is_proven_when_the_last_has_acknowledged():
    order = stop(make.program())
    one, two = order.proofs.all()
    acknowledge(one)
    assert known(order) == (Proof.PAUSING, [Known.ACKNOWLEDGED, Known.UNKNOWN])
    acknowledge(two)
    assert known(order) == (Proof.PROVEN, [Known.ACKNOWLEDGED, Known.ACKNOWLEDGED])
    assert order.proven_at
    assert order.history.latest().proof == Proof.PROVEN


def test_a_stop_of_a_program_of_which_nothing_ran_is_proven_at_once():
    make.collector(program := make.program())
    assert known(pause(program)) == (Proof.PROVEN, [])


def test_an_acknowledgement_keeps_the_collectors_own_words():
    order = stop(make.program(), ran=1)
    at = timezone.now() - SECOND
    acknowledge(order.proofs.get(), stopped_at=at, buffer="sealed", counter=41)
    proof = order.proofs.get()
    assert (proof.stopped_at, proof.buffer, proof.counter) == (at, "sealed", 41)
    assert proof.settled_at > at


def test_saying_it_twice_is_harmless_and_changes_nothing():
    order = stop(make.program(), ran=1)
    proof = order.proofs.get()
    assert acknowledge(proof, buffer="empty") == Answer.STORED
    first = order.proofs.get()
    assert acknowledge(proof, buffer="purged", counter=9) == Answer.STORED
    again = order.proofs.get()
    assert (again.buffer, again.settled_at) == ("empty", first.settled_at)
    assert Entry.objects.filter(action="program.stop_proven").count() == 1


@pytest.mark.parametrize(
    "wrong", [{"generation": 1}, {"generation": 99}, {"program_id": 0}, {"collector_id": 0}]
)
def test_an_acknowledgement_of_what_was_not_ordered_is_answered_so(wrong):
    order = stop(make.program(), ran=1)
    assert acknowledge(order.proofs.get(), **wrong) == Answer.NO_SUCH_ORDER
    assert known(order) == (Proof.PAUSING, [Known.UNKNOWN])


def test_each_word_of_a_batch_is_answered_in_its_place():
    one, two = stop(make.program(), ran=1), stop(make.program(), ran=1)
    good, other = one.proofs.get(), two.proofs.get()
    crossed = word(good, program_id=two.program_id, generation=two.generation)
    answers = stops.acknowledge([word(good, generation=99), crossed, word(other), word(good)])
    assert answers == [
        Answer.NO_SUCH_ORDER,
        Answer.NO_SUCH_ORDER,
        Answer.STORED,
        Answer.STORED,
    ]
    assert (known(one)[0], known(two)[0]) == (Proof.PROVEN, Proof.PROVEN)


def test_no_words_are_an_empty_answer():
    assert stops.acknowledge([]) == []


def test_after_the_bound_what_never_answered_counts_as_run_out(engine):
    order = stop(make.program())
    acknowledge(order.proofs.first())
    pass_the_bound(engine)
    assert known(order) == (Proof.PROVEN, [Known.ACKNOWLEDGED, Known.EXPIRED])
    facts = OutboxEvent.objects.get(topic="program.stop_proven").payload
    assert (facts["acknowledged"], facts["expired"], facts["unknown"]) == (1, 1, 0)


def test_before_the_bound_nothing_counts_as_run_out(engine):
    order = stop(make.program(), ran=1)
    engine.work()
    assert engine.forward(seconds=12.5) == 0
    assert known(order) == (Proof.PAUSING, [Known.UNKNOWN])
    engine.forward(seconds=1)
    assert known(order) == (Proof.PROVEN, [Known.EXPIRED])


def test_the_bound_counts_from_when_the_order_is_known_to_have_committed(engine):
    """The order is committed later than it is written: nothing is scheduled before the news."""
    order = stop(make.program(), ran=1)
    assert not Due.objects.filter(kind="programs.close_stop").exists()
    engine.work()
    close = Due.objects.get(kind="programs.close_stop")
    assert close.due_at >= order.ordered_at + 13 * SECOND
    assert close.due_at > order.deadline_at


def test_a_late_acknowledgement_is_better_than_the_inference(engine):
    order = stop(make.program(), ran=1)
    pass_the_bound(engine)
    assert acknowledge(order.proofs.get()) == Answer.STORED
    assert known(order) == (Proof.PROVEN, [Known.ACKNOWLEDGED])
    assert Entry.objects.filter(action="program.stop_proven").count() == 1


def test_a_lease_that_ran_out_long_before_the_pause_needs_no_answer():
    program = make.program()
    make.lease(make.collector(program))
    # Seven seconds: three that a gate may be behind, a third of the lease, and a little.
    Lease.objects.update(expires_at=F("expires_at") - 17 * SECOND)
    assert known(pause(program)) == (Proof.PROVEN, [Known.EXPIRED])


def test_a_lease_that_a_cut_off_gate_may_have_extended_is_waited_for():
    program = make.program()
    make.lease(make.collector(program))
    Lease.objects.update(expires_at=F("expires_at") - 16 * SECOND)
    assert known(pause(program)) == (Proof.PAUSING, [Known.UNKNOWN])


def test_a_violation_is_never_proven(engine):
    order = stop(make.program())
    violating, other = order.proofs.all()
    StopProof.objects.filter(pk=violating.pk).update(state=Known.VIOLATION)
    acknowledge(other)
    assert known(order)[0] == Proof.PAUSING
    pass_the_bound(engine)
    assert known(order) == (Proof.UNPROVEN, [Known.ACKNOWLEDGED, Known.VIOLATION])
    assert order.proven_at is None
    assert Entry.objects.filter(action="program.stop_not_proven").exists()
    assert OutboxEvent.objects.filter(topic="program.stop_not_proven").exists()


def test_a_violation_is_not_talked_away_by_an_acknowledgement():
    order = stop(make.program(), ran=1)
    StopProof.objects.update(state=Known.VIOLATION)
    assert acknowledge(order.proofs.get()) == Answer.STORED
    assert known(order) == (Proof.PAUSING, [Known.VIOLATION])


def test_to_close_a_proven_stop_again_changes_nothing(engine):
    order = stop(make.program(), ran=1)
    pass_the_bound(engine)
    before = known(order), Entry.objects.count()
    stops.close(order.pk)
    assert (known(order), Entry.objects.count()) == before


def test_each_stop_of_a_program_is_proven_for_itself():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    one, two = make.collector(program, dataset=lake), make.collector(program, dataset=sea)
    make.lease(one), make.lease(two)
    first, second = pause(program, dataset=lake), pause(program, dataset=sea)
    acknowledge(second.proofs.get())
    assert (known(first)[0], known(second)[0]) == (Proof.PAUSING, Proof.PROVEN)


def test_who_was_not_heard_of_after_a_first_stop_is_waited_for_in_the_next():
    program = make.program()
    dataset = make.dataset(program)
    make.lease(make.collector(program, dataset=dataset))
    first = pause(program, dataset=dataset)
    other = pauses.pause(program, holder="INC-2", label="Teal", reason="r", actor=make.SYSTEM).order

    assert other.proofs.get().collector_id == first.proofs.get().collector_id
    assert known(other) == (Proof.PAUSING, [Known.UNKNOWN])
    lease = Lease.objects.get()
    assert lease.revoked_at == first.ordered_at


def test_who_acknowledged_a_first_stop_is_not_asked_again():
    program = make.program()
    dataset = make.dataset(program)
    make.lease(make.collector(program, dataset=dataset))
    acknowledge(pause(program, dataset=dataset).proofs.get())
    other = pauses.pause(program, holder="INC-2", label="Teal", reason="r", actor=make.SYSTEM).order
    assert known(other) == (Proof.PROVEN, [])


def test_where_many_run_they_are_counted_after_the_pause_is_told(monkeypatch, engine):
    monkeypatch.setattr(stops, "COUNTED_AT_ONCE", 1)
    order = stop(make.program())
    assert known(order) == (Proof.PAUSING, [])
    engine.work()
    assert order.counted_at is None
    engine.forward(seconds=1)
    assert known(order) == (Proof.PAUSING, [Known.UNKNOWN, Known.UNKNOWN])
    assert not Lease.objects.filter(revoked_at=None).exists()


def test_who_speaks_before_the_counting_is_counted_and_answered(monkeypatch):
    monkeypatch.setattr(stops, "COUNTED_AT_ONCE", 1)
    order = stop(make.program())
    one, two = Lease.objects.order_by("pk")
    proof = StopProof(order=order, collector_id=one.collector_id)
    assert acknowledge(proof) == Answer.STORED
    assert known(order) == (Proof.PAUSING, [Known.ACKNOWLEDGED, Known.UNKNOWN])
    assert acknowledge(StopProof(order=order, collector_id=two.collector_id)) == Answer.STORED
    assert known(order)[0] == Proof.PROVEN


def test_nothing_is_proven_before_it_was_counted(monkeypatch):
    monkeypatch.setattr(stops, "COUNTED_AT_ONCE", -1)
    order = pause(make.program())
    assert known(order) == (Proof.PAUSING, [])
    stops.count_off(order.pk)
    assert known(order) == (Proof.PROVEN, [])
    stops.count_off(order.pk)
    assert order.history.count() == 3


@pytest.mark.parametrize("last", [False, True])
def test_an_order_that_was_not_counted_is_settled_by_nothing(monkeypatch, last):
    monkeypatch.setattr(stops, "COUNTED_AT_ONCE", 1)
    order = stop(make.program())
    stops.settle(order, actor=make.SYSTEM, last=last)
    assert known(order) == (Proof.PAUSING, [])
