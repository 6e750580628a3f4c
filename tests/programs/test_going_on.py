"""Which pauses a request lifts, whose word counts, and for how long."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.functions import Function
from audit.models import Entry
from programs import pauses, resuming, stops
from programs.models import Collector, Program, ResumeRequest, State
from tests import make

pytestmark = pytest.mark.django_db
OFFICER, LEGAL, EXECUTIVE = Function.PRIVACY_OFFICER, Function.LEGAL, Function.EXECUTIVE
GRANTED = ResumeRequest.State.GRANTED


def pause(program, holder="INC-1", **fields):
    return pauses.pause(
        program, holder=holder, label="Otter", reason="r", actor=make.SYSTEM, **fields
    )


@pytest.fixture
def program():
    return make.program()


def agree(request, *functions):
    for function in functions:
        request = make.agreed(request, make.user(function))
    return request


def state(program):
    return Program.objects.get(pk=program.pk).state


def holders(program):
    return sorted(program.pauses.in_force().values_list("holder", flat=True))


def test_a_request_lifts_what_it_names_and_the_program_waits_for_the_last(program):
    first, _second = pause(program), pause(program, "INC-2")
    agree(make.wish(program, holds=[first.pk]), OFFICER, LEGAL)
    assert (state(program), holders(program)) == (State.PAUSED, ["INC-2"])
    agree(make.wish(program), OFFICER, LEGAL)
    assert (state(program), holders(program)) == (State.COLLECTING, [])


def test_what_is_not_in_force_or_of_another_program_is_not_lifted(program):
    other = pause(make.program())
    pause(program)
    for named in ([], [other.pk], [other.pk, program.pauses.get().pk]):
        with pytest.raises(pauses.Refused, match="holds: name pauses that are in force"):
            make.wish(program, holds=named)


def test_a_part_that_is_still_held_stays_held_when_the_whole_goes_on(program):
    lake = make.dataset(program)
    held = make.collector(program, dataset=lake)
    pause(program, "INC-2", dataset=lake)
    whole = pause(program)
    agree(make.wish(program, holds=[whole.pk]), OFFICER, LEGAL)
    assert (state(program), holders(program)) == (State.COLLECTING, ["INC-2"])
    assert not make.lease(held)
    agree(make.wish(program), OFFICER, LEGAL)
    assert make.lease(held)


def test_two_that_hold_one_part_are_both_to_let_go(program):
    lake = make.dataset(program)
    held = make.collector(program, dataset=lake)
    first = pause(program, dataset=lake)
    pause(program, "INC-2", dataset=lake)
    agree(make.wish(program, holds=[first.pk]), OFFICER, LEGAL)
    assert not make.lease(held)
    assert stops.generation_of(held) == 2
    agree(make.wish(program), OFFICER, LEGAL)
    assert make.lease(held)


def test_a_part_that_came_while_all_stood_still_moves_nobody_else_when_it_is_lifted(program):
    lake = make.dataset(program)
    other = make.collector(program, dataset=make.dataset(program))
    whole = pause(program)
    pause(program, "INC-2", dataset=lake)
    agree(make.wish(program, holds=[whole.pk]), OFFICER, LEGAL)
    assert make.lease(other)
    agree(make.wish(program), OFFICER, LEGAL)
    other = Collector.objects.get()
    assert stops.generation_of(other) == other.program.whole_generation


@pytest.mark.parametrize(("holder", "is_drill"), [("control:C03", False), ("INC-9", True)])
def test_a_part_of_andon_lets_go_by_itself(program, holder, is_drill):
    pause(program, holder, is_drill=is_drill)
    pauses.let_go(program, holder=holder, actor=make.SYSTEM)
    assert (state(program), holders(program)) == (State.COLLECTING, [])
    pauses.let_go(program, holder=holder, actor=make.SYSTEM)
    assert Entry.objects.filter(action="program.pause_lifted").count() == 1


@pytest.mark.parametrize("holder", ["INC-1", "person:7"])
def test_what_people_hold_is_not_let_go(program, holder):
    pause(program, holder)
    pauses.let_go(program, holder=holder, actor=make.SYSTEM)
    assert (state(program), holders(program)) == (State.PAUSED, [holder])


def test_a_part_of_andon_lets_go_of_its_own_alone(program):
    pause(program, "control:C03"), pause(program)
    pauses.let_go(program, holder="control:C03", actor=make.SYSTEM)
    assert (state(program), holders(program)) == (State.PAUSED, ["INC-1"])


def test_nobody_asks_for_what_a_part_of_andon_holds(program):
    pause(program, "control:C03")
    with pytest.raises(pauses.Refused, match="lets go by itself"):
        make.wish(program)
    pause(program)
    assert agree(make.wish(program), OFFICER, LEGAL).state == GRANTED
    assert (state(program), holders(program)) == (State.PAUSED, ["control:C03"])


def test_the_gravest_go_on_with_three_people_and_an_executive_among_them(program):
    pause(program, needs_executive=True)
    request = agree(make.wish(program), OFFICER, LEGAL, Function.OPERATOR)
    assert (request.state, state(program)) == (ResumeRequest.State.OPEN, State.PAUSED)
    assert agree(request, EXECUTIVE).state == GRANTED


def test_an_executive_with_one_other_is_not_enough_for_the_gravest(program):
    pause(program, needs_executive=True)
    request = agree(make.wish(program), EXECUTIVE, OFFICER)
    assert request.state == ResumeRequest.State.OPEN
    assert agree(request, LEGAL).state == GRANTED


def test_who_has_two_functions_agrees_as_the_executive_that_is_missing(program):
    pause(program, needs_executive=True)
    request = make.agreed(make.wish(program), make.user(OFFICER, EXECUTIVE))
    assert request.approvals.get().function == EXECUTIVE


def test_what_became_graver_needs_an_executive_though_two_may_have_read_it_before(program):
    pause(program)
    request = make.wish(program)
    read = resuming.digest(request)
    agree(request, OFFICER)
    pauses.demand_an_executive("INC-1", actor=make.SYSTEM)
    with pytest.raises(pauses.Refused, match="What you read has changed"):
        make.agreed(request, make.user(LEGAL), read=read)
    assert agree(request, LEGAL).state == ResumeRequest.State.OPEN
    assert agree(request, EXECUTIVE).state == GRANTED


def test_an_approval_counts_for_a_day(program):
    pause(program)
    request, officer = make.wish(program), make.user(OFFICER)
    with time_machine.travel(timezone.now() - timedelta(hours=24, seconds=1)):
        make.agreed(request, officer)
    assert agree(request, LEGAL).state == ResumeRequest.State.OPEN
    assert [each.person.pk for each in resuming.standing(request).counting] != [officer.pk]
    assert make.agreed(request, officer).state == GRANTED
    assert request.approvals.filter(person=officer).count() == 2


def test_until_its_last_second(program):
    pause(program)
    request = make.wish(program)
    with time_machine.travel(timezone.now() - timedelta(hours=23, minutes=59)):
        agree(request, OFFICER)
    assert agree(request, LEGAL).state == GRANTED


@pytest.mark.parametrize("read", ["", "x" * 32])
def test_nobody_agrees_to_what_they_have_not_read(program, read):
    pause(program)
    request = make.wish(program)
    with pytest.raises(pauses.Refused, match="read the criteria again"):
        make.agreed(request, make.user(OFFICER), read=read)
    assert not request.approvals.exists()


def test_a_request_that_was_taken_back_is_closed(program):
    pause(program)
    request = make.wish(program)
    resuming.withdraw(request, actor=make.SYSTEM)
    with pytest.raises(pauses.Refused, match="is withdrawn already"):
        agree(request, OFFICER)
    with pytest.raises(pauses.Refused, match="is withdrawn already"):
        resuming.withdraw(request, actor=make.SYSTEM)
    assert make.wish(program) != request
