"""Where people live and who regulates you: which rules that may bring, and where days end. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from severity.clocks.calendars import Place
from severity.clocks.truth import Truth
from severity.reading import BadRuleSet, Section


@dataclass(frozen=True)
class Jurisdiction:
    """`within`: every larger one it belongs to. `country`: whose holidays count, if any."""

    code: str
    name: str
    zone: ZoneInfo
    within: frozenset[str]
    country: str | None = None
    # A union whose law may hold there too: EU law that the EEA agreement took over.
    perhaps: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Atlas:
    """All jurisdictions by code, and other names of some."""

    by_code: Mapping[str, Jurisdiction]
    also: Mapping[str, str]

    def code(self, name: str) -> str | None:
        """The code for a code or another name; None if there is no such jurisdiction."""
        return name if name in self.by_code else self.also.get(name)

    @cached_property
    def parts(self) -> dict[str, frozenset[str]]:
        """What belongs to each of the larger ones."""
        wholes = frozenset[str]().union(*(each.within for each in self.by_code.values()))
        return {
            whole: frozenset(each.code for each in self.by_code.values() if whole in each.within)
            for whole in wholes
        }

    def reaches(self, asked: str, named: Collection[str] | None) -> Truth:
        """Whether a rule of `asked` concerns a case that names these jurisdictions.

        To name a whole and none of its parts says nothing about the parts, so those
        are unknown; to name one part says no to the others.
        """
        name = self.by_code[asked].name
        if named is None:
            return Truth(None, "jurisdictions are not stated")
        if any(asked == each or asked in self.by_code[each].within for each in named):
            return Truth(True, f"{name} is named")
        for whole in sorted(named):
            if asked in self.by_code[whole].perhaps:
                return Truth(None, f"nothing says whether law of {name} holds in {whole}")
            parts = self.parts.get(whole, frozenset())
            if asked in parts and parts.isdisjoint(named):
                return Truth(None, f"{whole} is named, and nothing says whether {name} is too")
        return Truth(False, f"{name} is not named")

    def place(self, asked: str, named: Collection[str]) -> Place:
        """Where the days of a rule of `asked` end, and whose holidays move them.

        With one member state named it is that one's zone; holidays count where every
        member state named keeps them, or every one there is.
        """
        parts = (self.by_code[code] for code in sorted(self.parts.get(asked, frozenset())))
        members = [each for each in parts if each.country]
        concerned = [each for each in members if each.code in named] or members
        countries = tuple(sorted(each.country for each in concerned if each.country))
        if len(concerned) == 1:
            return Place(concerned[0].zone, countries)
        whole = self.by_code[asked]
        return Place(whole.zone, countries)


def read_atlas(whole: Section) -> Atlas:
    """Read `jurisdictions`, `members` and `other_parts`.

    Raises:
        BadRuleSet: for a zone that does not exist, a part of what there is not, or a name
            that stands for two.
    """
    found: dict[str, Jurisdiction] = {}
    also: dict[str, str] = {}
    for each, names in _given(whole):
        for name in (each.code, *names):
            if name in found or name in also:
                raise BadRuleSet(f"jurisdictions.{each.code}", f"has {name!r}, which is taken")
            also[name] = each.code
        del also[each.code]
        found[each.code] = each
    for each in found.values():
        for larger in each.within - found.keys():
            raise BadRuleSet(f"jurisdictions.{each.code}", f"is within {larger!r}, unknown")
    return Atlas(found, also)


def _given(whole: Section) -> Iterator[tuple[Jurisdiction, tuple[str, ...]]]:
    table = whole.section("jurisdictions", keys=[*whole.free("jurisdictions")])
    for code in table.names():
        entry = table.section(code, keys=["name", "zone", "within", "also"])
        within = frozenset(entry.words_or_none("within"))
        zone = read_zone(entry, "zone")
        yield (
            Jurisdiction(code, entry.text("name"), zone, within),
            entry.words_or_none("also"),
        )
    yield from ((each, ()) for each in _members(whole))
    yield from ((each, ()) for each in _other_parts(whole, table))


def _members(whole: Section) -> Iterator[Jurisdiction]:
    unions = whole.section("members", keys=["EU", "EEA"])
    for union in ("EU", "EEA"):
        within = frozenset({"EU", "EEA"} if union == "EU" else {"EEA"})
        table = unions.section(union, keys=[*unions.free(union)])
        for code in table.names():
            perhaps = frozenset({"EU"} - within)
            yield Jurisdiction(code, code, read_zone(table, code), within, code, perhaps)


def _other_parts(whole: Section, table: Section) -> Iterator[Jurisdiction]:
    parts = whole.section("other_parts", keys=["US"])
    zone = read_zone(table.section("US", keys=["name", "zone", "within", "also"]), "zone")
    for line in parts.lists("US"):
        for code in line:
            yield Jurisdiction(f"US-{code}", f"US-{code}", zone, frozenset({"US"}))


def read_zone(section: Section, key: str) -> ZoneInfo:
    name = section.text(key)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadRuleSet(section.at(key), f"is {name!r}, no zone of the tz database") from None
