"""A pause against all that may happen at the same moment."""

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.functions import Function
from audit import verification
from audit.models import Entry
from programs import collectors, leases, lifecycle, pauses, resuming, stops
from programs.models import Lease, Program, ResumeRequest, State, StopOrder
from tests import make
from tests.together import (
    PATIENCE_SECONDS,
    ROUNDS,
    at_once,
    before_it_commits,
    failures,
    in_turn,
    until,
    who_wait_for_a_lock,
)

pytestmark = pytest.mark.django_db(transaction=True)


def pause(program, holder="INC-1", **fields):
    return pauses.pause(program, holder=holder, label="L", reason="r", actor=make.SYSTEM, **fields)


def asks(program, machines):
    return [leases.Ask(one.pk, program.pk, program.generation, "t/1") for one in machines]


def running(*, machines=3, **fields):
    """A program and its collectors, not yet with leases."""
    program = make.program(**fields)
    return program, [make.collector(program) for _ in range(machines)]


def test_a_pause_sees_the_leases_that_are_granted_just_before_it():
    program, machines = running()
    wanted = asks(program, machines)
    granted, hold = before_it_commits(lambda: leases.grant(wanted), lambda: pause(program))
    assert granted == set(hold.order.proofs.values_list("collector", flat=True))
    assert not Lease.objects.filter(program=program, revoked_at=None).exists()


def test_no_lease_is_granted_while_a_pause_is_on_its_way():
    program, machines = running()
    wanted = asks(program, machines)
    _, granted = before_it_commits(lambda: pause(program), lambda: leases.grant(wanted))
    assert granted == set()
    assert not Lease.objects.filter(program=program).exists()


def test_two_incidents_at_once_pause_a_program_once():
    program, machines = running(machines=1)
    leases.grant(asks(program, machines))
    outcomes = in_turn(*[lambda n=n: pause(program, f"INC-{n}") for n in range(3)], behind=program)
    assert failures(outcomes) == []
    program.refresh_from_db()
    assert (program.state, program.generation) == (State.PAUSED, 2)
    assert program.pauses.in_force().count() == 3
    assert program.stop_orders.count() == 1


def test_one_holder_at_once_gets_one_pause():
    program, _ = running(machines=0)
    one, two = in_turn(*[lambda: pause(program)] * 2, behind=program)
    assert one == two


def test_a_pause_and_a_start_at_once_never_leave_a_held_program_running():
    officer = make.actor(make.user(Function.PRIVACY_OFFICER))
    for way in (1, -1):
        program = lifecycle.approve(make.cleared(make.draft()), actor=officer)
        calls = [
            lambda p=program: pause(p),
            lambda p=program: lifecycle.start(p, actor=make.SYSTEM),
        ]
        in_turn(*calls[::way], behind=program)
        program.refresh_from_db()
        assert program.state in (State.APPROVED, State.PAUSED)


def test_renewals_that_are_noted_do_not_block_a_pause():
    for _ in range(5):
        program, machines = running(machines=60)
        leases.grant(asks(program, machines))
        at = timezone.now()
        notes = [
            [
                leases.Renewal(one.pk, program.generation, at, at + timedelta(seconds=20 + number))
                for one in reversed(machines)
            ]
            for number in range(10)
        ]
        outcomes = at_once(
            lambda n=notes: [leases.note(batch) for batch in n], lambda p=program: pause(p)
        )
        assert failures(outcomes) == []
        assert Program.objects.get(pk=program.pk).state == State.PAUSED


def test_a_collector_that_is_retired_does_not_block_a_pause():
    for _ in range(ROUNDS):
        program, machines = running()
        leases.grant(asks(program, machines))
        outcomes = at_once(
            lambda p=program: pause(p),
            *[lambda m=m: collectors.retire(m, actor=make.SYSTEM) for m in machines],
        )
        assert failures(outcomes) == []


def words(order):
    return [
        stops.Acknowledgement(
            collector, order.program_id, order.generation, timezone.now(), "empty", 1
        )
        for collector in order.proofs.values_list("collector", flat=True)
    ]


def test_acknowledgements_through_two_gates_and_the_bound_prove_a_stop_once():
    for place_of_the_bound in range(3):
        program, machines = running(machines=4)
        leases.grant(asks(program, machines))
        order = pause(program).order
        calls = [
            lambda w=some: stops.acknowledge(w) for some in (words(order)[:2], words(order)[1:])
        ]
        calls.insert(place_of_the_bound, lambda o=order: stops.close(o.pk))
        assert failures(in_turn(*calls, behind=order)) == []
        assert StopOrder.objects.get(pk=order.pk).proof == StopOrder.Proof.PROVEN
        stream = Entry.objects.filter(stream=f"program:{program.pk}")
        assert stream.filter(action="program.stop_proven").count() == 1
    assert verification.verify().clean


