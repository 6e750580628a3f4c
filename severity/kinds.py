"""What a report's answers and a program's kinds of data count as, by the rule set. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from severity.enisa import Enisa
from severity.reading import BadRuleSet, Section
from severity.vocabulary import Audience, Category, Duration, Evidence, People, Seen

NAME = re.compile(r"[a-z][a-z_]{0,39}")


@dataclass(frozen=True)
class Kind:
    """A kind of collected data on ENISA's scale; `secrets`: it opens other stores."""

    category: Category
    adjust: int
    secrets: bool
    dpc: int


@dataclass(frozen=True)
class Answer:
    """What an answer to "who can see it" counts as."""

    audience: Audience
    confidentiality: Decimal


@dataclass(frozen=True)
class TriageRules:
    """`answers` has every answer, "unknown" as the one it counts as."""

    ei: Decimal
    evidence: Evidence
    long_after_days: int
    answers: Mapping[Seen, Answer]
    counted_as: Seen
    people: People
    duration: Duration
    kind: Kind
    unlisted_kind: Kind
    kinds: Mapping[str, Kind]


def read_triage(section: Section, enisa: Enisa) -> TriageRules:
    unknown = section.section(
        "when_unknown", keys=["audience", "people", "duration", "kind", "unlisted_kind"]
    )
    answers, counted_as = _answers(section, unknown, enisa)
    ei = section.decimal("ei")
    if ei not in enisa.ei:
        raise BadRuleSet(section.at("ei"), f"is {ei}, not on ENISA's scale")
    return TriageRules(
        ei=ei,
        evidence=section.word("evidence", Evidence),
        long_after_days=section.whole("long_after_days", least=1, most=3650),
        answers=answers,
        counted_as=counted_as,
        people=unknown.word("people", People),
        duration=unknown.word("duration", Duration),
        kind=_kind(unknown.section("kind", keys=["category", "adjust"]), enisa),
        unlisted_kind=_kind(unknown.section("unlisted_kind", keys=["category", "adjust"]), enisa),
        kinds=_kinds(section, enisa),
    )


def _answers(section: Section, unknown: Section, enisa: Enisa) -> tuple[dict[Seen, Answer], Seen]:
    known = [seen for seen in Seen if seen is not Seen.UNKNOWN]
    table = section.section("answers", keys=known)
    answers: dict[Seen, Answer] = {seen: _answer(table, seen, enisa) for seen in known}
    counted_as = unknown.word("audience", Seen)
    if counted_as is Seen.UNKNOWN or answers[counted_as].audience is not Audience.PUBLIC:
        raise BadRuleSet(unknown.at("audience"), "must be an answer that counts as public")
    answers[Seen.UNKNOWN] = answers[counted_as]
    return answers, counted_as


def _answer(table: Section, seen: Seen, enisa: Enisa) -> Answer:
    entry = table.section(seen, keys=["audience", "confidentiality"])
    points = entry.decimal("confidentiality")
    if points not in enisa.cb["confidentiality"]:
        raise BadRuleSet(entry.at("confidentiality"), f"is {points}, not on ENISA's scale")
    return Answer(entry.word("audience", Audience), points)


def _kinds(section: Section, enisa: Enisa) -> dict[str, Kind]:
    names = list(section.free("kinds"))
    for name in names:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise BadRuleSet(section.at("kinds"), f"{name!r} must be lower-case words with _")
    table = section.section("kinds", keys=names)
    entries = {
        name: table.section(name, keys=["category", "adjust", "why"], optional=["secrets"])
        for name in names
    }
    for entry in entries.values():
        entry.text("why")
    return {name: _kind(entry, enisa) for name, entry in entries.items()}


def _kind(entry: Section, enisa: Enisa) -> Kind:
    category = entry.word("category", Category)
    adjust = entry.whole("adjust", least=-3, most=3)
    context = enisa.dpc[category]
    if adjust not in context.adjust:
        allowed = ", ".join(str(step) for step in context.adjust)
        raise BadRuleSet(entry.at("adjust"), f"is {adjust}; allowed for {category}: {allowed}")
    secrets = "secrets" in entry and entry.flag("secrets")
    return Kind(category, adjust, secrets, context.base + adjust)
