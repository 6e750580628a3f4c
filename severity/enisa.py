"""The scales of ENISA's method as a rule set states them. Pure.

Source: ENISA, "Recommendations for a methodology of the assessment of severity
of personal data breaches", working document v1.0, December 2013.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from severity.reading import BadRuleSet, Section, rising
from severity.vocabulary import Category

LEVELS_OF_IDENTIFICATION = ("negligible", "limited", "significant", "maximum")
CIRCUMSTANCES = ("confidentiality", "integrity", "availability", "malicious")
BANDS = ("low", "medium", "high", "very_high")
LEAST_DPC, MOST_DPC = 1, 4


@dataclass(frozen=True)
class Context:
    """One category of data: its base score and what may be added to it, and why."""

    base: int
    means: str
    adjust: Mapping[int, str]


@dataclass(frozen=True)
class Band:
    name: str
    begins: Decimal


@dataclass(frozen=True)
class Enisa:
    """`dpc` by category, `ei` and each of `cb` by its points, `bands` from the mildest."""

    source: str
    dpc: Mapping[Category, Context]
    ei: Mapping[Decimal, str]
    cb: Mapping[str, Mapping[Decimal, str]]
    bands: tuple[Band, ...]
    flag_people_over: int

    def band(self, score: Decimal) -> str:
        return next(band.name for band in reversed(self.bands) if score >= band.begins)


def read_enisa(section: Section) -> Enisa:
    section.text("caution")
    section.texts("read_at")
    categories = section.section("dpc", keys=Category)
    return Enisa(
        source=section.text("source"),
        dpc={category: _context(categories, category) for category in Category},
        ei=_identification(section),
        cb=_circumstances(section),
        bands=_bands(section),
        flag_people_over=section.whole("flag_people_over", least=0, most=10**9),
    )


def _context(categories: Section, category: Category) -> Context:
    entry = categories.section(category, keys=["base", "means", "adjust"])
    base = entry.whole("base", least=LEAST_DPC, most=MOST_DPC)
    adjust = {0: entry.text("means")}
    for step in entry.sections("adjust", keys=["by", "means"]):
        # The method's final value is always 1 to 4, so a step beyond it cannot be meant.
        by = step.whole("by", least=LEAST_DPC - base, most=MOST_DPC - base)
        if by in adjust:
            raise BadRuleSet(step.at("by"), f"gives {by} a second time")
        adjust[by] = step.text("means")
    return Context(base, adjust[0], dict(sorted(adjust.items())))


def _identification(section: Section) -> dict[Decimal, str]:
    scale = section.section("ei", keys=LEVELS_OF_IDENTIFICATION)
    entries = [scale.section(name, keys=["points", "means"]) for name in LEVELS_OF_IDENTIFICATION]
    points = [entry.decimal("points") for entry in entries]
    rising(section.at("ei"), points)
    if len(set(points)) < len(points) or points[0] <= 0 or points[-1] > 1:
        raise BadRuleSet(section.at("ei"), "must have four different values over 0, up to 1")
    named = zip(points, LEVELS_OF_IDENTIFICATION, entries, strict=True)
    return {value: f"{name}: {entry.text('means')}" for value, name, entry in named}


def _circumstances(section: Section) -> dict[str, dict[Decimal, str]]:
    kinds = section.section("cb", keys=CIRCUMSTANCES)
    scales = {kind: _circumstance(kinds, kind) for kind in CIRCUMSTANCES}
    most = sum(max(scale) for scale in scales.values())
    if most != section.decimal("cb_most"):
        raise BadRuleSet(
            section.at("cb_most"), f"does not match the scales, which add up to {most}"
        )
    return scales


def _circumstance(kinds: Section, kind: str) -> dict[Decimal, str]:
    entries = kinds.sections(kind, keys=["points", "means"])
    points = [entry.decimal("points") for entry in entries]
    rising(kinds.at(kind), points)
    if points[0] != 0 or len(set(points)) < len(points):
        raise BadRuleSet(kinds.at(kind), 'must begin at "0" and give each value once')
    return {value: entry.text("means") for value, entry in zip(points, entries, strict=True)}


def _bands(section: Section) -> tuple[Band, ...]:
    entries = section.sections("bands", keys=["name", "from"])
    bands = tuple(Band(entry.text("name"), entry.decimal("from")) for entry in entries)
    path = section.at("bands")
    if tuple(band.name for band in bands) != BANDS:
        raise BadRuleSet(path, f"must be {', '.join(BANDS)}, in this order")
    rising(path, [band.begins for band in bands])
    if bands[0].begins != 0 or len({band.begins for band in bands}) < len(bands):
        raise BadRuleSet(path, 'must begin at "0" and rise')
    return bands
