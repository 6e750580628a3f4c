"""To stop a program: at once, by as many holders as want it, all of it or a part."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from audit.models import Entry, OutboxEvent
from programs import lifecycle, pauses, stops
from programs.models import Lease, Pause, Program, State, StopOrder, StopProof
from tests import make

pytestmark = pytest.mark.django_db
COUNTED = (Pause, StopOrder, Entry, OutboxEvent)


def pause(program, holder="INC-1", **fields):
    defaults = {"label": "Amber Otter", "reason": "By rule: SEV 2.", "actor": make.SYSTEM}
    made = pauses.pause(program, holder=holder, **(defaults | fields))
    program.refresh_from_db()
    return made


def rows():
    return [model.objects.count() for model in COUNTED]


def orders(program):
    return [*program.stop_orders.order_by("generation").values_list("generation", flat=True)]


def test_a_pause_ends_the_generation_and_all_its_leases():
    program = make.program()
    collector = make.collector(program)
    make.lease(collector)
    before = program.generation

    hold = pause(program)

    assert (program.state, program.generation) == (State.PAUSED, before + 1)
    assert Lease.objects.get(collector=collector).revoked_at
    assert not make.lease(collector)
    assert hold.order.generation == program.generation


def test_a_pause_leaves_history_entries_and_news():
    program, person = make.program(), make.user()
    pause(program, actor=make.actor(person), rule="pause-sev2 2026.11-1")
    change = program.history.latest()
    assert (change.state, change.history_user) == (State.PAUSED, person)
    acts = Entry.objects.filter(stream=f"program:{program.pk}").order_by("seq")
    assert [act.action for act in acts][-4:] == [
        "program.paused",
        "program.stop_ordered",
        "program.stop_proven",
        "program.paused_by",
    ]
    topics = set(OutboxEvent.objects.values_list("topic", flat=True))
    assert topics >= {"program.paused", "program.stop_ordered", "program.pause_held"}


def test_the_reason_is_a_remark_which_the_chain_does_not_hold():
    pause(make.program(), reason="Bob's laptop")
    entry = Entry.objects.get(action="program.paused_by")
    assert entry.remark.text == "Bob's laptop"
    assert "Bob" not in entry.body


def test_the_same_holder_again_gets_the_same_pause_and_nothing_is_written():
    program = make.program()
    first, before = pause(program), rows()
    assert pause(program) == first
    assert rows() == before


def test_another_holder_adds_a_pause_and_stops_nothing_twice():
    program = make.program()
    first = pause(program)
    generation = program.generation
    second = pause(program, holder="INC-2")
    assert second != first
    assert second.order == first.order
    assert (program.generation, orders(program)) == (generation, [generation])


def test_a_dataset_pause_stops_its_collectors_and_those_that_do_not_say():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    held, other = make.collector(program, dataset=lake), make.collector(program, dataset=sea)
    silent = make.collector(program)
    assert all(make.lease(one) for one in (held, other, silent))

    hold = pause(program, dataset=lake)

    assert program.state == State.COLLECTING
    assert {proof.collector for proof in hold.order.proofs.all()} == {held, silent}
    assert [make.lease(one) for one in (held, silent, other)] == [False, False, True]


def test_a_dataset_that_is_paused_twice_is_stopped_once():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    first = pause(program, dataset=lake)
    second = pause(program, dataset=sea)
    again = pause(program, holder="INC-2", dataset=lake)
    assert again.order == first.order != second.order
    assert len(orders(program)) == 2


def test_a_real_pause_during_a_drill_of_a_part_is_ordered_on_its_own():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    pause(program)
    drill = pause(program, holder="DRILL-1", dataset=lake, is_drill=True)
    assert drill.order.reach == (None, False)
    other = make.program()
    pause(other, holder="DRILL-2", is_drill=True)
    real = pause(other, holder="INC-2", dataset=make.dataset(other))
    assert real.order.dataset == real.dataset
    assert not stops.is_drill(real.order)
    assert pause(other, holder="INC-3", dataset=real.dataset).order == real.order
    assert pause(program, holder="INC-4", dataset=sea).order == drill.order


def test_an_order_for_one_part_is_not_taken_for_that_of_another():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    pause(program, holder="DRILL-1", is_drill=True)
    first = pause(program, dataset=lake)
    second = pause(program, holder="INC-2", dataset=sea)
    whole = pause(program, holder="INC-3")
    assert [hold.order.reach for hold in (first, second)] == [(lake.pk, False), (sea.pk, False)]
    assert whole.order.reach == (None, False)
    assert not stops.is_drill(whole.order)
    assert len(orders(program)) == 4


def test_the_whole_program_can_be_paused_after_a_part_of_it():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    pause(program, dataset=lake)
    runs = make.collector(program, dataset=sea)
    make.lease(runs)
    hold = pause(program)
    assert program.state == State.PAUSED
    assert hold.order.proofs.get().collector == runs


def test_a_collector_that_a_part_pause_did_not_concern_is_on_the_next_order():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    unaware = make.collector(program, dataset=sea)
    make.lease(unaware)
    pause(program, dataset=lake)

    hold = pause(program)

    proof = hold.order.proofs.get()
    assert (proof.collector, proof.state) == (unaware, StopProof.State.UNKNOWN)
    assert hold.order.proof == StopOrder.Proof.PAUSING
    assert Lease.objects.get().revoked_at


def test_a_collector_with_leases_of_two_generations_is_asked_once():
    program = make.program()
    sea = make.dataset(program)
    aware = make.collector(program, dataset=sea)
    make.lease(aware)
    Lease.objects.update(generation=0)
    make.lease(aware)

    hold = pause(program)

    last = Lease.objects.order_by("-generation").first()
    assert hold.order.proofs.get().lease_ends_at == last.expires_at
    assert not Lease.objects.filter(revoked_at=None).exists()


def test_a_collector_that_stopped_long_ago_is_not_asked():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    make.lease(make.collector(program, dataset=sea))
    pause(program, dataset=lake)
    Lease.objects.update(expires_at=F("expires_at") - timedelta(seconds=17))
    hold = pause(program)
    assert hold.order.proofs.get().state == StopProof.State.EXPIRED
    assert hold.order.proof == StopOrder.Proof.PROVEN


def test_a_part_pause_after_a_part_pause_finds_those_who_had_not_heard_of_the_first():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    unaware = make.collector(program, dataset=sea)
    make.lease(unaware)
    pause(program, dataset=lake)
    assert pause(program, dataset=sea).order.proofs.get().collector == unaware


def test_a_dataset_of_another_program_stops_the_whole_program():
    program, other = make.program(), make.program()
    hold = pause(program, dataset=make.dataset(other))
    assert (hold.dataset, program.state) == (None, State.PAUSED)


def test_a_pause_keeps_an_approved_program_from_starting_and_orders_nothing():
    program = make.draft()
    hold = pause(program)
    assert (hold.order, program.state, program.generation) == (None, State.DRAFT, 1)
    assert orders(program) == []


def test_anybody_pulls_the_cord_without_a_reason():
    program, person = make.program(), make.user()
    hold = pauses.pull_the_cord(program, reason="  ", actor=make.actor(person))
    assert hold.holder == f"person:{person.pk}"
    assert hold.label == "Pulled by hand"
    assert "no reason was given yet" in hold.reason
    assert person.username not in hold.label


def test_a_machine_does_not_pull_the_cord():
    program = make.program()
    with pytest.raises(pauses.Refused, match="Only a person"):
        pauses.pull_the_cord(program, reason="", actor=make.SYSTEM)


def test_two_people_who_pull_the_cord_hold_it_both():
    program = make.program()
    for _ in range(2):
        pauses.pull_the_cord(program, reason="", actor=make.actor(make.user()))
    assert program.pauses.in_force().count() == 2


def test_held_by_names_what_one_holder_keeps_everywhere():
    one, two = make.program(), make.program()
    pause(one), pause(two), pause(two, holder="INC-2")
    assert {hold.program for hold in pauses.held_by("INC-1")} == {one, two}


@pytest.mark.parametrize("paused_first", [False, True])
def test_an_ended_program_stops_like_a_paused_one_and_never_goes_on(paused_first):
    program = make.program()
    collector = make.collector(program)
    make.lease(collector)
    if paused_first:
        pause(program)
    ended = pauses.retire(program, reason="study over", actor=make.SYSTEM)
    assert ended.state == State.RETIRED
    assert not make.lease(collector)
    assert [proof.collector for proof in StopProof.objects.all()] == [collector]
    with pytest.raises(lifecycle.Refused, match="is retired|is held"):
        lifecycle.start(Program.objects.get(), actor=make.SYSTEM)


def test_a_program_that_never_ran_ends_without_an_order():
    assert orders(pauses.retire(make.draft(), reason="dropped", actor=make.SYSTEM)) == []


def test_a_pause_that_fails_half_way_leaves_the_program_running(monkeypatch):
    program, before = make.program(), rows()
    monkeypatch.setattr(stops, "order", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        pause(program)
    program.refresh_from_db()
    assert (program.state, rows()[:2]) == (State.COLLECTING, before[:2])
    assert rows() == before
