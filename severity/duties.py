"""What a level obliges us to do, and what we hold ourselves to, as a rule set states it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from severity.ladder import Sev
from severity.reading import BadRuleSet, Section, Word
from severity.vocabulary import Action, Mode, Scope

# The organisation's floor. It stands in code so that no rule set, however
# changed, can leave a program running at these levels.
PAUSES_AT_ONCE = (Sev.SEV0, Sev.SEV1, Sev.SEV2)
# What stood still at these goes on only if an executive agrees as well.
GOES_ON_WITH_AN_EXECUTIVE = (Sev.SEV0, Sev.SEV1)
LONGEST_WAIT_SECONDS = 7 * 24 * 3600
# What only rules of the organisation use: the floor asks nobody and names nobody.
_NOT_OF_THE_FLOOR = (Action.OPEN_OBLIGATIONS, Action.NOTIFY, Mode.ASK, Scope.DERIVED)


@dataclass(frozen=True)
class Due:
    """How soon a full assessment must be there: hours, or business days."""

    hours: int | None
    business_days: int | None


@dataclass(frozen=True)
class Policy:
    """`reason_from` and `second_person_from`: levels that may be lowered only so."""

    keep_peak_sev: bool
    reason_from: frozenset[Sev]
    second_person_from: frozenset[Sev]
    full_assessment_due: Mapping[Sev, Due]


@dataclass(frozen=True)
class Threshold:
    """One rule: for these levels, or the undetermined, or a program's own threshold."""

    id: str
    levels: frozenset[Sev]
    undetermined: bool
    own_threshold: bool
    action: Action
    scope: Scope | None
    mode: Mode
    seconds: int
    why: str

    @property
    def pauses_at_once(self) -> bool:
        return self.action is Action.PAUSE and self.mode is Mode.AUTOMATIC


def read_policy(section: Section) -> Policy:
    lowering = section.section("lowering", keys=["from_levels", "reason_required", "second_person"])
    levels = frozenset(Sev(level) for level in lowering.wholes("from_levels", least=0, most=5))
    due = section.section("full_assessment_due", keys=[f"sev{sev.value}" for sev in Sev])
    return Policy(
        keep_peak_sev=section.flag("keep_peak_sev"),
        reason_from=levels if lowering.flag("reason_required") else frozenset(),
        second_person_from=levels if lowering.flag("second_person") else frozenset(),
        full_assessment_due={sev: _due(due, f"sev{sev.value}") for sev in Sev},
    )


def _due(section: Section, key: str) -> Due:
    entry = section.section(key, keys=[], optional=["hours", "business_days"])
    if ("hours" in entry) == ("business_days" in entry):
        raise BadRuleSet(section.at(key), "must give either hours or business_days")
    if "hours" in entry:
        return Due(entry.whole("hours", least=1, most=24 * 30), None)
    return Due(None, entry.whole("business_days", least=1, most=60))


def read_thresholds(whole: Section) -> tuple[Threshold, ...]:
    """Read the rules; refuse a set that would let a program run on where it must stop."""
    entries = whole.sections(
        "thresholds",
        keys=["id", "action", "mode", "why"],
        optional=["levels", "undetermined", "own_threshold", "scope", "seconds"],
    )
    rules = tuple(_threshold(entry) for entry in entries)
    if len({rule.id for rule in rules}) < len(rules):
        raise BadRuleSet("thresholds", "has an id twice")
    for sev in PAUSES_AT_ONCE:
        if not any(rule.pauses_at_once and sev in rule.levels for rule in rules):
            raise BadRuleSet("thresholds", f"must pause at once at {sev.label}")
    if not any(rule.pauses_at_once and rule.own_threshold for rule in rules):
        raise BadRuleSet("thresholds", "must pause at once at a program's own threshold")
    for action in (Action.PAUSE, Action.ESCALATE):
        if not any(rule.action is action and rule.undetermined for rule in rules):
            raise BadRuleSet("thresholds", f"must {action} when nobody determines the severity")
    return rules


def _threshold(entry: Section) -> Threshold:
    chosen = [key for key in ("levels", "undetermined", "own_threshold") if key in entry]
    if len(chosen) != 1:
        raise BadRuleSet(entry.path, "must have one of levels, undetermined, own_threshold")
    if chosen != ["levels"] and not entry.flag(chosen[0]):
        raise BadRuleSet(entry.at(chosen[0]), "can only be true")
    action, mode = _of_the_floor(entry, "action", Action), _of_the_floor(entry, "mode", Mode)
    levels = entry.wholes("levels", least=0, most=5) if chosen == ["levels"] else ()
    if (mode is Mode.OVERDUE) != (chosen == ["undetermined"]):
        raise BadRuleSet(entry.at("mode"), "overdue goes with undetermined, and only with it")
    return Threshold(
        id=entry.text("id"),
        levels=frozenset(Sev(level) for level in levels),
        undetermined=chosen == ["undetermined"],
        own_threshold=chosen == ["own_threshold"],
        action=action,
        scope=_scope(entry, action),
        mode=mode,
        seconds=_seconds(entry, mode),
        why=entry.text("why"),
    )


def _scope(entry: Section, action: Action) -> Scope | None:
    if ("scope" in entry) != (action is Action.PAUSE):
        raise BadRuleSet(entry.at("scope"), "goes with a pause, and only with it")
    return _of_the_floor(entry, "scope", Scope) if "scope" in entry else None


def _of_the_floor(entry: Section, key: str, words: type[Word]) -> Word:
    found = entry.word(key, words)
    if found in _NOT_OF_THE_FLOOR:
        allowed = ", ".join(word for word in words if word not in _NOT_OF_THE_FLOOR)
        raise BadRuleSet(entry.at(key), f"is {found.value!r}; allowed: {allowed}")
    return found


def _seconds(entry: Section, mode: Mode) -> int:
    if ("seconds" in entry) != (mode is not Mode.AUTOMATIC):
        raise BadRuleSet(entry.at("seconds"), "goes with automatic_after and overdue only")
    if mode is Mode.AUTOMATIC:
        return 0
    return entry.whole("seconds", least=1, most=LONGEST_WAIT_SECONDS)
