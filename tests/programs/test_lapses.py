"""A control that lapses pauses the program by the usual way, and lets it go when it is valid."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from audit.models import Due
from programs import attestation, clearance, collectors, lapses, pauses, stops, violations
from programs.evidence import Shown
from programs.models import Program, State, StopOrder
from tests import make

pytestmark = pytest.mark.django_db

NOTE = Shown(note="Tested.")


def control():
    return attestation.control_of("T01")


def fails(program):
    attestation.attest_by_machine(program, control(), NOTE, passed=False, actor=make.SYSTEM)


def passes(program, **how):
    attestation.attest_by_machine(program, control(), Shown(note="x", **how), actor=make.SYSTEM)


def state(program):
    return Program.objects.get(pk=program.pk).state


def holders(program):
    return sorted(program.pauses.in_force().values_list("holder", flat=True))


@pytest.fixture
def program():
    return make.program()


def test_the_engine_pauses_it_when_its_time_is_over(program, engine, time_machine):
    passes(program, as_of=timezone.now() - timedelta(days=999, hours=23))
    engine.work()
    assert state(program) == State.COLLECTING
    ended_at = Program.objects.get(pk=program.pk).controls_end_at
    program.attestations.filter(ended_at=None).update(good_until=timezone.now())
    engine.forward(hours=1)
    assert state(program) == State.PAUSED
    hold = program.pauses.get()
    assert (hold.holder, hold.label) == ("control:T01", "Control T01")
    assert hold.rule == "T01 2000.01-1"
    assert hold.reason.startswith("Tested: what was attested ended 20")
    assert ended_at


def test_a_check_that_fails_stops_it_with_an_order_and_a_proof(program, engine):
    collector = make.collector(program)
    make.lease(collector)
    fails(program)
    engine.work()
    order = program.stop_orders.get()
    assert [proof.collector for proof in order.proofs.all()] == [collector]
    assert holders(program) == ["control:T01"]


def test_from_the_moment_of_the_lapse_no_lease_is_granted(program):
    collector = make.collector(program)
    fails(program)
    # No engine has come yet.
    assert state(program) == State.COLLECTING
    assert not make.lease(collector)


def test_a_process_whose_clock_is_slow_lets_go_nothing_that_it_stops_again(program, time_machine):
    passes(program)
    Program.objects.filter(pk=program.pk).update(controls_due_at=None)
    program.attestations.filter(ended_at=None).update(
        good_until=timezone.now() - timedelta(days=10)
    )
    time_machine.move_to(timezone.now() - timedelta(days=30))
    for _each in range(3):
        lapses.look(program.pk)
    assert state(program) == State.PAUSED
    assert program.stop_orders.count() == 1


def test_an_engine_that_comes_too_early_or_twice_does_no_harm(program, engine):
    lapses.look(program.pk)
    assert state(program) == State.COLLECTING
    fails(program)
    engine.work()
    lapses.look(program.pk)
    assert program.pauses.count() == 1


def test_what_was_shown_again_before_the_engine_came_stops_nothing(program, engine):
    fails(program)
    passes(program)
    engine.work()
    assert state(program) == State.COLLECTING
    assert not program.pauses.exists()


def test_once_it_is_valid_again_it_goes_on_in_a_new_generation(program, engine):
    fails(program)
    engine.work()
    passes(program)
    program.refresh_from_db()
    assert (program.state, program.generation) == (State.COLLECTING, 3)
    assert holders(program) == []
    assert make.lease(make.collector(program))


def test_it_does_not_go_on_while_something_else_holds_it(program, engine):
    fails(program)
    engine.work()
    pauses.pause(program, holder="INC-7", label="Otter", reason="r", actor=make.SYSTEM)
    passes(program)
    assert state(program) == State.PAUSED
    assert holders(program) == ["INC-7"]


def test_it_does_not_go_on_before_its_stop_is_proven(program, engine):
    collector = make.collector(program)
    make.lease(collector)
    fails(program)
    engine.work()
    passes(program)
    assert state(program) == State.PAUSED
    stops.close(program.stop_orders.get().pk)
    engine.work()
    assert program.stop_orders.get().proof == StopOrder.Proof.PROVEN
    assert state(program) == State.COLLECTING


def test_a_program_that_goes_on_in_stages_is_paused_by_it_as_well(program, engine):
    for _ in range(3):
        make.collector(program)
    pauses.pause(program, holder="INC-7", label="Otter", reason="r", actor=make.SYSTEM)
    make.resumed(program)
    assert program.state == State.RESUMING
    fails(program)
    engine.work()
    assert (state(program), holders(program)) == (State.PAUSED, ["control:T01"])


def test_a_program_that_has_not_begun_is_not_paused_by_it(engine):
    program = make.cleared(make.draft())
    fails(program)
    engine.work()
    assert holders(program) == []


@pytest.mark.usefixtures("every_control")
def test_each_control_holds_it_by_itself(engine):
    program = make.program()
    for id_ in ("G11", "G13"):
        control = attestation.control_of(id_)
        attestation.attest_by_machine(program, control, NOTE, passed=False, actor=make.SYSTEM)
    engine.work()
    assert holders(program) == ["control:G11", "control:G13"]
    assert program.stop_orders.count() == 1
    attestation.attest_by_machine(program, attestation.control_of("G11"), NOTE, actor=make.SYSTEM)
    assert holders(program) == ["control:G13"]
    assert state(program) == State.PAUSED


@pytest.mark.usefixtures("every_control")
def test_days_of_grace_of_another_do_not_keep_it(engine):
    program, owner = make.program(), make.user(Function.SECURITY)
    scan = attestation.control_of("G11")
    attestation.attest_by_machine(program, scan, NOTE, passed=False, actor=make.SYSTEM)
    attestation.revoke(
        program, attestation.control_of("G12"), reason="New.", actor=make.actor(owner)
    )
    engine.work()
    assert holders(program) == ["control:G11"]
    attestation.attest_by_machine(program, scan, NOTE, actor=make.SYSTEM)
    assert state(program) == State.COLLECTING


@pytest.mark.usefixtures("every_control")
def test_the_end_of_one_lets_nothing_go_on_past_another_that_ended_just_now(engine):
    program = make.program()
    scan, logs = attestation.control_of("G11"), attestation.control_of("G13")
    attestation.attest_by_machine(program, scan, NOTE, passed=False, actor=make.SYSTEM)
    engine.work()
    attestation.attest_by_machine(program, logs, NOTE, passed=False, actor=make.SYSTEM)
    attestation.attest_by_machine(program, scan, NOTE, actor=make.SYSTEM)
    assert state(program) == State.PAUSED
    assert holders(program) == ["control:G13"]


@pytest.mark.usefixtures("every_control")
def test_a_person_who_agrees_lets_it_go_on_as_well(engine):
    program = make.program()
    drill = attestation.control_of("G10")
    owner = make.actor(program.owner)
    attestation.revoke(program, drill, reason="New team.", actor=owner)
    engine.work()
    assert holders(program) == ["control:G10"]
    row = attestation.attest(program, drill, NOTE, actor=owner)
    assert state(program) == State.PAUSED
    attestation.approve(row, actor=make.actor(make.user(Function.DATA_STEWARD)))
    assert state(program) == State.COLLECTING


def test_what_an_older_andon_reckoned_is_reckoned_anew_when_its_time_comes(program, engine):
    now = timezone.now()
    # It ran before there were controls, and has shown all of them before its two weeks are over.
    Program.objects.filter(pk=program.pk).update(controls_due_at=now, controls_end_at=now)
    lapses.look(program.pk)
    end = program.attestations.get().good_until
    assert Program.objects.get(pk=program.pk).controls_end_at == end
    assert make.lease(make.collector(program))


def test_what_goes_on_may_run_as_long_as_its_controls_say(program):
    pauses.pause(program, holder="INC-7", label="Otter", reason="r", actor=make.SYSTEM)
    # Nobody reckoned for what stood still when there were no controls yet.
    Program.objects.filter(pk=program.pk).update(controls_end_at=None)
    make.resumed(program)
    assert make.lease(make.collector(program))


def test_what_is_valid_waits_until_a_collector_that_violated_the_stop_is_retired(program, engine):
    collector = make.collector(program)
    make.lease(collector)
    fails(program)
    engine.work()
    order = program.stop_orders.get()
    stamp = violations.Old(collector.pk, 1, order.deadline_at + timedelta(seconds=1), "x")
    violations.count(program.pk, [stamp], by=make.SYSTEM)
    passes(program)
    engine.work()
    assert holders(program) == ["control:T01"]
    collectors.retire(collector, actor=make.SYSTEM)
    engine.forward(minutes=2)
    assert (state(program), holders(program)) == (State.COLLECTING, [])


def test_it_is_looked_at_again_once_a_minute_at_most(program, engine):
    make.lease(make.collector(program))
    fails(program)
    engine.work()
    for _ in range(5):
        passes(program)
    again = Due.objects.filter(kind=clearance.LOOK, key__contains=":again:")
    # Two if a minute began meanwhile.
    assert again.count() in (1, 2)
