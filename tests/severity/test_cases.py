"""The agreed cases, and ENISA's own examples."""

import pytest
import yaml

from severity.assessment import assess
from severity.facts import Facts
from tests.severity.given import CASES, RULES, assessed, line, points

AGREED = yaml.safe_load(CASES.read_text())

# Source: ENISA, Recommendations for a methodology of the assessment of severity of personal data
# breaches, v1.0, December 2013, assessment table 1: its example for each score of each category.
# Read at https://myprivacy.tools/tool-enisascore.html and, for the one-week and one-year
# traffic data, https://knowledge.co-dex.eu/mod/page/view.php?id=372&lang=en.
# ENISA prints examples per criterion; it prints none with a whole score.
ENISA_EXAMPLES = [
    ("customers of a supermarket", "simple", 0, 1),
    ("customers of a seller of luxury goods", "simple", 1, 2),
    ("addresses an adult book store delivers to", "simple", 2, 3),
    ("undercover officers", "simple", 3, 4),
    ("calls to a provider's help desk", "behavioural", -1, 1),
    ("a week of call history", "behavioural", 0, 2),
    ("a month of purchases by loyalty card", "behavioural", 0, 2),
    ("a year of call history", "behavioural", 1, 3),
    ("a year of places from a transport card", "behavioural", 1, 3),
    ("calls to a psychological support centre", "behavioural", 2, 4),
    ("purchases at a pharmacy", "behavioural", 2, 4),
    ("a letter that shows who banks where", "financial", -2, 1),
    ("a day of transactions without details", "financial", -1, 2),
    ("a month of balances", "financial", 0, 3),
    ("a year of detailed statements", "financial", 1, 4),
    ("that general blood tests were made", "sensitive", -3, 1),
    ("that a blood test was made in an emergency room", "sensitive", -2, 2),
    ("that a test for one disease was made", "sensitive", -1, 3),
    ("the results of the test", "sensitive", 0, 4),
]

# The same document on the circumstances, read at
# https://knowledge.co-dex.eu/mod/page/view.php?id=388&lang=en and the calculator above.
ENISA_CIRCUMSTANCES = [
    ("a lost laptop, nothing seen of its data", [0, 0, 0, 0], "3"),
    ("an e-mail to known wrong recipients", [0.25, 0, 0, 0], "3.25"),
    ("a website that shows the data to anyone", [0.5, 0, 0, 0], "3.5"),
    ("the same, by someone who wants to profit", [0.5, 0, 0, 0.5], "4"),
    ("everything at once", [0.5, 0.5, 0.5, 0.5], "5"),
]


@pytest.mark.parametrize("case", AGREED, ids=lambda case: case["id"])
def test_an_agreed_case_has_its_agreed_level(case):
    assert assess(Facts.from_mapping(case, RULES), RULES).sev == case["expected"]


@pytest.mark.parametrize(("what", "category", "adjustment", "dpc"), ENISA_EXAMPLES)
def test_a_category_and_its_context_score_as_in_enisas_example(what, category, adjustment, dpc):
    assert assessed(dpc=[category, adjustment]).dpc == dpc


@pytest.mark.parametrize(("ei", "se"), [(0.25, "1"), (0.5, "2"), (0.75, "3"), (1, "4")])
def test_ease_of_identification_scales_the_score_in_enisas_four_steps(ei, se):
    assert assessed(dpc=["sensitive", 0], ei=ei).se == points(se)


@pytest.mark.parametrize(("what", "cb", "se"), ENISA_CIRCUMSTANCES)
def test_circumstances_add_what_enisa_adds(what, cb, se):
    assert assessed(dpc=["behavioural", 1], cb=cb).se == points(se)


def test_the_score_spans_what_the_method_allows():
    assert assessed(dpc=["simple", 0], ei=0.25).se == points("0.25")
    assert assessed(dpc=["sensitive", 0], cb=[0.5, 0.5, 0.5, 0.5]).se == points("6")


