"""One version of the clock rules: load it, check it, know what it knows. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from severity.clocks.conditions import Vocabulary
from severity.clocks.places import Atlas, read_atlas
from severity.clocks.rules import Rule, read_rules
from severity.reading import BadRuleSet, Section
from severity.ruleset import VERSION
from severity.strict_yaml import BadYaml, load

FOLDER = Path(__file__).parent / "rules"
# Said here, not "the newest file": a draft that lies in the folder starts no clock.
CURRENT = "2026.11-1"

RISKS = ("unlikely", "risk", "high")
# What every rule may ask beside the flags of the rule set.
BUILT_IN = frozenset({"personal_data", "internal_only", "unintelligible", "other_state"})
COUNTS = frozenset({"people", "people_here", "people_in_one_state"})
WORDS = {"risk": RISKS}
KEYS = ["version", "events", "other_moments", "jurisdictions", "members", "other_parts"]
KEYS += ["flags", "sectors", "categories", "clocks"]


@dataclass(frozen=True)
class Event:
    """A moment of an incident. It cannot lie before those of `after`."""

    name: str
    means: str
    after: tuple[str, ...]
    starts_clocks: bool


@dataclass(frozen=True)
class Flag:
    """What a case may say yes or no to, and what settles it while the case does not."""

    name: str
    asks: str
    shown_by: tuple[str, ...]
    when_risk: Mapping[str, bool]
    people_over: int | None
    presumed: bool | None


@dataclass(frozen=True)
class Bearing:
    """What a sector or a kind of data says: these flags hold, those may."""

    shows: frozenset[str]
    allows: frozenset[str]


@dataclass(frozen=True)
class ClockRules:
    """Everything that a clock depends on, beside the case."""

    version: str
    events: Mapping[str, Event]
    atlas: Atlas
    flags: Mapping[str, Flag]
    sectors: Mapping[str, Bearing]
    categories: Mapping[str, Bearing]
    rules: Mapping[str, Rule]

    @classmethod
    def current(cls) -> "ClockRules":
        """The rules that start clocks today."""
        return _load(CURRENT)

    @classmethod
    def parse(cls, data: object) -> "ClockRules":
        """Return the rules in `data`, as YAML or JSON gives it.

        Raises:
            BadRuleSet: if a key is missing, unknown or wrong; if a rule has an id that is
                taken, or an event, unit, calendar, jurisdiction or condition that is
                not known; the message has its path.
        """
        whole = Section(data, "", keys=KEYS)
        version = whole.text("version")
        if not VERSION.fullmatch(version):
            raise BadRuleSet("version", f'is {version!r}, must look like "2026.11-1"')
        events = {each.name: each for each in _events(whole)}
        flags = _flags(whole, events)
        atlas = read_atlas(whole)
        vocabulary = Vocabulary(BUILT_IN | flags.keys(), WORDS, COUNTS)
        starts = [each.name for each in events.values() if each.starts_clocks]
        rules = read_rules(whole, vocabulary, events=starts, jurisdictions=atlas.by_code)
        return cls(
            version=version,
            events=events,
            atlas=atlas,
            flags=flags,
            sectors=_bearings(whole, "sectors", flags),
            categories=_bearings(whole, "categories", flags),
            rules={rule.id: rule for rule in rules},
        )

    @cached_property
    def ruled(self) -> frozenset[str]:
        """The jurisdictions that have a rule of their own."""
        return frozenset(rule.jurisdiction for rule in self.rules.values())

    @cached_property
    def by_sector(self) -> frozenset[str]:
        """The flags that some sector bears on."""
        return _borne(self.sectors)

    @cached_property
    def by_category(self) -> frozenset[str]:
        """The flags that some kind of data bears on."""
        return _borne(self.categories)


@cache
def _load(version: str) -> ClockRules:
    try:
        data = load((FOLDER / f"{version}.yaml").read_text(encoding="utf-8"))
    except BadYaml as fault:
        raise BadRuleSet(f"{version}.yaml", f"is not plain YAML: {fault}") from fault
    rules = ClockRules.parse(data)
    if rules.version != version:
        raise BadRuleSet("version", f"is {rules.version} in the file of {version}")
    return rules


def _borne(bearings: Mapping[str, Bearing]) -> frozenset[str]:
    return frozenset().union(*(each.shows | each.allows for each in bearings.values()))


def _events(whole: Section) -> Iterator[Event]:
    known: set[str] = set()
    for kind in ("events", "other_moments"):
        table = whole.section(kind, keys=[*whole.free(kind)])
        for name in table.names():
            entry = table.section(name, keys=["means", "from"])
            after = entry.words_or_none("from")
            for each in after:
                # Told before: so no two can each have to come first.
                if each not in known:
                    raise BadRuleSet(entry.at("from"), f"names {each!r}, no event told before it")
            known.add(name)
            yield Event(name, entry.text("means"), after, kind == "events")


def _flags(whole: Section, events: Mapping[str, Event]) -> dict[str, Flag]:
    table = whole.section("flags", keys=[*whole.free("flags")])
    optional = ["shown_by", "when_risk", "people_over", "presumed"]
    found = {}
    for name in table.names():
        entry = table.section(name, keys=["asks"], optional=optional)
        shown_by = entry.texts("shown_by") if "shown_by" in entry else ()
        for event in shown_by:
            if event not in events:
                raise BadRuleSet(entry.at("shown_by"), f"names {event!r}, no event")
        found[name] = Flag(
            name=name,
            asks=entry.text("asks"),
            shown_by=shown_by,
            when_risk=_when_risk(entry),
            people_over=entry.count("people_over") if "people_over" in entry else None,
            presumed=entry.flag("presumed") if "presumed" in entry else None,
        )
    return found


def _when_risk(entry: Section) -> dict[str, bool]:
    if "when_risk" not in entry:
        return {}
    table = entry.section("when_risk", keys=[], optional=RISKS)
    return {risk: table.flag(risk) for risk in RISKS if risk in table}


def _bearings(whole: Section, kind: str, flags: Mapping[str, Flag]) -> dict[str, Bearing]:
    table = whole.section(kind, keys=[*whole.free(kind)])
    found = {}
    for word in table.names():
        entry = table.section(word, keys=[], optional=["is", "may"])
        shows = frozenset(entry.texts("is") if "is" in entry else ())
        allows = frozenset(entry.texts("may") if "may" in entry else ())
        for flag in (shows | allows) - flags.keys():
            raise BadRuleSet(table.at(word), f"names {flag!r}, no flag")
        found[word] = Bearing(shows, allows)
    return found
