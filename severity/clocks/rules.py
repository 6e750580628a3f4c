"""One clock as a rule set states it: whose, when, from which event, for how long. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from severity.clocks.calendars import Calendar, Term, Unit
from severity.clocks.conditions import BadCondition, Condition, Vocabulary, parse
from severity.reading import BadRuleSet, Section

MOST_TIME = 1000
NEEDED = ["id", "jurisdiction", "law", "article", "starts", "term", "recipient", "status"]
NEEDED += ["verified", "source"]
OPTIONAL = ["actor", "role", "applies_if", "calendar", "limit", "target", "instead", "followup"]
OPTIONAL += ["no_relief_if", "internal_only", "in_force_from", "content", "phased", "note"]
OPTIONAL += ["verified_note"]


class Status(StrEnum):
    IN_FORCE = "in_force"
    # Law already, and in force from a day that the rule names.
    PHASED = "phased"
    GUIDANCE = "guidance"
    # No law yet. It is loaded so that people can see it, and starts no clock.
    PROPOSED = "proposed"
    # What an organisation has promised: it counts where a case names it.
    TEMPLATE = "template"


class Verified(StrEnum):
    """What was read: the law, a page about it, nothing sure, or nothing as it is yours to fill."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"
    NONE = "none"


class Role(StrEnum):
    CONTROLLER = "controller"
    PROCESSOR = "processor"


class Inside(StrEnum):
    """What it means that readers inside the organisation alone could see it."""

    COUNTS = "counts"
    EXEMPT = "exempt"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Limit:
    """Not later than `term` after another event.

    `alone`: it runs although the rule's own event is not set. `lifted`: not where
    the rule's own event came after it.
    """

    event: str
    term: Term
    alone: bool
    lifted: bool


@dataclass(frozen=True)
class Instead:
    when: Condition
    asks: str
    term: Term


@dataclass(frozen=True)
class Rule:
    """`term` is None where the law sets no fixed one; `pace` then says how soon."""

    id: str
    jurisdiction: str
    law: str
    article: str
    actor: str
    role: Role | None
    applies_if: Condition | None
    starts: str
    term: Term | None
    pace: str
    calendar: Calendar | None
    limit: Limit | None
    target: Term | None
    instead: tuple[Instead, ...]
    followup: Term | None
    no_relief_if: str | None
    inside: Inside
    in_force_from: date | None
    recipient: str
    content: tuple[str, ...]
    phased: bool
    note: str
    status: Status
    verified: Verified
    verified_note: str
    source: tuple[str, ...]

    @property
    def cited(self) -> str:
        return f"{self.law} {self.article}"


def read_rules(
    whole: Section,
    vocabulary: Vocabulary,
    *,
    events: Collection[str],
    jurisdictions: Collection[str],
) -> tuple[Rule, ...]:
    """Read the list of clocks; refuse one with a name, event or condition that is not known."""
    rules = []
    taken: set[str] = set()
    for entry in whole.sections("clocks", keys=NEEDED, optional=OPTIONAL):
        id_ = entry.text("id")
        if id_ in taken:
            raise BadRuleSet(entry.at("id"), f"is {id_!r}, which is taken")
        taken.add(id_)
        _one_of(entry, "jurisdiction", jurisdictions)
        _one_of(entry, "starts", events)
        rules.append(_rule(entry, vocabulary, events))
    return tuple(rules)


def _rule(entry: Section, vocabulary: Vocabulary, events: Collection[str]) -> Rule:
    term, pace = _term_or_pace(entry)
    calendar = entry.word("calendar", Calendar) if "calendar" in entry else None
    limit = _limit(entry, events) if "limit" in entry else None
    if (calendar is None) != (term is None and limit is None):
        raise BadRuleSet(entry.at("calendar"), "goes with a fixed term, and only with one")
    return Rule(
        id=entry.text("id"),
        jurisdiction=entry.text("jurisdiction"),
        law=entry.text("law"),
        article=entry.text("article"),
        actor=_said(entry, "actor"),
        role=entry.word("role", Role) if "role" in entry else None,
        applies_if=_condition(entry, "applies_if", vocabulary) if "applies_if" in entry else None,
        starts=entry.text("starts"),
        term=term,
        pace=pace,
        calendar=calendar,
        limit=limit,
        target=_term(entry, "target") if "target" in entry else None,
        instead=tuple(_instead(entry, vocabulary)) if "instead" in entry else (),
        followup=_term(entry, "followup") if "followup" in entry else None,
        no_relief_if=_flag(entry, vocabulary) if "no_relief_if" in entry else None,
        inside=entry.word("internal_only", Inside) if "internal_only" in entry else Inside.COUNTS,
        in_force_from=_day(entry) if "in_force_from" in entry else None,
        recipient=entry.text("recipient"),
        content=entry.texts("content") if "content" in entry else (),
        phased="phased" in entry and entry.flag("phased"),
        note=_said(entry, "note"),
        status=entry.word("status", Status),
        verified=entry.word("verified", Verified),
        verified_note=_said(entry, "verified_note"),
        source=entry.texts("source"),
    )


def _said(entry: Section, key: str) -> str:
    return entry.text(key) if key in entry else ""


def _one_of(entry: Section, key: str, known: Collection[str]) -> None:
    if entry.text(key) not in known:
        raise BadRuleSet(entry.at(key), f"is {entry.text(key)!r}; known: {', '.join(known)}")


def _term(entry: Section, key: str) -> Term:
    part = entry.section(key, keys=["value", "unit"])
    return Term(part.whole("value", least=1, most=MOST_TIME), part.word("unit", Unit))


def _term_or_pace(entry: Section) -> tuple[Term | None, str]:
    part = entry.section("term", keys=[], optional=["value", "unit", "none"])
    if "none" not in part:
        return _term(entry, "term"), ""
    return None, entry.section("term", keys=["none"]).text("none")


def _limit(entry: Section, events: Collection[str]) -> Limit:
    keys = ["event", "value", "unit", "alone"]
    part = entry.section("limit", keys=keys, optional=["lifted_when_started_later"])
    _one_of(part, "event", events)
    later = "lifted_when_started_later"
    return Limit(
        event=part.text("event"),
        term=Term(part.whole("value", least=1, most=MOST_TIME), part.word("unit", Unit)),
        alone=part.flag("alone"),
        lifted=later in part and part.flag(later),
    )


def _instead(entry: Section, vocabulary: Vocabulary) -> Iterator[Instead]:
    for part in entry.sections("instead", keys=["if", "value", "unit"]):
        term = Term(part.whole("value", least=1, most=MOST_TIME), part.word("unit", Unit))
        yield Instead(_condition(part, "if", vocabulary), part.text("if"), term)


def _condition(entry: Section, key: str, vocabulary: Vocabulary) -> Condition:
    try:
        return parse(entry.text(key), vocabulary)
    except BadCondition as fault:
        raise BadRuleSet(entry.at(key), str(fault)) from None


def _flag(entry: Section, vocabulary: Vocabulary) -> str:
    _one_of(entry, "no_relief_if", sorted(vocabulary.flags))
    return entry.text("no_relief_if")


def _day(entry: Section) -> date:
    try:
        return date.fromisoformat(entry.text("in_force_from"))
    except ValueError:
        raise BadRuleSet(entry.at("in_force_from"), 'must be a day such as "2026-01-01"') from None
