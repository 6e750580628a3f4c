"""What a case states for its clocks: facts, and the moments of its events. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from severity.clocks.rules import Role
from severity.clocks.ruleset import RISKS, ClockRules
from severity.facts import BadFact, count, shown

KEYS = ("id", "facts", "events", "rules", "now")
WORDED = ("jurisdictions", "role", "internal_only", "unintelligible", "risk", "individuals")
LISTED = ("individuals_in", "categories", "sectors")
MOST_WORDS, LONGEST_WORD = 300, 80
# Nobody can know a moment to come. But people plan: without a `now` a case may
# lie ahead so far; more than that is a slip of the pen.
PLANNED_AHEAD = timedelta(days=366)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """What is known of one incident. None is not known, an empty list is known to be none.

    `events` know their zones. `named` are the rules that the case asks for, None for all.
    """

    jurisdictions: frozenset[str] | None = None
    role: Role | None = None
    internal_only: bool | None = None
    unintelligible: bool | None = None
    risk: str | None = None
    individuals: int | None = None
    individuals_in: Mapping[str, int] = field(default_factory=dict)
    categories: tuple[str, ...] | None = None
    sectors: tuple[str, ...] | None = None
    flags: Mapping[str, bool] = field(default_factory=dict)
    events: Mapping[str, datetime] = field(default_factory=dict)
    named: tuple[str, ...] | None = None
    ahead: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, given: object, rules: ClockRules, *, now: datetime) -> "Case":
        """Return the case that `given` states, in the form of docs/clocks.md.

        Args:
            now: no event may lie later than 366 days after it; with a `now` of its own,
                no event of the case may lie after that one.

        Raises:
            BadFact: for the first fact or event that is unknown, of another type, absurd, or
                contradicts another.
        """
        if not isinstance(given, Mapping):
            raise BadFact("the case", given, allowed="a mapping with facts and events")
        _known_keys(given, KEYS, where="")
        facts = _mapping(given, "facts")
        known = (*WORDED, *LISTED, *rules.flags)
        _known_keys(facts, known, where="facts.")
        own = given.get("now")
        limit = now + PLANNED_AHEAD if own is None else _moment("now", own)
        events = _events(given, rules, limit=limit, own=own is not None)
        case = cls(
            jurisdictions=_jurisdictions(facts, rules),
            role=_choice(facts, "role", tuple(Role)),
            internal_only=_yes_or_no(facts, "internal_only"),
            unintelligible=_yes_or_no(facts, "unintelligible"),
            risk=_choice(facts, "risk", RISKS),
            individuals=_people(facts.get("individuals"), "individuals"),
            individuals_in=_people_in(facts, rules),
            categories=_words(facts, "categories"),
            sectors=_words(facts, "sectors"),
            flags={name: bool(facts[name]) for name in rules.flags if _says(facts, name)},
            events=events,
            named=_named(given, rules),
            ahead=tuple(name for name, at in events.items() if at > now) if own is None else (),
        )
        _refuse_contradictions(case)
        return case


def _known_keys(given: Mapping[Any, object], known: Iterable[str], *, where: str) -> None:
    names = tuple(known)
    for key in given:
        if key not in names:
            field_ = f"{where}{key}" if isinstance(key, str) else f"{where}{shown(key)}"
            raise BadFact(field_, None, fault="is not known", allowed=", ".join(names))


def _mapping(given: Mapping[Any, Any], key: str, *, where: str = "") -> Mapping[Any, Any]:
    value = given.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadFact(f"{where}{key}", value, allowed="a mapping")
    return value


def _yes_or_no(facts: Mapping[Any, Any], name: str) -> bool | None:
    value = facts.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadFact(f"facts.{name}", value, allowed="true, false, or left out while not known")
    return value


def _says(facts: Mapping[Any, Any], name: str) -> bool:
    return _yes_or_no(facts, name) is not None


def _choice(facts: Mapping[Any, Any], name: str, words: Collection[str]) -> Any:
    value = facts.get(name)
    if value is not None and (not isinstance(value, str) or value not in words):
        raise BadFact(f"facts.{name}", value, allowed=", ".join(words))
    return None if value is None else next(word for word in words if word == value)


def _people(value: object, name: str) -> int | None:
    return None if value is None else count(value, f"facts.{name}")


def _words(facts: Mapping[Any, Any], name: str) -> tuple[str, ...] | None:
    value = facts.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MOST_WORDS:
        raise BadFact(f"facts.{name}", value, allowed=f"a list of at most {MOST_WORDS} words")
    for word in value:
        if not isinstance(word, str) or not 0 < len(word.strip()) <= LONGEST_WORD:
            allowed = f"words of at most {LONGEST_WORD} characters"
            hint = ' (YAML reads a bare NO as false; write "NO")' if word is False else ""
            raise BadFact(f"facts.{name}", word, allowed=allowed + hint)
    return tuple(dict.fromkeys(word.strip() for word in value))


def _jurisdictions(facts: Mapping[Any, Any], rules: ClockRules) -> frozenset[str] | None:
    names = _words(facts, "jurisdictions")
    if names is None:
        return None
    return frozenset(_code(name, "jurisdictions", rules) for name in names)


def _code(name: str, field_: str, rules: ClockRules) -> str:
    code = rules.atlas.code(name)
    if code is None:
        allowed = ", ".join(sorted(each for each in rules.atlas.by_code if len(each) < 6))
        raise BadFact(f"facts.{field_}", name, allowed=f"those with rules: {allowed}")
    return code


def _people_in(facts: Mapping[Any, Any], rules: ClockRules) -> dict[str, int]:
    found = {}
    for name, value in _mapping(facts, "individuals_in", where="facts.").items():
        if not isinstance(name, str):
            raise BadFact("facts.individuals_in", name, allowed="jurisdictions with numbers")
        people = _people(value, f"individuals_in.{name}")
        if people is not None:
            found[_code(name, "individuals_in", rules)] = people
    return found


def _named(given: Mapping[Any, Any], rules: ClockRules) -> tuple[str, ...] | None:
    value = given.get("rules")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MOST_WORDS:
        raise BadFact("rules", value, allowed="a list of rule ids")
    for place, name in enumerate(value):
        if not isinstance(name, str) or name not in rules.rules:
            raise BadFact("rules", name, allowed=", ".join(rules.rules))
        if name in value[:place]:
            raise BadFact("rules", name, fault=f"has {name!r} twice", allowed="each id once")
    return tuple(value)


def _events(
    given: Mapping[Any, Any], rules: ClockRules, *, limit: datetime, own: bool
) -> dict[str, datetime]:
    stated = _mapping(given, "events")
    _known_keys(stated, rules.events, where="events.")
    moments = {
        name: _moment(f"events.{name}", stated[name])
        for name in rules.events
        if stated.get(name) is not None
    }
    for name, at in moments.items():
        if at > limit:
            fault = f"is {at.isoformat()}, in the future"
            allowed = "a moment up to now" if own else "a moment up to now, or a year ahead to plan"
            raise BadFact(f"events.{name}", at, fault=fault, allowed=allowed)
        for before in rules.events[name].after:
            if before in moments and at < moments[before]:
                fault = f"is {at.isoformat()}, before {before} ({moments[before].isoformat()})"
                raise BadFact(f"events.{name}", at, fault=fault, allowed=f"from {before} on")
    return moments


def _moment(field_: str, value: object) -> datetime:
    allowed = "a moment with its offset, such as 2026-12-18T15:30:00Z, from 2000 to 2099"
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise BadFact(field_, value, allowed=allowed) from None
    if not isinstance(value, datetime):
        raise BadFact(field_, value, allowed=allowed)
    if value.tzinfo is None:
        fault = f"is {value.isoformat()}, without an offset from UTC"
        raise BadFact(field_, value, fault=fault, allowed=allowed)
    try:
        within = EARLIEST <= value < LATEST
    except OverflowError:
        within = False
    if not within:
        raise BadFact(field_, value.isoformat(), allowed=allowed)
    return value


def _refuse_contradictions(case: Case) -> None:
    if case.individuals is None:
        return
    for code, people in case.individuals_in.items():
        if people > case.individuals:
            allowed = f"at most individuals, {case.individuals}"
            raise BadFact(f"facts.individuals_in.{code}", people, allowed=allowed)
    if case.individuals == 0 and case.risk in ("risk", "high"):
        fault = f"is {case.risk}, yet individuals is 0"
        raise BadFact("facts.risk", case.risk, fault=fault, allowed="unlikely, where nobody is")
