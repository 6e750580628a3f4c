from datetime import UTC, datetime, timedelta

import pytest

from programs import models
from programs.gate import registry
from programs.gate.registry import Hold, Key, Program, Registry, Verdict, decide

NOW = 1_000.0
LAKE, OTHER = 1, 2


def program(*holds, state="collecting", generation=5):
    return Program(1, "keystrokes", state, generation, 10, holds)


def key(**changed):
    until = datetime(2027, 1, 1, tzinfo=UTC)
    fields = dict(
        zip(Key.__slots__, ("k1", "h", until, False, 7, "laptop-7", 1, LAKE), strict=True)
    )
    return Key(**fields | changed)


def test_the_age_is_the_one_that_is_stated_to_people():
    assert registry.STALE_SECONDS == models.STALE_SECONDS


def test_a_program_that_collects_lets_all_its_collectors_go_on():
    assert decide(program(), LAKE) == Verdict("collecting", 5, "")


@pytest.mark.parametrize("state", ["draft", "approved", "retired"])
def test_a_program_in_any_other_state_lets_none(state):
    assert decide(program(state=state), LAKE) == Verdict(state, 5, "")


@pytest.mark.parametrize(
    ("dataset", "state"), [(LAKE, "paused"), (OTHER, "collecting"), (None, "paused")]
)
def test_a_held_dataset_stops_its_own_and_those_that_do_not_say(dataset, state):
    assert decide(program(Hold(LAKE, "Amber Otter", 5)), dataset).state == state


def test_a_held_program_stops_whatever_its_state_says():
    assert decide(program(Hold(None, "Amber Otter", 5)), LAKE) == Verdict(
        "paused", 5, "Amber Otter"
    )


def test_a_collector_is_told_the_first_stop_that_concerned_it():
    holds = [Hold(OTHER, "A", 2), Hold(LAKE, "B", 3), Hold(None, "C", 4)]

    assert decide(program(*holds, state="paused"), LAKE) == Verdict("paused", 3, "B")


def test_a_pause_of_what_did_not_run_orders_no_stop():
    held = program(Hold(None, "Amber Otter", None), state="approved", generation=1)

    assert decide(held, LAKE) == Verdict("approved", 1, "Amber Otter")


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
    other = Program(2, "clicks", "collecting", 1, 10)

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
