"""The facts of one exposure, as stated, each on the scale of the rule set. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from severity.enisa import CIRCUMSTANCES
from severity.ruleset import RuleSet
from severity.vocabulary import Audience, Category, Duration, Evidence, Flag, People

Word = TypeVar("Word", bound=StrEnum)

REQUIRED = ("dpc", "ei", "cb", "audience", "people", "duration", "evidence", "ongoing", "refix")
OPTIONAL = ("people_count", *Flag)
# What a case may carry beside its facts; it decides nothing.
BESIDE = ("id", "kind", "title", "source", "note", "vcdb", "expected")
SHOWN = 60
# More than live: a slip of the pen, or a count of something else.
MOST_PEOPLE = 8_500_000_000


class BadFact(ValueError):
    """A fact is missing, unknown, or off its scale.

    `field` names it, `given` is what was said (None if nothing), `allowed` is a
    phrase that lists what may be said. The message has all three.
    """

    def __init__(self, field: str, given: object, *, allowed: str, fault: str = "") -> None:
        super().__init__(f"{field} {fault or 'is ' + shown(given)}; allowed: {allowed}")
        self.field = field
        self.given = given
        self.allowed = allowed


class DataContext(NamedTuple):
    category: Category
    adjustment: int


class Circumstances(NamedTuple):
    """ENISA's four additions, in points."""

    confidentiality: Decimal
    integrity: Decimal
    availability: Decimal
    malicious: Decimal


@dataclass(frozen=True)
class Facts:
    """What is known of one exposure. Nothing here is unknown: triage has already decided."""

    dpc: DataContext
    ei: Decimal
    cb: Circumstances
    audience: Audience
    people: People
    duration: Duration
    evidence: Evidence
    ongoing: bool
    refix: bool
    # The exact number where it is known: a bracket alone may stand on both
    # sides of a limit that a floor asks for.
    people_count: int | None = None
    threat_to_life: bool = False
    secrets: bool = False
    unintelligible: bool = False
    near_miss: bool = False

    @classmethod
    def from_mapping(cls, given: object, rules: RuleSet) -> "Facts":
        """Return the facts of a case, in the form of tests/severity/cases.yaml.

        Args:
            given: `dpc` is [category, adjustment]; `cb` is [confidentiality, integrity,
                availability, malicious]; numbers are numbers, flags are true or false.
                A case's id, title, kind, source, note, vcdb and expected are passed over.
            rules: whose scales count.

        Raises:
            BadFact: for the first fact that is missing, unknown, of another type, or off
                its scale (NaN and infinity are on none).
        """
        if not isinstance(given, Mapping):
            raise BadFact("the case", given, allowed="a mapping of facts")
        _refuse_strange_keys(given)
        scales = rules.enisa
        facts = cls(
            dpc=_context(given["dpc"], scales.dpc),
            ei=_number(given["ei"], "ei", scale=scales.ei),
            cb=_circumstances(given["cb"], scales.cb),
            audience=_word(given["audience"], "audience", words=Audience),
            people=_word(given["people"], "people", words=People),
            duration=_word(given["duration"], "duration", words=Duration),
            evidence=_word(given["evidence"], "evidence", words=Evidence),
            ongoing=_flag(given, "ongoing"),
            refix=_flag(given, "refix"),
            people_count=_count(given.get("people_count")),
            **{flag.value: _flag(given, flag) for flag in Flag if flag in given},
        )
        check(facts, rules)
        return facts

    def plain(self) -> dict[str, Any]:
        """Return the facts as JSON can hold them; from_mapping() reads them back unchanged."""
        return {
            "dpc": [self.dpc.category.value, self.dpc.adjustment],
            "ei": float(self.ei),
            "cb": [float(points) for points in self.cb],
            "audience": self.audience.value,
            "people": self.people.value,
            **({} if self.people_count is None else {"people_count": self.people_count}),
            "duration": self.duration.value,
            "evidence": self.evidence.value,
            "ongoing": self.ongoing,
            "refix": self.refix,
            **{flag.value: True for flag in Flag if self.says(flag)},
        }

    def says(self, flag: Flag) -> bool:
        return bool(getattr(self, flag.value))