def test_acknowledgements_of_many_programs_do_not_block_a_pause_of_them():
    """Both add to the records of these programs, and must do so in one order."""
    for turn in range(ROUNDS):
        programs = []
        for letter in "zyxw":
            # By name they stand the other way round than by their keys.
            program, machines = running(machines=1, slug=f"{letter}-{turn}")
            leases.grant(asks(program, machines))
            programs.append(program)
        # The orders are made the other way round than the programs.
        orders = [pause(program).order for program in reversed(programs)]
        said = [word for order in orders for word in words(order)]

        @transaction.atomic
        def pause_all(programs=programs):
            for program in programs:
                pause(program, "INC-2")

        assert failures(at_once(lambda s=said: stops.acknowledge(s), pause_all)) == []


def test_two_people_who_agree_at_once_let_it_go_on_once():
    program, request = about_to_go_on()
    people = [make.user(Function.LEGAL), make.user(Function.PRIVACY_OFFICER)]
    outcomes = in_turn(*[agreeing(request, person) for person in people], behind=program)
    assert failures(outcomes) == []
    program.refresh_from_db()
    assert (program.state, program.generation) == (State.COLLECTING, 3)


def about_to_go_on():
    """A paused program, and the wish that it goes on."""
    program, _ = running(machines=0)
    pause(program)
    return program, make.wish(program)


def agreeing(request, person):
    read = resuming.digest(request)
    return lambda: make.agreed(request, person, read=read)


def test_one_person_who_agrees_twice_at_once_counts_once():
    program, request = about_to_go_on()
    both = make.user(Function.LEGAL, Function.PRIVACY_OFFICER)
    in_turn(*[agreeing(request, both)] * 2, behind=program)
    request.refresh_from_db()
    assert (request.state, request.approvals.count()) == (ResumeRequest.State.OPEN, 1)


def test_a_pause_that_comes_with_the_second_approval_is_not_lifted_unseen():
    officer, counsel = make.user(Function.PRIVACY_OFFICER), make.user(Function.LEGAL)
    for way in (1, -1):
        program, request = about_to_go_on()
        agreeing(request, officer)()
        calls = [agreeing(request, counsel), lambda p=program: pause(p, "INC-2")]
        in_turn(*calls[::way], behind=program)
        program.refresh_from_db()
        assert program.state == State.PAUSED
        assert program.pauses.in_force().filter(holder="INC-2").exists()


def test_the_second_approval_waits_for_the_executive_that_is_just_demanded():
    program, request = about_to_go_on()
    agreeing(request, make.user(Function.PRIVACY_OFFICER))()
    _, outcome = before_it_commits(
        lambda: pauses.demand_an_executive("INC-1", actor=make.SYSTEM),
        agreeing(request, make.user(Function.LEGAL)),
    )
    assert "What you read has changed" in str(outcome)
    program.refresh_from_db()
    assert program.state == State.PAUSED


def test_two_gates_that_ask_for_the_same_collectors_do_not_block_each_other():
    """As when many reconnect to another gate while the first still has their questions."""
    for _ in range(ROUNDS):
        program, machines = running(machines=30)
        wanted = asks(program, machines)
        at = timezone.now() + timedelta(seconds=30)
        notes = [leases.Renewal(one.pk, program.generation, at, at) for one in reversed(machines)]
        outcomes = at_once(
            lambda w=wanted: leases.grant(w),
            lambda w=wanted: leases.grant(w[::-1]),
            lambda n=notes: leases.note(n),
        )
        assert failures(outcomes) == []


@pytest.mark.parametrize("writer", ["note", "grant", "pause"])
def test_whoever_writes_many_leases_takes_them_in_the_order_of_their_collectors(writer):
    program, machines = running(machines=20)
    wanted, at = asks(program, machines[::-1]), timezone.now() + timedelta(seconds=30)
    leases.grant(wanted)
    write = {
        "note": lambda: leases.note(
            leases.Renewal(ask.collector_id, ask.generation, at, at) for ask in wanted
        ),
        "grant": lambda: leases.grant(wanted),
        "pause": lambda: pause(program),
    }[writer]
    held = threading.Event()

    @transaction.atomic
    def hold_the_first():
        Lease.objects.select_for_update().get(collector=machines[0])
        held.set()
        until(who_wait_for_a_lock)
        others = Lease.objects.exclude(collector=machines[0])
        return len(others.select_for_update(skip_locked=True))

    free, _ = at_once(hold_the_first, lambda: (held.wait(PATIENCE_SECONDS), write()))
    assert free == 19
