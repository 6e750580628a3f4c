from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from programs import models
from programs.gate import registry
from programs.gate.registry import Hold, Key, Program, Registry, Verdict, decide, views
from programs.reach import SEATS, Place, Reach, Turn

NOW = 1_000.0
LAKE, OTHER = 1, 2
AT_LAKE = Place(LAKE)
LATER = datetime(2100, 1, 1, tzinfo=UTC)


def program(*holds, state="collecting", generation=5, open_seats=SEATS, turns=()):
    return Program(
        1, "keystrokes", state, generation, generation, open_seats, 10, LATER, holds, turns
    )


def key(**changed):
    until = datetime(2027, 1, 1, tzinfo=UTC)
    fields = dict(
        zip(Key.__slots__, ("k1", "h", until, False, 7, "laptop-7", 1, AT_LAKE, False), strict=True)
    )
    return Key(**fields | changed)


def test_the_age_is_the_one_that_is_stated_to_people():
    assert registry.STALE_SECONDS == models.STALE_SECONDS


def test_a_program_lapses_in_the_moment_that_is_stated_and_at_once_if_none_is():
    one = program()
    assert not one.lapsed(LATER - timedelta(microseconds=1))
    assert one.lapsed(LATER)
    assert replace(one, controls_end_at=None).lapsed(LATER - timedelta(days=9999))


def test_a_program_that_collects_lets_all_its_collectors_go_on():
    assert decide(program(), AT_LAKE) == Verdict("collecting", 5, "")


@pytest.mark.parametrize("state", ["draft", "approved", "retired"])
def test_a_program_in_any_other_state_lets_none(state):
    assert decide(program(state=state), AT_LAKE) == Verdict(state, 5, "")


@pytest.mark.parametrize(
    ("dataset", "state"), [(LAKE, "paused"), (OTHER, "collecting"), (None, "paused")]
)
def test_a_held_dataset_stops_its_own_and_those_that_do_not_say(dataset, state):
    assert decide(program(Hold(Reach(LAKE), "Amber Otter", 5)), Place(dataset)).state == state


def test_a_held_program_stops_whatever_its_state_says():
    assert decide(program(Hold(Reach(None), "Amber Otter", 5)), AT_LAKE) == Verdict(
        "paused", 5, "Amber Otter"
    )


def test_a_collector_is_told_the_first_stop_that_concerned_it():
    holds = [Hold(Reach(OTHER), "A", 2), Hold(Reach(LAKE), "B", 3), Hold(Reach(None), "C", 4)]

    assert decide(program(*holds, state="paused"), AT_LAKE) == Verdict("paused", 3, "B")


def test_a_pause_of_what_did_not_run_orders_no_stop():
    held = program(Hold(Reach(None), "Amber Otter", None), state="approved", generation=1)

    assert decide(held, AT_LAKE) == Verdict("approved", 1, "Amber Otter")


def test_a_copy_is_fresh_for_three_seconds_from_before_it_was_asked_for():
    copy = Registry()
    assert not copy.fresh(NOW)

    copy.take_programs([program()], began=NOW)
    assert not copy.fresh(NOW)
    copy.take_keys([key()], began=NOW + 1)

    assert copy.fresh(NOW + 3)
    assert not copy.fresh(NOW + 3.001)


def test_only_programs_that_differ_are_told_of():
    copy = Registry()
    other = Program(2, "clicks", "collecting", 1, 1, SEATS, 10, LATER)

    assert copy.take_programs([program(), other], began=NOW) == [program(), other]
    assert copy.take_programs([program(), other], began=NOW) == []
    assert copy.take_programs([program(generation=6), other], began=NOW) == [program(generation=6)]


@pytest.mark.parametrize(
    ("changed", "usable"),
    [
        ({}, True),
        ({"withdrawn": True}, False),
        ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, False),
    ],
)
def test_a_key_opens_until_it_is_withdrawn_or_has_expired(changed, usable):
    copy = Registry()
    copy.take_time(datetime(2026, 11, 21, tzinfo=UTC), now=NOW)
    copy.take_keys([key(**changed)], began=NOW)

    assert copy.usable(key(), NOW) is usable


def test_the_time_is_the_databases():
    copy = Registry()
    told = datetime(2026, 11, 21, 3, 12, tzinfo=UTC)
    copy.take_time(told, now=NOW)

    assert copy.time(NOW + 1.5) == told + timedelta(seconds=1.5)


def test_a_stop_of_a_part_leaves_the_others_in_their_generation():
    held = program(Hold(Reach(LAKE), "Otter", 6), turns=(Turn(6, Reach(LAKE)),))

    assert decide(held, AT_LAKE) == Verdict("paused", 6, "Otter")
    assert decide(held, Place(OTHER)) == Verdict("collecting", 5, "")


def test_a_part_that_goes_on_does_so_in_a_generation_of_its_own():
    gone_on = program(turns=(Turn(7, Reach(LAKE)),))

    assert decide(gone_on, AT_LAKE) == Verdict("collecting", 7, "")
    assert decide(gone_on, Place(OTHER)) == Verdict("collecting", 5, "")


def test_a_drill_stops_only_the_collectors_for_drills():
    drilled = program(Hold(Reach(drill_only=True), "Drill", 6), turns=(Turn(6, Reach(None, True)),))

    assert decide(drilled, Place(LAKE, is_drill=True)) == Verdict("paused", 6, "Drill")
    assert decide(drilled, AT_LAKE) == Verdict("collecting", 5, "")


def test_while_it_resumes_only_the_open_seats_go_on_and_the_rest_keep_to_their_stop():
    resuming = program(state="resuming", generation=9, open_seats=100)

    assert decide(resuming, Place(seat=99)) == Verdict("collecting", 9, "")
    assert decide(resuming, Place(seat=100)) == Verdict("paused", 8, "")


def test_places_that_are_told_the_same_look_the_same():
    turns = (Turn(6, Reach(LAKE)), Turn(7, Reach(drill_only=True)))
    view = views(program(state="resuming", open_seats=100, turns=turns))
    assert view(Place(LAKE, 1)) == view(Place(None, 2))
    others = [Place(OTHER, 1), Place(LAKE, 100), Place(LAKE, 1, is_drill=True)]
    assert len({view(place) for place in [Place(LAKE, 1), *others]}) == 4
