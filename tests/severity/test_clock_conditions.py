"""The small language of conditions: read strictly, answered with yes, no or unknown."""

import pytest

from severity.clocks.conditions import BadCondition, Vocabulary, parse
from severity.clocks.truth import Count, Truth

WORDS = Vocabulary(
    flags=frozenset({"yes", "no", "maybe", "perhaps"}),
    words={"risk": ("unlikely", "risk", "high"), "nobody_knows": ("a", "b")},
    counts=frozenset({"people", "some", "many"}),
)
COUNTS = {"people": Count(500, 500, ""), "some": Count(0, 700, ""), "many": Count(501, None, "")}


class Answers:
    def flag(self, name):
        return Truth({"yes": True, "no": False}.get(name), name)

    def word(self, name):
        return ("risk", "risk is risk") if name == "risk" else (None, f"{name} is not stated")

    def count(self, name):
        return COUNTS[name]


def ask(text):
    return parse(text, WORDS).ask(Answers())


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("yes", True),
        ("not yes", False),
        ("not not yes", True),
        ("yes and no", False),
        ("yes or no and no", True),
        ("(yes or no) and no", False),
        ("not (no or no)", True),
        # unknown does not settle, and is settled by what does
        ("maybe", None),
        ("not maybe", None),
        ("maybe and yes", None),
        ("maybe and no", False),
        ("maybe or yes", True),
        ("maybe or no", None),
        ("yes and not (maybe or no)", None),
        ("risk != unlikely", True),
        ("risk == high", False),
        ("risk >= risk and risk < high", True),
        ("risk in (unlikely, high)", False),
        ("risk in (risk)", True),
        ("nobody_knows == a", None),
        ("people >= 500", True),
        ("people > 500", False),
        ("people == 500", True),
        ("people != 500", False),
        ("people < 500", False),
        ("some > 500", None),
        ("some <= 700", True),
        ("some > 700", False),
        ("some == 300", None),
        ("some == 701", False),
        ("some != 300", None),
        ("many > 500", True),
        ("many >= 502", None),
        ("many < 501", False),
        ("many == 500", False),
    ],
)
def test_a_condition_is_answered(text, holds):
    assert ask(text).holds is holds


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("yes and no and maybe", "no"),
        ("yes and maybe and perhaps", "maybe; perhaps"),
        ("no or maybe or no", "maybe"),
        ("no or yes or maybe", "yes"),
        ("people > 500", " (asked: > 500)"),
    ],
)
def test_an_answer_names_what_settled_it_or_what_is_missing(text, because):
    assert ask(text).because == because


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has its end where a name should stand"),
        ("yes and", "has its end where a name should stand"),
        ("and yes", "has 'and' where a name should stand"),
        ("yes yes", "has 'yes' where it should end"),
        ("(yes", r"has its end where '\)' should stand"),
        ("yes)", r"has '\)' where it should end"),
        ("strange", "asks for 'strange'; known: many, maybe, no, nobody_knows, people,"),
        ("risk", "has its end where a comparison should stand"),
        ("risk == strange", "compares risk with 'strange'; allowed: unlikely, risk, high"),
        ("risk in high", r"has 'high' where '\(' should stand"),
        ("people", "has its end where a comparison should stand"),
        ("people in (1, 2)", "has 'in' after people; allowed: =="),
        ("people >= yes", "has 'yes' where a whole number should stand"),
        ("people >= -1", "cannot be read from '-1' on"),
        ("yes; import os", "cannot be read from '; import os' on"),
        ("__import__('os')", "cannot be read from .__import__"),
        ("yes.real", "cannot be read from '.real' on"),
        ("(" * 9 + "yes" + ")" * 9, "is more than 8 levels deep"),
        ("yes or " * 60 + "no", "is longer than 300 characters"),
    ],
)
def test_what_is_no_condition_is_refused(text, said):
    with pytest.raises(BadCondition, match=said):
        parse(text, WORDS)
