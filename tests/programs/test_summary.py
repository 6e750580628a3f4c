"""How programs stand, in lists and counts, as much as the reader may know."""

import pytest

from accounts.functions import Function
from programs import lifecycle, pauses, stops, summary
from programs.models import Program
from tests import make

pytestmark = pytest.mark.django_db


def pause(program, **fields):
    return pauses.pause(
        program, holder="INC-1", label="Otter", reason="r", actor=make.SYSTEM, **fields
    )


def line(program, reader=None):
    reader = reader or make.user(Function.RESPONDER)
    return next(line for line in summary.lines(reader) if line.program == program)


def code(program):
    return line(program).standing.code


def test_each_standing_has_its_own_code():
    program = make.program()
    lake = make.dataset(program)
    assert code(program) == "collecting"
    pause(program, dataset=lake)
    assert code(program) == "partly"
    make.lease(make.collector(program, dataset=make.dataset(program)))
    order = pause(program).order
    assert code(program) == "pausing"
    stops.close(order.pk)
    assert code(program) == "paused_proven"
    pauses.retire(program, reason="over", actor=make.SYSTEM)
    assert code(program) == "retired"


def test_a_line_counts_who_runs_and_who_has_stopped():
    program = make.program()
    for _ in range(3):
        make.lease(make.collector(program))
    seen = line(program)
    assert (seen.alive, seen.stopped, seen.ordered) == (3, None, None)
    order = pause(program).order
    order.proofs.filter(pk=order.proofs.first().pk).update(state="acknowledged")
    seen = line(program)
    assert (seen.alive, seen.stopped, seen.ordered) == (0, 1, 3)


def test_the_counts_are_those_of_the_last_order():
    program = make.program()
    lake, sea = make.dataset(program), make.dataset(program)
    make.lease(make.collector(program, dataset=lake))
    make.lease(make.collector(program, dataset=sea))
    pause(program, dataset=lake)
    assert (line(program).ordered, len(line(program).holds)) == (1, 1)
    pause(program)
    # Who was not heard of after the first order is waited for in the second as well.
    assert (line(program).ordered, len(line(program).holds)) == (2, 2)


def test_whoever_may_not_see_the_machines_sees_no_counts_of_them():
    program = make.program()
    make.lease(make.collector(program))
    pause(program)
    seen = line(program, make.user())
    assert (seen.alive, seen.stopped, seen.ordered, seen.last_seen) == (None, None, None, None)
    assert [hold.label for hold in seen.holds] == ["Otter"]


def test_the_owner_sees_the_machines_of_their_own_program_only():
    program, other = make.program(), make.program()
    assert line(program, program.owner).alive == 0
    assert line(other, program.owner).alive is None


def test_what_stands_still_comes_first():
    runs, paused, draft = make.program(), make.program(), make.draft()
    pause(paused)
    assert [seen.program for seen in summary.lines(make.user(Function.LEGAL))] == [
        paused,
        runs,
        draft,
    ]


def test_the_list_takes_as_many_queries_for_many_programs_as_for_one(django_assert_num_queries):
    reader = make.user(Function.RESPONDER)
    assert reader.functions
    for number in (1, 5):
        for _ in range(number):
            program = make.program()
            make.lease(make.collector(program))
            pause(program)
        with django_assert_num_queries(4):
            summary.lines(reader)


def test_the_board_counts_what_runs_and_what_of_it_stands_still():
    whole, part = make.program(), make.program()
    make.program(), make.draft()
    pause(whole)
    pause(part, dataset=make.dataset(part))
    assert summary.standstill(make.user()) == {"running": 3, "paused": 2}


def test_drills_stay_out_of_the_count():
    pause(make.program(is_drill=True))
    assert summary.standstill(make.user()) == {"running": 0, "paused": 0}


def test_a_pause_that_was_lifted_is_no_hold():
    program = make.program()
    pause(program)
    make.resumed(program)
    assert (code(program), line(program).holds) == ("collecting", ())
    assert Program.objects.get().state == lifecycle.State.COLLECTING
