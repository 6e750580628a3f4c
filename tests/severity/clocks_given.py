"""Cases for tests of clocks: everything stated, so that each test takes away what it is about."""

from copy import deepcopy
from datetime import UTC, datetime

import yaml

from severity.clocks.reckoning import reckon, reckon_one
from severity.clocks.ruleset import CURRENT, FOLDER, ClockRules
from severity.clocks.stated import Case

RULES = ClockRules.current()
# Long after every event of these tests, and after every rule is in force.
NOW = datetime(2032, 1, 1, tzinfo=UTC)
SHIPPED = yaml.safe_load((FOLDER / f"{CURRENT}.yaml").read_text())
# Facts under which every rule applies, once its jurisdiction is named.
ALL_FLAGS = dict.fromkeys(RULES.flags, True) | {
    "risk_removed": False,
    "dora_strict": False,
    "small_agent": False,
    "improper_purpose": False,
    "cn_critical": False,
    "cn_state_organ": False,
}
FULL = {
    "role": "controller",
    "internal_only": False,
    "unintelligible": False,
    "risk": "high",
    "individuals": 2_000_000,
    "categories": ["health", "payment"],
    "sectors": [],
    **ALL_FLAGS,
}


def rule_data():
    """The shipped rules as data, fresh, to be spoiled."""
    return deepcopy(SHIPPED)


def case(facts=None, events=None, *, named=None, now=NOW, own=None, **beside):
    """A case as a file would state it; `own` is a `now` of its own."""
    given = {"facts": facts or {}, "events": events or {}, **beside}
    given |= {} if own is None else {"now": own}
    given |= {} if named is None else {"rules": named}
    return Case.from_mapping(given, RULES, now=now)


def where(id_):
    """The jurisdictions that a rule asks for, as a case names them."""
    code = RULES.rules[id_].jurisdiction
    return [] if code in ("contract", "organisation") else [code]


def clock(id_, events, *, places=None, now=NOW, **facts):
    """One rule's clock for a case in which everything is stated."""
    rule = RULES.rules[id_]
    role = {"role": rule.role} if rule.role else {}
    place = {"jurisdictions": where(id_) if places is None else places}
    stated = case(FULL | role | place | facts, events, named=[id_], now=now)
    return reckon_one(rule, stated, RULES, now=now)


def due(id_, events, **more):
    """When the clock ends, as text with its offset; None if it has no end."""
    end = clock(id_, events, **more).due_at
    return None if end is None else end.isoformat()


def clocks(facts, events=None, *, now=NOW):
    """The state of each clock that a case has, by rule."""
    stated = case(facts, events, now=now)
    return {each.rule.id: each.state for each in reckon(stated, RULES, now=now)}
