"""What would change a level: for each fact the nearest answer, worse and milder."""

import pytest
from hypothesis import given, settings

from severity.assessment import assess
from severity.changes import sensitivity, what_would_change
from tests.severity.exposures import exposures
from tests.severity.given import RULES, facts

SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}


def by_fact(stated, **more):
    return {each.fact: each for each in sensitivity(stated, RULES, **more)}


def said(change):
    return None if change is None else (change.instead, change.sev.value)


@pytest.mark.parametrize(
    ("fact", "stated", "worse", "milder"),
    [
        # OSI 3.75: SEV 1 begins at 4.5, SEV 3 below 3
        ("audience", "org_wide", ("public_unauthenticated", 1), None),
        ("evidence", "none_logs_incomplete", ("exfiltrated_published_or_misused", 1), None),
        ("dpc", "behavioural +1", ("behavioural +2", 1), ("behavioural +0", 3)),
        ("ei", "1", None, ("0.5", 3)),
        ("people", "le_1m", None, ("le_10", 3)),
        ("duration", "le_30d", None, None),
        ("ongoing", "true", None, None),
        ("near_miss", "false", None, ("true", 5)),
        ("threat_to_life", "false", ("true", 0), None),
    ],
)
def test_each_fact_has_the_nearest_answer_that_changes_the_level(fact, stated, worse, milder):
    found = by_fact(facts(**SEED))[fact]

    assert (found.stated, said(found.worse), said(found.milder)) == (stated, worse, milder)


def test_of_several_answers_the_one_with_the_fewest_steps_is_told():
    # OSI 2.75, so one bracket more is SEV 2 already, as are two and three
    more = by_fact(facts(cb=[0.25, 0, 0, 0.5]))["people"]
    # OSI 1, so one bracket fewer is SEV 5 already, as is the smallest
    fewer = by_fact(facts(dpc=["simple", 0]))["people"]

    assert (said(more.worse), said(more.milder)) == (("le_1m", 2), None)
    assert (said(fewer.worse), said(fewer.milder)) == (None, ("le_100", 5))


def test_what_nobody_stated_is_marked_and_counted_as_it_was_assessed():
    found = by_fact(facts(**SEED), unknown=["people"])

    assert found["people"].assumed
    assert found["people"].stated == "le_1m"
    assert not found["audience"].assumed


@settings(max_examples=20)
@given(stated=exposures())
def test_nearest_answers_are_of_those_that_change_the_level_and_none_is_left_out(stated):
    stands = assess(stated, RULES).sev
    told = [each for found in sensitivity(stated, RULES) for each in (found.worse, found.milder)]
    every = what_would_change(stated, RULES)

    assert {each for each in told if each} <= set(every)
    assert {(each.fact, each.sev.at_least(stands)) for each in every} == {
        (each.fact, each.sev.at_least(stands)) for each in told if each
    }
