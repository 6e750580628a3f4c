"""What holds for every exposure, not only for those that somebody thought of."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from severity.assessment import assess
from severity.changes import what_would_change
from severity.facts import Circumstances, Facts
from severity.vocabulary import Audience, People
from tests.severity.exposures import SCALES, exposures, two_of
from tests.severity.given import RULES, assessed
from tests.severity.given import facts as facts_of

CAPPED_BY_C1 = (Audience.TEAM, Audience.DEPARTMENT, Audience.KNOWN_EXTERNAL)


def sev(facts):
    return assess(facts, RULES).sev


@pytest.mark.parametrize("fact", SCALES)
@given(facts=exposures(), data=st.data())
def test_more_of_one_fact_never_makes_it_milder(fact, facts, data):
    less, more = data.draw(two_of(SCALES[fact]))

    assert sev(replace(facts, **{fact: more})).at_least(sev(replace(facts, **{fact: less})))


@given(facts=exposures(), data=st.data())
def test_more_telling_data_never_make_it_milder(facts, data):
    less, more = (
        replace(facts, dpc=facts.dpc._replace(adjustment=by))
        for by in data.draw(two_of(RULES.enisa.dpc[facts.dpc.category].adjust))
    )

    assert sev(more).at_least(sev(less))


@pytest.mark.parametrize("kind", Circumstances._fields)
@given(facts=exposures(), data=st.data())
def test_graver_circumstances_never_make_it_milder(kind, facts, data):
    less, more = (
        replace(facts, cb=facts.cb._replace(**{kind: points}))
        for points in data.draw(two_of(RULES.enisa.cb[kind]))
    )

    assert sev(more).at_least(sev(less))


@given(facts=exposures(), fewer=st.integers(0, 2 * 10**8), more=st.integers(0, 10**8))
def test_a_greater_exact_number_never_makes_it_milder(facts, fewer, more):
    small, large = (
        replace(facts, people=RULES.index.bracket(count), people_count=count)
        for count in (fewer, fewer + more)
    )

    assert sev(large).at_least(sev(small))


@given(facts=exposures(), pair=two_of(Audience))
def test_a_wider_audience_never_makes_it_milder_but_for_ten_people(facts, pair):
    narrower, wider = pair
    # C1 asks whether the readers can be named, not how many they are. So for up to ten
    # people, a step into its list can lower a level; the next test has both such steps.
    enters_c1 = wider in CAPPED_BY_C1 and narrower not in CAPPED_BY_C1
    assume(not (facts.people is People.UP_TO_10 and enters_c1))

    assert sev(replace(facts, audience=wider)).at_least(sev(replace(facts, audience=narrower)))


@pytest.mark.parametrize(
    ("narrower", "wider", "levels"),
    [("none_readable", "team_le_50", (1, 3)), ("org_wide", "known_external", (1, 3))],
)
def test_for_ten_people_readers_one_can_name_count_less_than_others(narrower, wider, levels):
    grave = {"dpc": ["sensitive", 0], "cb": [0.5, 0.5, 0.5, 0.5], "people": "le_10"}

    before, after = (assessed(audience=each, **grave).sev for each in (narrower, wider))

    assert (before, after) == levels


@given(facts=exposures())
def test_caps_and_floors_hold(facts):
    result = assess(facts, RULES)
    limited = facts.unintelligible or facts.near_miss
    if facts.threat_to_life:
        assert result.sev == 0
    elif facts.near_miss:
        assert result.sev == 5
    elif facts.unintelligible:
        assert result.sev >= 4
    if result.se >= 3 and not limited:
        assert result.sev <= 3
    if result.se >= 2 and not facts.near_miss:
        assert result.sev <= 4


@given(facts=exposures(), seed=st.randoms())
def test_the_order_of_the_facts_does_not_matter(facts, seed: random.Random):
    said = list(facts.plain().items())
    seed.shuffle(said)

    assert Facts.from_mapping(dict(said), RULES) == facts


@given(facts=exposures())
def test_every_term_of_the_trace_leads_exactly_to_the_next_total(facts):
    result = assess(facts, RULES)
    total = Decimal(0)
    for line in result.trace:
        if "total" not in line:
            break
        if line["term"] == "ei":
            total *= line["value"]
        elif line["term"] != "se":
            total += line["value"]
        assert line["total"] == total
    assert total == result.osi
    assert [line["sev"] for line in result.trace if "sev" in line][-1] == result.sev


@given(facts=exposures())
def test_no_figure_is_rounded_on_its_way_to_json(facts):
    result = assess(facts, RULES)
    plain = result.plain()

    assert Decimal(str(plain["se"])) == result.se
    assert Decimal(str(plain["osi"])) == result.osi


@settings(max_examples=30)
@given(facts=exposures())
def test_what_would_change_the_level_does_change_it(facts):
    stands = sev(facts)

    assert all(change.sev is not stands for change in what_would_change(facts, RULES))


def test_what_would_change_names_the_fact_and_the_level_it_leads_to():
    seed = facts_of(dpc=["behavioural", 1], cb=[0.25, 0, 0, 0], people="le_1m", ongoing=True)

    said = {(each.fact, each.instead): each.sev for each in what_would_change(seed, RULES)}

    assert said["audience", "public_unauthenticated"] == 1
    assert said["evidence", "exfiltrated_published_or_misused"] == 1
    assert said["near_miss", "true"] == 5
    assert ("ongoing", "false") not in said


def test_another_bracket_is_tried_without_the_exact_number_that_belies_it():
    counted = facts_of(dpc=["behavioural", 1], people="le_10k", people_count=391)

    assert ("people", "le_10") in {
        (each.fact, each.instead) for each in what_would_change(counted, RULES)
    }
