"""To go on in stages: one in a hundred, one in ten, all, each step by a person and clean."""

import pytest

from accounts.functions import Function
from programs import collectors, pauses, resuming, stages
from programs.models import Collector, Program, State, StopProof
from programs.reach import SEATS
from tests import make


def steps(seats):
    """How many collect after each step."""
    opening, found = 0, []
    while opening < SEATS:
        opening = stages.next_opening(seats, open_seats=opening)
        found.append(stages.how_many(seats, open_seats=opening))
    return found


@pytest.mark.parametrize(
    ("collectors", "expected"),
    [
        (0, [0]),
        (1, [1]),
        (2, [1, 2]),
        (10, [1, 10]),
        (11, [1, 2, 11]),
        (100, [1, 10, 100]),
        (101, [2, 11, 101]),
        (5000, [50, 500, 5000]),
    ],
)
def test_each_step_lets_a_share_begin(collectors, expected):
    assert steps(range(collectors)) == expected


def test_those_who_share_a_seat_begin_together():
    assert steps([7] * 20 + [9]) == [20, 21]
    assert steps([7, 7]) == [2]


def test_the_last_seat_begins_with_all():
    assert steps([SEATS - 1]) == [1]
    assert steps([3, SEATS - 1]) == [1, 2]


def pause(program, holder="INC-1", **fields):
    return pauses.pause(program, holder=holder, label="L", reason="r", actor=make.SYSTEM, **fields)


def resuming_program(*, machines=12, **fields):
    """A program of which one collector may go on, and the collectors by their seats."""
    program = make.program(**fields)
    for _ in range(machines):
        make.collector(program)
    for seat, each in enumerate(program.collectors.order_by("pk")):
        Collector.objects.filter(pk=each.pk).update(seat=seat * 100)
    pause(program)
    make.resumed(program)
    return program, list(program.collectors.order_by("seat"))


def further(program):
    by = make.actor(make.user(Function.LEGAL))
    resuming.go_further(program, read=program.open_seats, actor=by)
    program.refresh_from_db()


@pytest.mark.django_db
def test_a_program_goes_on_from_one_collector_to_all_in_one_new_generation():
    program, machines = resuming_program()
    begun = program.generation
    assert program.state == State.RESUMING
    assert [make.lease(one) for one in machines[:3]] == [True, False, False]
    further(program)
    assert [make.lease(one) for one in machines[:3]] == [True, True, False]
    further(program)
    assert (program.state, program.generation) == (State.COLLECTING, begun)
    assert make.lease(machines[-1])


@pytest.mark.django_db
def test_at_most_ten_go_on_in_two_steps():
    program, machines = resuming_program(machines=3)
    assert resuming.stage(program) == resuming.Stage(collecting=1, then=3, all=3)
    further(program)
    assert program.state == State.COLLECTING
    with pytest.raises(pauses.Refused, match="there is no next stage"):
        further(program)


@pytest.mark.django_db
def test_one_collector_and_a_drill_go_on_at_once():
    assert resuming_program(machines=1)[0].state == State.COLLECTING
    assert resuming_program(is_drill=True)[0].state == State.COLLECTING


@pytest.mark.django_db
def test_a_pause_stops_every_stage():
    program, machines = resuming_program()
    pause(program, "INC-2")
    program.refresh_from_db()
    assert program.state == State.PAUSED
    assert not make.lease(machines[0])
    with pytest.raises(pauses.Refused, match="there is no next stage"):
        further(program)


@pytest.mark.django_db
def test_a_machine_takes_no_step():
    program, _ = resuming_program()
    with pytest.raises(pauses.Refused, match="Only a person"):
        resuming.go_further(program, read=program.open_seats, actor=make.SYSTEM)


@pytest.mark.django_db
def test_a_part_that_was_paused_since_keeps_it_from_the_next_stage():
    program, _ = resuming_program()
    pause(program, "INC-9", dataset=make.dataset(program), is_drill=True)
    with pytest.raises(pauses.Refused, match="paused in part since"):
        further(program)
    StopProof.objects.update(state=StopProof.State.EXPIRED)
    pauses.let_go(program, holder="INC-9", actor=make.SYSTEM)
    program.stop_orders.update(proof="paused_proven")
    further(program)
    assert stages.how_many([0, 100], open_seats=program.open_seats) == 2


@pytest.mark.django_db
def test_a_violation_keeps_it_from_the_next_stage():
    program, machines = resuming_program()
    StopProof.objects.create(
        order=program.stop_orders.get(),
        collector=machines[0],
        state=StopProof.State.VIOLATION,
        lease_ends_at=program.created_at,
    )
    program.stop_orders.update(proof="paused_unproven")
    with pytest.raises(pauses.Refused, match="went on after a stop"):
        further(program)
    assert Program.objects.get().state == State.RESUMING
    collectors.retire(machines[0], actor=make.SYSTEM)
    further(program)


@pytest.mark.django_db
def test_what_people_stopped_goes_on_in_stages_though_a_control_lets_go_last():
    program, _ = resuming_program()
    pause(program), pause(program, "control:C03")
    make.resumed(program)
    pauses.let_go(program, holder="control:C03", actor=make.SYSTEM)
    program.refresh_from_db()
    assert program.state == State.RESUMING


@pytest.mark.django_db
def test_what_controls_alone_stopped_goes_on_at_once():
    program = make.program()
    make.collector(program), make.collector(program)
    pause(program, "control:C03")
    pauses.let_go(program, holder="control:C03", actor=make.SYSTEM)
    assert Program.objects.get().state == State.COLLECTING


@pytest.mark.django_db
def test_two_who_press_the_same_button_take_one_step():
    program, _ = resuming_program()
    seen, by = program.open_seats, make.actor(make.user(Function.LEGAL))
    resuming.go_further(program, read=seen, actor=by)
    with pytest.raises(pauses.Refused, match="went further meanwhile"):
        resuming.go_further(program, read=seen, actor=by)
    program.refresh_from_db()
    assert program.state == State.RESUMING


@pytest.mark.django_db
def test_what_a_part_of_andon_stops_on_the_way_goes_on_no_further_than_it_was():
    program, machines = resuming_program()
    before = program.open_seats
    pause(program, "control:G9")
    pauses.let_go(program, holder="control:G9", actor=make.SYSTEM)
    program.refresh_from_db()
    assert (program.state, program.open_seats) == (State.RESUMING, before)
    assert [make.lease(one) for one in machines[:2]] == [True, False]


@pytest.mark.django_db
def test_what_people_stop_on_the_way_begins_with_the_first_stage():
    program, machines = resuming_program(machines=12)
    further(program)
    pause(program, "INC-2")
    pause(program, "control:G9")
    pauses.let_go(program, holder="control:G9", actor=make.SYSTEM)
    make.resumed(program)
    assert program.state == State.RESUMING
    assert [make.lease(one) for one in machines[:2]] == [True, False]
