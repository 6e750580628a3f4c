"""Who must be told: the authority, the people; yes, no, or a person must decide."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from severity.assessment import assess
from severity.telling import Answer, whom_to_tell
from tests.severity.exposures import SCALES, exposures, two_of
from tests.severity.given import RULES, facts

GRAVER = [Answer.NO, Answer.DECIDE, Answer.YES]
SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}
VERY_HIGH = {"dpc": ["sensitive", 0]}
LOW = {"dpc": ["simple", 0]}
ENCRYPTED = {**VERY_HIGH, "unintelligible": True}


def told(given_facts):
    return whom_to_tell(given_facts, assess(given_facts, RULES))


@pytest.mark.parametrize(
    ("stated", "authority", "individuals"),
    [
        (LOW, "decide", "no"),
        ({**LOW, "evidence": "exfiltrated_published_or_misused"}, "decide", "no"),
        ({}, "yes", "no"),
        ({"evidence": "confirmed_internal"}, "yes", "no"),
        ({"evidence": "confirmed_external"}, "yes", "decide"),
        ({"cb": [0, 0, 0, 0.5]}, "yes", "decide"),
        # the company-wide exposure: SE 3.25, readers inside alone
        (SEED, "yes", "decide"),
        ({**SEED, "evidence": "none_logs_complete"}, "yes", "decide"),
        ({**SEED, "evidence": "exfiltrated_published_or_misused"}, "yes", "yes"),
        (VERY_HIGH, "yes", "yes"),
        # few people and our own index count for nothing here
        ({**VERY_HIGH, "people": "le_10", "audience": "team_le_50"}, "yes", "yes"),
        ({**VERY_HIGH, "near_miss": True}, "no", "no"),
        (ENCRYPTED, "no", "no"),
        ({**ENCRYPTED, "cb": [0, 0, 0.25, 0]}, "decide", "decide"),
        ({**ENCRYPTED, "cb": [0, 0.25, 0, 0]}, "decide", "decide"),
        ({**LOW, "threat_to_life": True, "near_miss": True}, "yes", "yes"),
    ],
)
def test_who_must_be_told_follows_from_the_score_and_what_got_out(stated, authority, individuals):
    found = told(facts(**stated))

    assert (found.authority.answer, found.individuals.answer) == (authority, individuals)


@pytest.mark.parametrize(
    ("stated", "authority", "individuals"),
    [
        (SEED, "SE 3.25 is high: a risk to people", "is the risk to people high (Art. 34(1))?"),
        (LOW, "record it all the same (Art. 33(5))", "SE 1 is low: no high risk"),
        (ENCRYPTED, "a risk is unlikely; record it all the same", "(Art. 34(3)(a))"),
        ({"cb": [0, 0, 0, 0.5]}, "SE 2.5 is medium", "yet it was done on purpose"),
        ({**VERY_HIGH, "cb": [0.5, 0, 0, 0]}, "SE 4.5 is very high", "a high risk to people"),
    ],
)
def test_each_answer_has_its_reason(stated, authority, individuals):
    found = told(facts(**stated)).plain()

    assert authority in found["authority"]["reason"]
    assert individuals in found["individuals"]["reason"]


@pytest.mark.parametrize("fact", SCALES)
@settings(max_examples=25)
@given(stated=exposures(), data=st.data())
def test_more_of_one_fact_never_tells_fewer(fact, stated, data):
    less, more = (told(replace(stated, **{fact: each})) for each in data.draw(two_of(SCALES[fact])))

    for before, after in (
        (less.authority, more.authority),
        (less.individuals, more.individuals),
    ):
        assert GRAVER.index(after.answer) >= GRAVER.index(before.answer)


@settings(max_examples=30)
@given(stated=exposures())
def test_the_people_are_told_nothing_that_the_authority_is_not(stated):
    found = told(stated)

    assert GRAVER.index(found.authority.answer) >= GRAVER.index(found.individuals.answer)
