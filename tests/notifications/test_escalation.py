"""Whom to page next, and when: pure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.escalation import NOBODY, Plan, Step, Target
from notifications.hours import Hours

MINUTE = timedelta(minutes=1)
targets = st.builds(
    Target,
    kind=st.sampled_from(["function", "person", "role"]),
    name=st.sampled_from(["commander", "executive", ""]),
    person=st.none() | st.integers(1, 9),
    methods=st.lists(st.sampled_from(["email", "webhook"])).map(tuple),
)
steps = st.builds(
    Step,
    wait=st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds)),
    targets=st.lists(targets, max_size=3).map(tuple),
)
hours = st.builds(
    Hours,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"]),
    days=st.lists(st.integers(0, 6), min_size=1, unique=True).map(tuple),
    opens=st.integers(0, 11).map(lambda hour: time(hour, 30)),
    closes=st.integers(12, 23).map(time),
)
plans = st.builds(
    Plan,
    name=st.text(max_size=20),
    steps=st.lists(steps, min_size=1, max_size=5).map(tuple),
    repeats=st.integers(0, 5),
    repeat_after=st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds)),
    fallback=st.lists(targets, max_size=2).map(tuple),
    hours=st.none() | hours,
)


@pytest.fixture
def plan():
    """Ada at once, Ben after ten minutes; once more after five."""
    ada, ben = (
        Step(wait * MINUTE, (Target("person", person=key),)) for wait, key in ((0, 1), (10, 2))
    )
    return Plan("two people", (ada, ben), repeats=1, repeat_after=5 * MINUTE)


def test_the_steps_follow_each_other_and_then_begin_again(plan):
    people = [plan.step(taken).targets[0].person for taken in range(4)]
    assert people == [1, 2, 1, 2]
    assert plan.step(4) is None


def test_each_wait_is_the_one_of_the_step_that_follows(plan):
    assert [plan.wait(taken) for taken in range(2)] == [0 * MINUTE, 10 * MINUTE]


def test_a_pass_begins_after_its_own_wait_and_giving_up_waits_as_long(plan):
    assert plan.wait(2) == 5 * MINUTE
    assert plan.wait(3) == 10 * MINUTE
    assert plan.wait(4) == 5 * MINUTE


def test_the_last_step_of_each_pass_ends_it(plan):
    assert [plan.ends_a_pass(taken) for taken in range(4)] == [False, True, False, True]


def test_a_policy_without_steps_has_no_step_to_take():
    assert NOBODY.length == 0
    assert NOBODY.step(0) is None


@given(plans)
def test_a_plan_comes_back_from_the_database_as_it_was(plan):
    again = Plan.from_plain(plan.plain())
    assert again == plan
    assert again.sha256() == plan.sha256()


@given(plans, plans)
def test_two_plans_have_one_digest_only_if_they_are_the_same(one, other):
    assert (one.sha256() == other.sha256()) == (one.plain() == other.plain())


@given(plans)
def test_an_escalation_ends_after_every_step_of_every_pass(plan):
    taken = 0
    while plan.step(taken):
        taken += 1
    assert taken == len(plan.steps) * (plan.repeats + 1)


@given(plans, st.integers(0, 40))
def test_no_wait_is_negative_or_longer_than_the_plan_says(plan, taken):
    allowed = {step.wait for step in plan.steps} | {plan.repeat_after}
    assert plan.wait(taken) in allowed


@given(plans)
def test_every_pass_is_ended_by_one_step(plan):
    ends = sum(plan.ends_a_pass(taken) for taken in range(plan.length))
    assert ends == plan.repeats + 1


def test_a_run_that_began_before_steps_had_several_targets_is_still_read():
    old = {
        "name": "old",
        "repeats": 1,
        "repeat_after": 300,
        "steps": [
            {"wait": 0, "function": "commander", "person": None},
            {"wait": 60, "function": "", "person": 7},
        ],
    }
    plan = Plan.from_plain(old)
    assert [step.targets for step in plan.steps] == [
        (Target("function", "commander"),),
        (Target("person", person=7),),
    ]
    assert plan.fallback == (Target("function", "operator"),)


def test_after_a_step_that_reached_nobody_the_next_comes_at_once_but_not_the_next_pass(plan):
    assert plan.after(0, reached=True, anybody=True) == 10 * MINUTE
    assert plan.after(0, reached=False, anybody=False) == 0 * MINUTE
    assert plan.after(1, reached=False, anybody=True) == 5 * MINUTE
    assert plan.after(1, reached=False, anybody=False) is None


def test_a_step_is_numbered_within_the_pass_in_which_the_run_stands(plan):
    assert [plan.place(taken, 2) for taken in range(5)] == [1, 1, 3, 3, 3]


BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours("Europe/Berlin", (0, 1, 2, 3, 4), time(9), time(17))


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-27 08:59", "2026-11-27 09:00"),
        ("2026-11-27 09:00", "2026-11-27 09:00"),
        ("2026-11-27 16:59", "2026-11-27 16:59"),
        ("2026-11-27 17:00", "2026-11-30 09:00"),
        ("2026-10-24 12:00", "2026-10-26 09:00"),
    ],
)
def test_hours_begin_by_the_clock_on_the_wall(at, opens):
    at, opens = (datetime.fromisoformat(text).replace(tzinfo=BERLIN) for text in (at, opens))
    assert OFFICE.next_open(at.astimezone(UTC)) == opens


@given(hours, st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)))
def test_hours_come_within_a_week_and_a_day_and_then_are_open(hours, at):
    opens = hours.next_open(at)
    assert at <= opens < at + timedelta(days=8)
    assert hours.next_open(opens) == opens
