"""Exposures that stay grave under every rule set, whatever else it changes. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from severity.assessment import Result, assess
from severity.facts import BadFact, Facts
from severity.ladder import Sev
from severity.reading import BadRuleSet
from severity.ruleset import RuleSet
from severity.vocabulary import Audience, Flag

# As grave as what stops a program at once: else no rule would ever stop one.
GRAVE = Sev.SEV2
OUTSIDE = (
    Audience.KNOWN_EXTERNAL,
    Audience.OTHER_CUSTOMERS,
    Audience.UNLISTED_LINK,
    Audience.PUBLIC,
)
# Facts that make an exposure worse: none may be the way to a milder level.
WORSE = (None, Flag.SECRETS, Flag.THREAT_TO_LIFE)


def hold(rules: RuleSet) -> None:
    """Refuse rules under which one of these exposures would run on.

    Raises:
        BadRuleSet: naming the exposure, its level, and the level, cap or floor that gave it.
    """
    for name, given in _anchors():
        for flag in WORSE:
            _hold(name, {**given, **({flag.value: True} if flag else {})}, rules)


def _anchors() -> Iterator[tuple[str, dict[str, Any]]]:
    """Neither long, nor going on, nor seen by anybody for certain: the mildest of their kind."""
    for count in (1_000, 100_000):
        name = f"behavioural data of {count} people, open to the whole organisation"
        yield name, _facts(["behavioural", 1], Audience.ORG_WIDE, count)
    for audience in OUTSIDE:
        name = f"health data of 50000 people, open to {audience}"
        yield name, _facts(["sensitive", 0], audience, 50_000)


def _facts(dpc: list[Any], audience: Audience, count: int) -> dict[str, Any]:
    return {
        "dpc": dpc,
        "ei": 1,
        "cb": [Decimal("0.25"), 0, 0, 0],
        "audience": audience.value,
        "people_count": count,
        "duration": "le_30d",
        "evidence": "none_logs_incomplete",
        "ongoing": False,
        "refix": False,
    }


def _hold(name: str, given: Mapping[str, Any], rules: RuleSet) -> None:
    people = rules.index.bracket(given["people_count"]).value
    try:
        found = assess(Facts.from_mapping({**given, "people": people}, rules), rules)
    except BadFact as fault:
        raise BadRuleSet("enisa", f"must be able to weigh {name}: {fault}") from fault
    if found.sev.at_least(GRAVE):
        return
    flags = [flag.value for flag in WORSE if flag and flag in given]
    what = f"{name}{''.join(f', {flag}' for flag in flags)}"
    said = f"make {what} {found.sev.label} (by {_by(found)}); allowed: {GRAVE.label} or worse"
    raise BadRuleSet("levels, caps and floors", said)


def _by(found: Result) -> str:
    """What gave the level: the ladder ("level"), or the cap or floor of this id."""
    by, level = "", None
    for line in found.trace:
        if "sev" in line and line["sev"] != level:
            by, level = line["term"], line["sev"]
    return by
