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
# The least that each of them stops.
LEAST_SCOPE = {
    Sev.SEV0: Scope.ALL_PROGRAMS_ON_THE_STORE,
    Sev.SEV1: Scope.PROGRAM_AND_DERIVED,
    Sev.SEV2: Scope.PROGRAM,
}
_FROM_WIDE_TO_NARROW = (Scope.ALL_PROGRAMS_ON_THE_STORE, Scope.PROGRAM_AND_DERIVED, Scope.PROGRAM)
_NOBODY = "when nobody determines the severity"
LONGEST_WAIT_SECONDS = 7 * 24 * 3600
# As long as the ledger has room for. A longer one would keep every report of its level out.
LONGEST_ID, LONGEST_WHY = 40, 200
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
    levels = _lowered_by_two(lowering)
    due = section.section("full_assessment_due", keys=[f"sev{sev.value}" for sev in Sev])
    return Policy(
        keep_peak_sev=section.flag("keep_peak_sev"),
        reason_from=levels,
        second_person_from=levels,
        full_assessment_due={sev: _due(due, f"sev{sev.value}") for sev in Sev},
    )


def _lowered_by_two(lowering: Section) -> frozenset[Sev]:
    """What stopped a program goes milder only by two people and with a reason."""
    for key in ("reason_required", "second_person"):
        if not lowering.flag(key):
            raise BadRuleSet(lowering.at(key), "is false; allowed: true")
    levels = frozenset(Sev(level) for level in lowering.wholes("from_levels", least=0, most=5))
    if missing := [sev.label for sev in PAUSES_AT_ONCE if sev not in levels]:
        said = f"leaves out {', '.join(missing)}; allowed: any levels that include 0, 1 and 2"
        raise BadRuleSet(lowering.at("from_levels"), said)
    return levels


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
    stops = {place: rule for place, rule in enumerate(rules) if rule.action is Action.PAUSE}
    at_once = {place: rule for place, rule in stops.items() if rule.pauses_at_once}
    for sev, least in LEAST_SCOPE.items():
        found = {place: rule for place, rule in at_once.items() if sev in rule.levels}
        _stops(found, f"at once at {sev.label}", allowed=_at_least(least))
    own = {place: rule for place, rule in at_once.items() if rule.own_threshold}
    _stops(own, "at once at a program's own threshold", allowed=_at_least(Scope.PROGRAM))
    overdue = {place: rule for place, rule in stops.items() if rule.undetermined}
    _stops(overdue, _NOBODY, allowed=(Scope.PROGRAMS_CONCERNED,))
    if not any(rule.action is Action.ESCALATE and rule.undetermined for rule in rules):
        raise BadRuleSet("thresholds", f"must escalate {_NOBODY}")
    return rules


def _at_least(least: Scope) -> tuple[Scope, ...]:
    return _FROM_WIDE_TO_NARROW[: _FROM_WIDE_TO_NARROW.index(least) + 1]


def _stops(found: Mapping[int, Threshold], when: str, *, allowed: tuple[Scope, ...]) -> None:
    """One pause that is wide enough will do: others only add to it."""
    if not found:
        raise BadRuleSet("thresholds", f"must pause {when}")
    if any(rule.scope in allowed for rule in found.values()):
        return
    place, rule = next(iter(found.items()))
    said = f"is {str(rule.scope)!r}; a pause {when} allows: {', '.join(allowed)}"
    raise BadRuleSet(f"thresholds[{place}].scope", said)


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
        id=_words(entry, "id", LONGEST_ID),
        levels=frozenset(Sev(level) for level in levels),
        undetermined=chosen == ["undetermined"],
        own_threshold=chosen == ["own_threshold"],
        action=action,
        scope=_scope(entry, action),
        mode=mode,
        seconds=_seconds(entry, mode),
        why=_words(entry, "why", LONGEST_WHY),
    )


def _words(entry: Section, key: str, longest: int) -> str:
    found = entry.text(key)
    if len(found) > longest:
        raise BadRuleSet(entry.at(key), f"has {len(found)} characters; allowed: at most {longest}")
    return found


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
