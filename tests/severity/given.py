"""Facts for tests: an exposure whose index equals its score, so that one change shows alone."""

from copy import deepcopy
from decimal import Decimal
from pathlib import Path

import yaml

from severity import loading
from severity.assessment import assess
from severity.facts import Facts
from severity.loading import FOLDER

RULES = loading.current()
CASES = Path(__file__).with_name("cases.yaml")
PLAIN = {
    "dpc": ["behavioural", 0],
    "ei": 1,
    "cb": [0, 0, 0, 0],
    "audience": "org_wide",
    "people": "le_10k",
    "duration": "le_30d",
    "evidence": "none_logs_incomplete",
    "ongoing": False,
    "refix": False,
}


def case(**changes):
    return {**PLAIN, **changes}


def facts(**changes):
    return Facts.from_mapping(case(**changes), RULES)


def assessed(**changes):
    return assess(facts(**changes), RULES)


def line(result, term):
    """The one line of a trace that is about `term`, None if there is none."""
    found = [each for each in result.trace if each["term"] == term]
    assert len(found) < 2
    return found[0] if found else None


def points(text):
    return Decimal(text)


SHIPPED_DATA = yaml.safe_load((FOLDER / f"{RULES.version}.yaml").read_text())


def rule_data():
    """The shipped rule set as data, fresh, to be spoiled."""
    return deepcopy(SHIPPED_DATA)
