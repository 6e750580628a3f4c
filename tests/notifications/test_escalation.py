"""Whom to page next, and when: pure."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.escalation import NOBODY, Plan, Step

MINUTE = timedelta(minutes=1)
steps = st.builds(
    Step,
    wait=st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds)),
    function=st.sampled_from(["commander", "executive", ""]),
    person=st.none() | st.integers(1, 9),
)
plans = st.builds(
    Plan,
    name=st.text(max_size=20),
    steps=st.lists(steps, min_size=1, max_size=5).map(tuple),
    repeats=st.integers(0, 5),
    repeat_after=st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds)),
)


@pytest.fixture
def plan():
    """Ada at once, Ben after ten minutes; once more after five."""
    ada, ben = Step(0 * MINUTE, "", 1), Step(10 * MINUTE, "", 2)
    return Plan("two people", (ada, ben), repeats=1, repeat_after=5 * MINUTE)


def test_the_steps_follow_each_other_and_then_begin_again(plan):
    people = [plan.step(taken).person for taken in range(4)]
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
