"""Our index, its levels, and the caps and floors around them, as a rule set states them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from severity.ladder import Sev
from severity.reading import BadRuleSet, Section, rising
from severity.vocabulary import Audience, Duration, Evidence, Flag, People

# What a cap that holds against floors must ask for. Else one cap could silence every floor.
HARMLESS = (Flag.UNINTELLIGIBLE, Flag.NEAR_MISS)
FEW_PEOPLE = 100

Word = TypeVar("Word", Audience, Duration, Evidence)


@dataclass(frozen=True)
class Weight:
    points: Decimal
    means: str


@dataclass(frozen=True)
class Bracket:
    """A number of people from `lowest` to `highest`; None is no upper end."""

    points: Decimal
    means: str
    lowest: int
    highest: int | None

    def holds(self, count: int) -> bool:
        return self.lowest <= count and (self.highest is None or count <= self.highest)


@dataclass(frozen=True)
class Index:
    """What is added to the ENISA score, by fact."""

    audience: Mapping[Audience, Weight]
    people: Mapping[People, Bracket]
    duration: Mapping[Duration, Weight]
    evidence: Mapping[Evidence, Weight]
    ongoing: Weight
    refix: Weight

    def bracket(self, count: int) -> People:
        return next(people for people, bracket in self.people.items() if bracket.holds(count))


@dataclass(frozen=True)
class Reach:
    """The level that an index of at least `begins` has; None takes the rest."""

    sev: Sev
    begins: Decimal | None


@dataclass(frozen=True)
class Condition:
    """What must all hold; None or empty asks for nothing."""

    flags: frozenset[Flag]
    audience: frozenset[Audience]
    dpc_from: int | None
    ei_from: Decimal | None
    se_from: Decimal | None
    people_over: int | None
    people_up_to: int | None


@dataclass(frozen=True)
class Bound:
    """A cap ("at most this severe") or a floor ("at least"); `wins` over the other kind."""

    id: str
    sev: Sev
    when: Condition
    why: str
    wins: bool


def read_index(section: Section) -> Index:
    return Index(
        audience=_weights(section, "audience", Audience),
        people=_brackets(section),
        duration=_weights(section, "duration", Duration),
        evidence=_weights(section, "evidence", Evidence),
        ongoing=_aggravation(section, "ongoing"),
        refix=_aggravation(section, "refix"),
    )


def _weight(section: Section, key: str) -> Weight:
    entry = section.section(key, keys=["points", "means"])
    return Weight(entry.decimal("points"), entry.text("means"))


def _aggravation(section: Section, key: str) -> Weight:
    weight = _weight(section, key)
    if weight.points < 0:
        raise BadRuleSet(section.at(key), "must not make an incident milder")
    return weight


def _weights(section: Section, key: str, words: type[Word]) -> dict[Word, Weight]:
    table = section.section(key, keys=words)
    weights = {word: _weight(table, word) for word in words}
    rising(section.at(key), [weight.points for weight in weights.values()])
    return weights


def _brackets(section: Section) -> dict[People, Bracket]:
    table = section.section("people", keys=People)
    brackets = {people: _bracket(table, people) for people in People}
    rising(section.at("people"), [bracket.points for bracket in brackets.values()])
    next_lowest: int | None = 0
    for people, bracket in brackets.items():
        if bracket.lowest != next_lowest:
            raise BadRuleSet(table.at(people), f"must begin at {next_lowest}: no gap, no overlap")
        next_lowest = None if bracket.highest is None else bracket.highest + 1
    if next_lowest is not None:
        raise BadRuleSet(table.at(People.MORE), "must have no upper end (to: null)")
    return brackets


def _bracket(table: Section, people: People) -> Bracket:
    entry = table.section(people, keys=["points", "from", "to", "means"])
    lowest = entry.whole("from", least=0, most=10**10)
    highest = None if entry.is_null("to") else entry.whole("to", least=lowest, most=10**10)
    return Bracket(entry.decimal("points"), entry.text("means"), lowest, highest)


def read_levels(whole: Section) -> tuple[Reach, ...]:
    """Read the ladder. A level left out would send its incidents to a milder one."""
    entries = whole.sections("levels", keys=["sev", "osi_from"])
    levels = tuple(_reach(entry, last=entry is entries[-1]) for entry in entries)
    if [reach.sev for reach in levels] != list(Sev):
        given = ", ".join(reach.sev.label for reach in levels)
        raise BadRuleSet("levels", f"must be SEV 0 to SEV 5 in this order, each once, not {given}")
    begins = [reach.begins for reach in levels if reach.begins is not None]
    if begins != sorted(set(begins), reverse=True):
        raise BadRuleSet("levels", "must fall from one osi_from to the next")
    return levels


def _reach(entry: Section, *, last: bool) -> Reach:
    if entry.is_null("osi_from") != last:
        raise BadRuleSet(entry.at("osi_from"), "is null for the last level and for no other")
    begins = None if last else entry.decimal("osi_from")
    return Reach(Sev(entry.whole("sev", least=0, most=5)), begins)


def read_bounds(whole: Section, kind: str, *, bound: str, wins: str) -> tuple[Bound, ...]:
    """Read the list of caps or floors in the order in which they apply."""
    entries = whole.sections(kind, keys=["id", bound, "when", "why"], optional=[wins])
    bounds = tuple(
        Bound(
            id=entry.text("id"),
            sev=Sev(entry.whole(bound, least=0, most=5)),
            when=_condition(entry),
            why=entry.text("why"),
            wins=wins in entry and entry.flag(wins),
        )
        for entry in entries
    )
    if len({each.id for each in bounds}) < len(bounds):
        raise BadRuleSet(kind, "has an id twice")
    for place, each in enumerate(bounds):
        if kind == "caps" and each.wins and not _is_harmless(each.when):
            allowed = f"{', '.join(HARMLESS)}, or people_up_to of at most {FEW_PEOPLE}"
            said = f"must ask for one of these, as the cap holds against floors: {allowed}"
            raise BadRuleSet(f"{kind}[{place}].when", said)
    return bounds


def _is_harmless(when: Condition) -> bool:
    few = when.people_up_to is not None and when.people_up_to <= FEW_PEOPLE
    return few or not when.flags.isdisjoint(HARMLESS)


def _condition(entry: Section) -> Condition:
    terms = ["audience", "dpc_from", "ei_from", "se_from", "people_over", "people_up_to"]
    when = entry.section("when", keys=[], optional=[*Flag, *terms])
    if not any(True for _ in when.names()):
        raise BadRuleSet(entry.at("when"), "must name a condition")
    for flag in Flag:
        if flag in when and not when.flag(flag):
            raise BadRuleSet(when.at(flag), "can only ask for true")
    return Condition(
        flags=frozenset(flag for flag in Flag if flag in when),
        audience=frozenset(when.words("audience", Audience) if "audience" in when else ()),
        dpc_from=when.whole("dpc_from", least=1, most=4) if "dpc_from" in when else None,
        ei_from=when.decimal("ei_from") if "ei_from" in when else None,
        se_from=when.decimal("se_from") if "se_from" in when else None,
        people_over=_count(when, "people_over"),
        people_up_to=_count(when, "people_up_to"),
    )


def _count(when: Section, key: str) -> int | None:
    return when.whole(key, least=0, most=10**10) if key in when else None