def check(facts: Facts, rules: RuleSet) -> None:
    """Refuse facts that were built by hand, or for other rules, and are off these scales.

    Raises:
        BadFact: for the first one that is.
    """
    scales = rules.enisa
    _context(list(facts.dpc), scales.dpc)
    _number(facts.ei, "ei", scale=scales.ei)
    _circumstances(list(facts.cb), scales.cb)
    bracket = rules.index.people[facts.people]
    if facts.people_count is not None and not bracket.holds(facts.people_count):
        most = "or more" if bracket.highest is None else f"to {bracket.highest}"
        allowed = f"{bracket.lowest} {most}, as people is {facts.people}"
        raise BadFact("people_count", facts.people_count, allowed=allowed)


def _refuse_strange_keys(given: Mapping[Any, object]) -> None:
    known = (*REQUIRED, *OPTIONAL)
    for key in given:
        if key not in (*known, *BESIDE):
            raise BadFact(shown(key), None, fault="is no fact", allowed=", ".join(known))
    for key in REQUIRED:
        if key not in given:
            raise BadFact(key, None, fault="is missing", allowed=f"facts {', '.join(known)}")


def _context(value: object, table: Mapping[Category, Any]) -> DataContext:
    if isinstance(value, list) and len(value) == 2:
        category, adjustment = value
        whole = isinstance(adjustment, int) and not isinstance(adjustment, bool)
        if isinstance(category, str) and category in table and whole:
            named = Category(category)
            if adjustment in table[named].adjust:
                return DataContext(named, adjustment)
    steps = ((name, ", ".join(f"{by:+d}" for by in table[name].adjust)) for name in table)
    allowed = "; ".join(f"[{name}, one of {step}]" for name, step in steps)
    raise BadFact("dpc", value, allowed=allowed.replace("+0", "0"))


def _circumstances(value: object, scales: Mapping[str, Mapping[Decimal, str]]) -> Circumstances:
    if not isinstance(value, list) or len(value) != len(CIRCUMSTANCES):
        raise BadFact("cb", value, allowed=f"[{', '.join(CIRCUMSTANCES)}], each a number")
    given = zip(CIRCUMSTANCES, value, strict=True)
    return Circumstances(
        *(_number(points, f"cb {kind}", scale=scales[kind]) for kind, points in given)
    )


def _number(value: object, field: str, *, scale: Iterable[Decimal]) -> Decimal:
    exact = None
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        exact = Decimal(value)
    elif isinstance(value, float):
        # By its shortest text: 0.1 is the tenth that was written, not the
        # binary fraction next to it.
        exact = Decimal(str(value))
    points = list(scale)
    # is_finite() first: a signalling NaN raises when it is compared.
    if exact is None or not exact.is_finite() or exact not in points:
        raise BadFact(field, value, allowed=", ".join(str(point) for point in points))
    return points[points.index(exact)]


def _word(value: object, field: str, *, words: type[Word]) -> Word:
    if not isinstance(value, str) or value not in list(words):
        raise BadFact(field, value, allowed=", ".join(words))
    return words(value)


def _flag(given: Mapping[Any, object], field: str) -> bool:
    value = given[field]
    if not isinstance(value, bool):
        raise BadFact(field, value, allowed="true, false")
    return value


def _count(value: object) -> int | None:
    if value is None:
        return None
    return count(value, "people_count")


def count(value: object, field: str) -> int:
    """Return a number of people.

    Raises:
        BadFact: if it is negative, more than live, or no whole number.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_PEOPLE:
        raise BadFact(field, value, allowed=f"a whole number from 0 to {MOST_PEOPLE}")
    return value


def shown(value: object) -> str:
    if isinstance(value, date):
        value = value.isoformat()
    try:
        text = repr(value)
    except ValueError:
        # Python writes out no whole number of more than 4300 digits.
        return "a number too long to show"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
