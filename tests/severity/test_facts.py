"""What is accepted as a fact, and how the rest is refused."""

from dataclasses import replace
from decimal import Decimal

import pytest

from severity.assessment import assess
from severity.facts import BadFact, DataContext, Facts
from severity.vocabulary import Audience, Category, People
from tests.severity.given import RULES, case, facts

NUMBERS = "0.25, 0.5, 0.75, 1"
ADJUSTMENTS = "[simple, one of 0, +1, +2, +3]; [behavioural, one of -1, 0, +1, +2]"


def test_a_case_becomes_facts():
    given = facts(dpc=["behavioural", 1], cb=[0.25, 0, 0, 0.5], people="le_1m", ongoing=True)

    assert given.dpc == (Category.BEHAVIOURAL, 1)
    assert given.cb.malicious == Decimal("0.5")
    assert given.audience is Audience.ORG_WIDE
    assert given.people is People.UP_TO_1M
    assert (given.ongoing, given.refix, given.near_miss) == (True, False, False)


def test_what_stands_beside_the_facts_decides_nothing():
    beside = {"id": "S01", "kind": "seed", "title": "t", "source": "s", "note": "n", "vcdb": "v"}

    assert facts(**beside, expected=2) == facts()


def test_facts_survive_json_unchanged():
    given = facts(people_count=391, secrets=True, cb=[0.25, 0.5, 0, 0.5], ei=0.75)

    assert Facts.from_mapping(given.plain(), RULES) == given


@pytest.mark.parametrize("number", [0.25, Decimal("0.25"), Decimal("0.250")])
def test_a_number_may_come_as_float_or_decimal(number):
    assert facts(ei=number).ei == Decimal("0.25")


@pytest.mark.parametrize(
    ("field", "given", "allowed"),
    [
        ("dpc", ["simple", 4], ADJUSTMENTS),
        ("dpc", ["sensitive", 1], ADJUSTMENTS),
        ("dpc", ["secret", 0], ADJUSTMENTS),
        ("dpc", ["simple", True], ADJUSTMENTS),
        ("dpc", ["simple", 1.0], ADJUSTMENTS),
        ("dpc", ["simple"], ADJUSTMENTS),
        ("dpc", "simple", ADJUSTMENTS),
        ("dpc", [["simple"], 0], ADJUSTMENTS),
        ("ei", 0.3, NUMBERS),
        ("ei", 0, NUMBERS),
        ("ei", "1", NUMBERS),
        ("ei", True, NUMBERS),
        ("ei", None, NUMBERS),
        ("ei", float("nan"), NUMBERS),
        ("ei", float("inf"), NUMBERS),
        ("ei", Decimal("sNaN"), NUMBERS),
        ("cb", [0, 0, 0], "[confidentiality, integrity, availability, malicious]"),
        ("cb", 0.5, "[confidentiality, integrity, availability, malicious]"),
        ("cb confidentiality", [0.1, 0, 0, 0], "0, 0.25, 0.5"),
        ("cb malicious", [0, 0, 0, 0.25], "0, 0.5"),
        ("cb integrity", [0, True, 0, 0], "0, 0.25, 0.5"),
        ("audience", "everybody", "none_readable, team_le_50"),
        ("audience", 3, "none_readable, team_le_50"),
        ("people", "le_1000", "le_10, le_100, le_10k"),
        ("people", 70_000, "le_10, le_100, le_10k"),
        ("duration", "long", "lt_1h, le_30d, gt_30d"),
        ("evidence", ["exfiltrated_published_or_misused"], "none_logs_complete"),
        ("ongoing", "yes", "true, false"),
        ("refix", 1, "true, false"),
        ("near_miss", None, "true, false"),
        ("threat_to_life", "false", "true, false"),
        ("people_count", -1, "a whole number from 0"),
        ("people_count", 8_500_000_001, "a whole number from 0 to 8500000000"),
        ("people_count", True, "a whole number from 0"),
        ("people_count", 391.0, "a whole number from 0"),
        ("people_count", 100, "101 to 10000, as people is le_10k"),
    ],
)
def test_a_bad_fact_is_refused_by_name_with_what_is_allowed(field, given, allowed):
    with pytest.raises(BadFact) as refusal:
        facts(**{field.split()[0]: given})

    assert refusal.value.field == field
    assert allowed in refusal.value.allowed
    assert str(refusal.value).startswith(f"{field} is ")
    assert str(refusal.value).endswith(f"; allowed: {refusal.value.allowed}")


def test_more_than_the_largest_bracket_has_no_upper_end():
    assert facts(people="gt_100m", people_count=8 * 10**9).people_count == 8 * 10**9
    with pytest.raises(BadFact, match="100000001 or more"):
        facts(people="gt_100m", people_count=5)


@pytest.mark.parametrize("field", case())
def test_a_missing_fact_is_named_and_never_guessed(field):
    given = case()
    del given[field]

    with pytest.raises(BadFact, match=f"^{field} is missing; allowed: ") as refusal:
        Facts.from_mapping(given, RULES)
    assert refusal.value.field == field


def test_an_unknown_key_is_refused_not_ignored():
    with pytest.raises(BadFact, match="^'near_mis' is no fact; allowed: dpc, ei, cb"):
        facts(near_mis=True)


@pytest.mark.parametrize("given", [None, [], "dpc", 3])
def test_a_case_that_is_no_mapping_is_refused(given):
    with pytest.raises(BadFact, match="allowed: a mapping of facts"):
        Facts.from_mapping(given, RULES)


def test_a_long_or_hostile_value_is_cut_and_escaped_in_the_refusal():
    with pytest.raises(BadFact) as refusal:
        facts(audience="x\n\x1b[2J" + "y" * 500)

    assert "\n" not in str(refusal.value)
    assert "\x1b" not in str(refusal.value)
    assert str(refusal.value).startswith("audience is 'x\\n\\x1b[2Jyyy")
    assert "yyy…; allowed: " in str(refusal.value)


def test_a_number_that_python_will_not_write_out_is_refused_all_the_same():
    with pytest.raises(BadFact, match="ei is a number too long to show"):
        facts(ei=16**5000)


@pytest.mark.parametrize(
    "change",
    [
        {"dpc": DataContext(Category.SIMPLE, 9)},
        {"ei": Decimal("0.3")},
        {"cb": facts().cb._replace(malicious=Decimal("0.25"))},
        {"people_count": 5},
    ],
)
def test_facts_that_were_built_by_hand_meet_the_same_scales(change):
    with pytest.raises(BadFact):
        assess(replace(facts(), **change), RULES)