@pytest.mark.parametrize(
    ("dpc", "cb", "band"),
    [
        (["simple", 0], [0.5, 0.25, 0, 0], "low"),
        (["behavioural", 0], [0, 0, 0, 0], "medium"),
        (["behavioural", 0], [0.5, 0.25, 0, 0], "medium"),
        (["behavioural", 1], [0, 0, 0, 0], "high"),
        (["behavioural", 1], [0.5, 0.25, 0, 0], "high"),
        (["sensitive", 0], [0, 0, 0, 0], "very_high"),
    ],
)
def test_a_score_on_a_bound_is_in_the_graver_band(dpc, cb, band):
    assert assessed(dpc=dpc, cb=cb).band == band


@pytest.mark.parametrize(
    ("osi", "facts", "sev"),
    [
        ("6", {"dpc": ["sensitive", 0], "cb": [0.5, 0.5, 0.5, 0.5]}, 0),
        ("5.75", {"dpc": ["sensitive", 0], "cb": [0.5, 0.5, 0.25, 0.5]}, 1),
        ("4.5", {"dpc": ["sensitive", 0], "cb": [0.5, 0, 0, 0]}, 1),
        ("4.25", {"dpc": ["sensitive", 0], "cb": [0.25, 0, 0, 0]}, 2),
        ("3", {"dpc": ["behavioural", 1]}, 2),
        ("2.75", {"cb": [0.25, 0, 0, 0.5]}, 3),
        ("2", {}, 3),
        ("1.75", {"dpc": ["simple", 0], "cb": [0.25, 0, 0, 0.5]}, 4),
        ("1", {"dpc": ["simple", 0]}, 4),
        ("0.75", {"dpc": ["simple", 0], "ei": 0.75}, 5),
    ],
)
def test_an_index_on_a_bound_takes_the_worse_level(osi, facts, sev):
    result = assessed(**facts)

    assert (result.osi, result.sev) == (points(osi), sev)


@pytest.mark.parametrize(
    ("fact", "adds"),
    [
        ({"audience": "none_readable"}, "-0.5"),
        ({"audience": "team_le_50"}, "-0.5"),
        ({"audience": "department_le_1000"}, "-0.25"),
        ({"audience": "known_external"}, "0.25"),
        ({"audience": "other_customers"}, "0.25"),
        ({"audience": "unlisted_link"}, "0.25"),
        ({"audience": "public_unauthenticated"}, "0.5"),
        ({"people": "le_10"}, "-0.75"),
        ({"people": "le_100"}, "-0.25"),
        ({"people": "le_1m"}, "0.25"),
        ({"people": "le_100m"}, "0.5"),
        ({"people": "gt_100m"}, "0.75"),
        ({"duration": "lt_1h"}, "-0.25"),
        ({"duration": "gt_30d"}, "0.25"),
        ({"evidence": "none_logs_complete"}, "-0.5"),
        ({"evidence": "good_faith_external"}, "0.25"),
        ({"evidence": "confirmed_internal"}, "0.25"),
        ({"evidence": "confirmed_external"}, "0.5"),
        ({"evidence": "exfiltrated_published_or_misused"}, "0.75"),
        ({"ongoing": True}, "0.25"),
        ({"refix": True}, "0.25"),
    ],
)
def test_each_fact_of_the_operation_adds_its_own_points(fact, adds):
    result = assessed(**fact)

    assert result.osi - result.se == points(adds)


def test_the_worked_example_of_the_documentation():
    seed = next(case for case in AGREED if case["id"] == "S01")

    result = assess(Facts.from_mapping(seed, RULES), RULES)

    assert (result.dpc, result.se, result.band) == (3, points("3.25"), "high")
    assert (result.osi, result.sev) == (points("3.75"), 2)


def test_more_than_a_hundred_people_are_flagged_and_change_no_score():
    few, many = assessed(people="le_100"), assessed(people="le_10k")

    assert few.se == many.se
    assert few.flags == ()
    assert many.flags == ("individuals_over_100",)
    assert assessed(people="le_100", people_count=100).flags == ()


def test_unintelligible_data_are_flagged_and_change_no_score():
    result = assessed(unintelligible=True, people="le_10")

    assert result.se == assessed().se
    assert result.flags == ("unintelligible",)
    assert line(result, "flag")["input"] == "unintelligible"
