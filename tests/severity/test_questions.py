"""The questions of a full assessment: unknown is an answer, and nonsense is refused by name."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from severity.assessment import assess
from severity.facts import BadFact, Facts
from severity.questions import (
    NAMES,
    UNKNOWN,
    Said,
    answers_of,
    fact_of,
    means,
    scale,
    weigh,
)
from severity.triage import ProgramContext
from severity.vocabulary import Flag
from tests.severity.exposures import exposures
from tests.severity.given import CASES, RULES, facts
from tests.severity.test_triage import PROGRAMS, program, triaged

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEED = {"dpc": ["behavioural", 1], "cb": [0.25, 0, 0, 0], "people": "le_1m", "ongoing": True}


def weighed(answers, context=None, **more):
    said = Said(answers, **more)
    return weigh(said, context, rules=RULES, now=NOW)


def stated(**changed):
    return answers_of(facts(**SEED)) | changed


def refused(answers, **more):
    with pytest.raises(BadFact) as fault:
        weighed(answers, **more)
    return fault.value


def test_every_fact_of_an_assessment_is_asked_for():
    asked = {fact_of(name).split()[0] for name in NAMES}

    assert asked == {*facts().__dataclass_fields__} - {"people_count"}
    assert set(Flag) <= set(NAMES)


@given(exposures())
def test_answers_are_the_facts_that_they_were_made_of(exposure):
    # Not every exposure that can be weighed makes sense; those that do not are refused.
    try:
        found = weighed(answers_of(exposure))
    except BadFact:
        return
    assert found.facts == exposure
    assert (found.unknown, found.assumed, found.undetermined) == ((), (), False)


@pytest.mark.parametrize("case", yaml.safe_load(CASES.read_text()), ids=lambda case: case["id"])
def test_no_case_that_happened_contradicts_itself(case):
    told = Facts.from_mapping(case, RULES)

    assert weighed(answers_of(told), people_count=told.people_count).result == assess(told, RULES)


@given(PROGRAMS)
def test_who_knows_nothing_gets_the_level_that_the_first_report_had(context):
    nothing = weighed(dict.fromkeys(NAMES, UNKNOWN), context)
    first = triaged(context, "unknown", "unknown")

    assert (nothing.facts, nothing.result) == (first.facts, first.result)
    assert nothing.undetermined
    assert len(nothing.unknown) == len(nothing.assumed) == len(NAMES)


@given(PROGRAMS, st.sampled_from(["threat_to_life", "refix", "secrets"]))
def test_to_learn_that_it_is_so_never_makes_it_milder_than_not_to_know(context, name):
    unknown = weighed({"audience": "org_wide"}, context).result.sev

    assert weighed({"audience": "org_wide", name: "yes"}, context).result.sev.at_least(unknown)


def test_what_is_unknown_counts_as_its_program_has_it():
    found = weighed({"audience": "org_wide"}, program(days=40))

    assert (found.counted["people"], found.counted["duration"]) == ("le_1m", "gt_30d")
    assert "people unknown: counted as up to 1 million people" in found.assumed
    assert found.facts.people_count == 70_000


def test_it_is_undetermined_while_nobody_knows_who_could_read_it_or_what_it_was():
    assert weighed({"dpc": "simple+0"}, program()).undetermined
    assert weighed({"audience": "org_wide"}).undetermined
    assert not weighed({"audience": "org_wide"}, program()).undetermined
    assert not weighed({"audience": "org_wide", "dpc": "simple+0"}).undetermined


def test_the_seed_case_by_its_answers_is_sev_2():
    result = weighed(stated()).result

    assert (result.sev, str(result.osi)) == (2, "3.75")


@pytest.mark.parametrize(
    ("answers", "field", "said"),
    [
        ({"weather": "fine"}, "'weather'", "is no question"),
        ({"ei": "2"}, "ei", "allowed: 0.25, 0.5, 0.75, 1, unknown"),
        (
            {"audience": "none_readable", "evidence": "confirmed_internal"},
            "evidence",
            "nobody could read",
        ),
        ({"evidence": "confirmed_external"}, "evidence", "people inside alone could read"),
        (
            {"near_miss": "yes", "evidence": "confirmed_internal"},
            "near_miss",
            "what somebody had",
        ),
        (
            {"near_miss": "yes", "audience": "public_unauthenticated"},
            "near_miss",
            "what outsiders could",
        ),
    ],
)
def test_nonsense_is_refused_at_the_answer_with_what_is_allowed(answers, field, said):
    fault = refused(stated(**answers))

    assert (fault.field, said in str(fault)) == (field, True)
    assert "allowed: " in str(fault)


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({"people_count": -1}, "people_count", "a whole number from 0"),
        ({"people_count": 10**12}, "people_count", "a whole number from 0 to 8500000000"),
        ({"people_count": 12}, "people_count", "10001 to 1000000, as people is le_1m"),
        ({"since": NOW + timedelta(hours=1)}, "since", "lies in the future"),
        (
            {"since": NOW - timedelta(days=1), "until": NOW - timedelta(days=2)},
            "until",
            "is before it began",
        ),
        ({"since": NOW - timedelta(days=31)}, "duration", "gt_30d, as the moments say"),
        ({"until": NOW - timedelta(days=1)}, "ongoing", "writes into what was closed"),
    ],
)
def test_absurd_counts_and_moments_are_refused_by_name(more, field, said):
    fault = refused(stated(), **more)

    assert (fault.field, said in str(fault)) == (field, True)


def test_a_count_and_moments_answer_for_people_and_duration():
    found = weighed(
        {"audience": "team_le_50"},
        people_count=391,
        since=NOW - timedelta(hours=3),
        until=NOW - timedelta(hours=2, minutes=30),
    )

    assert (found.facts.people, found.facts.people_count) == ("le_10k", 391)
    assert found.facts.duration == "lt_1h"
    assert not {"people", "duration"} & set(found.unknown)


def test_what_was_said_is_kept_as_it_was_said():
    said = Said({"ei": "1", "people": UNKNOWN}, 3, NOW - timedelta(days=1), NOW)

    assert Said.from_plain(said.plain()) == said
    assert Said.from_plain({}) == Said({})


@pytest.mark.parametrize("name", NAMES)
def test_each_answer_has_words_of_the_rule_set(name):
    assert all(means(name, answer, RULES) for answer in scale(name, RULES))


def test_an_unknown_program_counts_as_the_worst_there_is():
    every = [ProgramContext(("contact_details",), 4, False, 3), program(days=2)]
    said = Said({"audience": "org_wide"})
    found = weigh(said, None, every_program=every, rules=RULES, now=NOW)

    assert found.counted["dpc"] == "behavioural+1"
