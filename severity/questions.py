"""The questions of a full assessment, and what its answers weigh. Pure.

What nobody knows counts as in triage, so that the same ignorance never has two levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from severity.assessment import Result, assess
from severity.enisa import CIRCUMSTANCES
from severity.facts import BadFact, DataContext, Facts, count, shown
from severity.opposites import refuse
from severity.ruleset import RuleSet
from severity.triage import Answers, ProgramContext, triage
from severity.vocabulary import Audience, Duration, Evidence, People, Seen, StillOpen

UNKNOWN = "unknown"
YES, NO = "yes", "no"
WORDS = {"audience": Audience, "people": People, "duration": Duration, "evidence": Evidence}
# As they are asked: first what may cost a life, then the data, who, how long, what came of it.
NAMES = (
    *("threat_to_life", "dpc", "ei", "audience", "confidentiality", "people", "duration"),
    *("evidence", "ongoing", "refix", "integrity", "availability", "malicious"),
    *("secrets", "unintelligible", "near_miss"),
)
_AS_TRIAGE_ASKS = {
    **dict.fromkeys((Audience.NONE_READABLE, Audience.TEAM, Audience.DEPARTMENT), Seen.FEW_INSIDE),
    Audience.ORG_WIDE: Seen.EVERYONE_INSIDE,
}
_HOUR_SECONDS = 3600
_DAY_SECONDS = 24 * _HOUR_SECONDS


@dataclass(frozen=True)
class Said:
    """One person's answers.

    `answers`: by question, one of its scale or "unknown"; what is left out is unknown.
    `people_count`: the exact number, where it is known. `since`, `until`: from when to when it
    was open, as far as is known, with their zones.
    """

    answers: Mapping[str, str]
    people_count: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def plain(self) -> dict[str, Any]:
        """Return what was said as JSON can hold it; `from_plain` reads it back."""
        return {
            "answers": dict(self.answers),
            "people_count": self.people_count,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_plain(cls, kept: Mapping[str, Any]) -> "Said":
        moments = {name: kept.get(name) for name in ("since", "until")}
        return cls(
            answers=kept.get("answers", {}),
            people_count=kept.get("people_count"),
            **{name: datetime.fromisoformat(at) if at else None for name, at in moments.items()},
        )


@dataclass(frozen=True)
class Weighed:
    """What the answers lead to. While `undetermined`, it is only the worst plausible level.

    `unknown` names the facts that nobody stated, as `sensitivity` calls them; `assumed` says
    in sentences how each was counted. `counted`: by question, the answer that "unknown"
    would count as.
    """

    facts: Facts
    result: Result
    undetermined: bool
    unknown: tuple[str, ...]
    assumed: tuple[str, ...]
    counted: Mapping[str, str]


def scale(name: str, rules: RuleSet) -> dict[str, Any]:
    """Return every answer to a question, as it is sent, with the fact it states."""
    if name == "dpc":
        table = rules.enisa.dpc.items()
        every = (DataContext(kind, by) for kind, context in table for by in context.adjust)
        return {_sent(each): each for each in every}
    if name == "ei":
        return {str(each): each for each in rules.enisa.ei}
    if name in CIRCUMSTANCES:
        return {str(each): each for each in rules.enisa.cb[name]}
    if name in WORDS:
        return {word.value: word for word in WORDS[name]}
    return {YES: True, NO: False}


def means(name: str, answer: str, rules: RuleSet) -> str:
    """Return what an answer means, in the words of the rule set."""
    fact = scale(name, rules)[answer]
    if name == "dpc":
        return f"{fact.category}, {rules.enisa.dpc[fact.category].adjust[fact.adjustment]}"
    if name == "ei":
        return rules.enisa.ei[fact]
    if name in CIRCUMSTANCES:
        return rules.enisa.cb[name][fact]
    if name in WORDS:
        found: str = getattr(rules.index, name)[fact].means
        return found
    return answer


def fact_of(name: str) -> str:
    """Return what `severity.changes` calls the fact that a question asks for."""
    return f"cb {name}" if name in CIRCUMSTANCES else name


def answers_of(facts: Facts) -> dict[str, str]:
    """Return the answers that these facts are."""
    return {name: _sent(_fact(facts, name)) for name in NAMES}


def weigh(
    said: Said,
    program: ProgramContext | None,
    *,
    every_program: Sequence[ProgramContext] = (),
    rules: RuleSet,
    now: datetime,
) -> Weighed:
    """Return the level that answers lead to, what is unknown at the worst plausible.

    Args:
        program, every_program: as for `triage`.

    Raises:
        BadFact: if an answer is none, a count or moment is absurd, or two contradict each other.
            Its field is the question, or people_count, since, until.
    """
    stated = _stated(said, rules, now)
    asked = Answers(_seen(stated), _still_open(stated))
    counted = triage(asked, program, every_program=every_program, rules=rules).facts
    facts = _facts(counted, stated, said.people_count)
    refuse(stated, closed=said.until is not None)
    unknown = tuple(name for name in NAMES if name not in stated)
    by_triage = answers_of(counted)
    nowhere = program is None and "dpc" in unknown
    return Weighed(
        facts=facts,
        result=assess(facts, rules),
        undetermined="audience" in unknown or nowhere,
        unknown=tuple(fact_of(name) for name in unknown),
        assumed=tuple(
            f"{fact_of(name)} unknown: counted as {means(name, by_triage[name], rules)}"
            for name in unknown
        ),
        counted=by_triage,
    )


def _stated(said: Said, rules: RuleSet, now: datetime) -> dict[str, Any]:
    for name in said.answers:
        if name not in NAMES:
            raise BadFact(shown(name), None, fault="is no question", allowed=", ".join(NAMES))
    stated = {}
    for name, answer in said.answers.items():
        if answer == UNKNOWN:
            continue
        every = scale(name, rules)
        if answer not in every:
            raise BadFact(name, answer, allowed=", ".join([*every, UNKNOWN]))
        stated[name] = every[answer]
    if said.people_count is not None:
        number = count(said.people_count, "people_count")
        stated.setdefault("people", rules.index.bracket(number))
    length = _length(said, rules, now)
    if length and stated.setdefault("duration", length) is not length:
        allowed = f"{length.value}, as the moments say"
        raise BadFact("duration", stated["duration"].value, allowed=allowed)
    return stated


def _length(said: Said, rules: RuleSet, now: datetime) -> Duration | None:
    """How long it was open, by its moments; None where its beginning is not known."""
    for name, at in (("since", said.since), ("until", said.until)):
        if at is not None and at > now:
            allowed = "a moment that has passed"
            raise BadFact(name, None, fault="lies in the future", allowed=allowed)
    if said.since is None:
        return None
    end = said.until or now
    if end < said.since:
        allowed = "a moment after it began"
        raise BadFact("until", None, fault="is before it began", allowed=allowed)
    seconds = (end - said.since).total_seconds()
    if seconds < _HOUR_SECONDS:
        return Duration.UNDER_AN_HOUR
    long = seconds > rules.triage.long_after_days * _DAY_SECONDS
    return Duration.OVER_30_DAYS if long else Duration.UP_TO_30_DAYS


def _seen(stated: Mapping[str, Any]) -> str:
    if "audience" not in stated:
        return Seen.UNKNOWN
    return _AS_TRIAGE_ASKS.get(stated["audience"], Seen.OUTSIDE)


def _still_open(stated: Mapping[str, Any]) -> str:
    if "ongoing" not in stated:
        return StillOpen.UNKNOWN
    return StillOpen.YES if stated["ongoing"] else StillOpen.NO


def _facts(counted: Facts, stated: Mapping[str, Any], people_count: int | None) -> Facts:
    points = {name: stated[name] for name in CIRCUMSTANCES if name in stated}
    known = {field.name for field in fields(Facts)}
    plain = {name: value for name, value in stated.items() if name in known}
    if "people" in stated:
        # The program's own number is for who states none.
        plain["people_count"] = people_count
    return replace(counted, cb=counted.cb._replace(**points), **plain)


def _fact(facts: Facts, name: str) -> Any:
    return getattr(facts.cb if name in CIRCUMSTANCES else facts, name)


def _sent(fact: Any) -> str:
    if isinstance(fact, DataContext):
        return f"{fact.category}{fact.adjustment:+d}"
    if isinstance(fact, bool):
        return YES if fact else NO
    return str(getattr(fact, "value", fact))
