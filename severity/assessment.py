"""How bad an exposure is, and why: ENISA's score, our index, the level. Pure, exact, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NotRequired, TypedDict

from severity.enisa import CIRCUMSTANCES
from severity.facts import Facts, check
from severity.index import Bound, Bracket, Condition, Weight
from severity.ladder import Sev, mildest, worst
from severity.ruleset import RuleSet
from severity.vocabulary import Flag


class TraceLine(TypedDict):
    """One step of the way to the level.

    `total` is the score or index after it; from the level on, `sev` is the level
    after it instead. A cap or floor that did not apply has no line.
    """

    term: str
    input: str
    value: Decimal | str
    why: str
    total: NotRequired[Decimal]
    sev: NotRequired[int]


@dataclass(frozen=True)
class Result:
    """`dpc` 1 to 4; `se` ENISA's score and `band` its name; `osi` our index; `sev` the level."""

    dpc: int
    se: Decimal
    band: str
    osi: Decimal
    sev: Sev
    trace: tuple[TraceLine, ...]
    # ENISA's flags stand beside the score and never change it.
    flags: tuple[str, ...]
    rules_version: str

    def plain(self) -> dict[str, Any]:
        """Return dpc, se, band, osi, sev and trace as JSON can hold them, nothing rounded.

        A float is safe here and only here: a rule set has at most two places
        before and behind the point, and such a number prints as it was.
        """
        return {
            "dpc": self.dpc,
            "se": float(self.se),
            "band": self.band,
            "osi": float(self.osi),
            "sev": self.sev.value,
            "trace": [_plain(line) for line in self.trace],
        }


def assess(facts: Facts, rules: RuleSet) -> Result:
    """Return the level of an exposure with every term, cap and floor that led to it.

    SE = DPC x EI + CB (0.25 to 6); OSI = SE + audience + people + duration + evidence
    + ongoing + refix. The level is the first that OSI reaches; caps follow, then floors.

    Raises:
        BadFact: if a fact is off the scale of these rules.

    Source: ENISA, "Recommendations for a methodology of the assessment of
    severity of personal data breaches", working document v1.0, December 2013, for
    SE and its bands. The index, levels, caps and floors are Andon's own.
    """
    check(facts, rules)
    tally = _Tally()
    dpc, se = _score(facts, rules, tally=tally)
    band = rules.enisa.band(se)
    tally.note("se", f"DPC {dpc} x EI {facts.ei} + CB {sum(facts.cb)}", why=f"ENISA band {band}")
    for term, given, weight in _index_terms(facts, rules):
        tally.add(term, given, points=weight.points, why=weight.means)
    ruling = _Ruling(facts, rules, dpc=dpc, se=se, tally=tally)
    sev = ruling.decide()
    flags = tuple(_flags(facts, rules))
    for flag in flags:
        tally.flag(flag)
    return Result(dpc, se, band, tally.total, sev, tuple(tally.lines), flags, rules.version)


@dataclass
class _Tally:
    """The running total, and a line for each step of it."""

    total: Decimal = Decimal(0)
    lines: list[TraceLine] = field(default_factory=list)

    def add(self, term: str, given: str, *, points: Decimal, why: str) -> None:
        self.total += points
        self._line(term, given, value=points, why=why)

    def multiply(self, term: str, given: str, *, by: Decimal, why: str) -> None:
        self.total *= by
        self._line(term, given, value=by, why=why)

    def note(self, term: str, given: str, *, why: str) -> None:
        self._line(term, given, value=self.total, why=why)

    def rule(self, term: str, given: str, *, value: str, sev: Sev, why: str) -> None:
        line = TraceLine(term=term, input=given, value=value, why=why, sev=sev.value)
        self.lines.append(line)

    def flag(self, name: str) -> None:
        why = "ENISA flag: stands beside the score and does not change it"
        self.lines.append(TraceLine(term="flag", input=name, value="true", why=why))

    def _line(self, term: str, given: str, *, value: Decimal, why: str) -> None:
        self.lines.append(TraceLine(term=term, input=given, value=value, why=why, total=self.total))


def _score(facts: Facts, rules: RuleSet, *, tally: _Tally) -> tuple[int, Decimal]:
    """DPC and SE."""
    category, adjustment = facts.dpc
    context = rules.enisa.dpc[category]
    dpc = context.base + adjustment
    why = context.means if not adjustment else f"{context.base} {adjustment:+d}: "
    why += context.adjust[adjustment] if adjustment else ""
    tally.add("dpc", f"{category} {adjustment:+d}".replace("+0", "0"), points=Decimal(dpc), why=why)
    tally.multiply("ei", str(facts.ei), by=facts.ei, why=rules.enisa.ei[facts.ei])
    for kind, points in zip(CIRCUMSTANCES, facts.cb, strict=True):
        tally.add(f"cb {kind}", str(points), points=points, why=rules.enisa.cb[kind][points])
    return dpc, tally.total


def _index_terms(facts: Facts, rules: RuleSet) -> Iterator[tuple[str, str, Weight | Bracket]]:
    index = rules.index
    yield "audience", facts.audience.value, index.audience[facts.audience]
    yield "people", facts.people.value, index.people[facts.people]
    yield "duration", facts.duration.value, index.duration[facts.duration]
    yield "evidence", facts.evidence.value, index.evidence[facts.evidence]
    if facts.ongoing:
        yield "ongoing", "true", index.ongoing
    if facts.refix:
        yield "refix", "true", index.refix


@dataclass
class _Ruling:
    """From the index to the level: the ladder, then caps, then floors."""

    facts: Facts
    rules: RuleSet
    dpc: int
    se: Decimal
    tally: _Tally

    def decide(self) -> Sev:
        sev = self._reached()
        caps = [cap for cap in self.rules.caps if self._holds(cap.when)]
        for cap in caps:
            sev = mildest(sev, cap.sev)
            self._line(cap, f"at most {cap.sev.label}", sev=sev)
        # A cap that holds against floors limits how far they may lift, so both
        # rules are kept wherever they do not contradict each other.
        limits = [cap for cap in caps if cap.wins]
        for floor in self.rules.floors:
            if self._holds(floor.when):
                sev = self._lift(sev, floor, limits=[] if floor.wins else limits)
        return sev

    def _lift(self, sev: Sev, floor: Bound, *, limits: list[Bound]) -> Sev:
        lifted = worst(sev, mildest(floor.sev, *(cap.sev for cap in limits)))
        held = [cap.id for cap in limits if not cap.sev.at_least(floor.sev)]
        note = f"; held back by {', '.join(held)}" if held else ""
        self._line(floor, f"at least {floor.sev.label}{note}", sev=lifted)
        return lifted

    def _reached(self) -> Sev:
        osi = self.tally.total
        for reach in self.rules.levels:
            if reach.begins is None or osi >= reach.begins:
                break
        why = "below every other level" if reach.begins is None else f"OSI from {reach.begins}"
        self.tally.rule("level", f"OSI {osi}", value=reach.sev.label, sev=reach.sev, why=why)
        return reach.sev

    def _line(self, bound: Bound, value: str, *, sev: Sev) -> None:
        before = Sev(self.tally.lines[-1]["sev"])
        change = "changes nothing" if before is sev else f"{before.label} becomes {sev.label}"
        self.tally.rule(
            bound.id, self._input(bound.when), value=value, sev=sev, why=f"{bound.why}: {change}"
        )

    def _holds(self, when: Condition) -> bool:
        return all(
            (
                all(self.facts.says(flag) for flag in when.flags),
                not when.audience or self.facts.audience in when.audience,
                when.dpc_from is None or self.dpc >= when.dpc_from,
                when.ei_from is None or self.facts.ei >= when.ei_from,
                when.se_from is None or self.se >= when.se_from,
                when.people_over is None or self._fewest() > when.people_over,
                when.people_up_to is None or self._most() <= when.people_up_to,
            )
        )

    def _fewest(self) -> int:
        known = self.facts.people_count
        return self.rules.index.people[self.facts.people].lowest if known is None else known

    def _most(self) -> Decimal:
        if self.facts.people_count is not None:
            return Decimal(self.facts.people_count)
        highest = self.rules.index.people[self.facts.people].highest
        return Decimal("Infinity") if highest is None else Decimal(highest)

    def _input(self, when: Condition) -> str:
        """The facts that a condition asked for, as they were given."""
        count = self.facts.people_count
        said = [flag.value for flag in Flag if flag in when.flags]
        said += [f"audience {self.facts.audience}"] if when.audience else []
        said += [f"dpc {self.dpc}"] if when.dpc_from is not None else []
        said += [f"ei {self.facts.ei}"] if when.ei_from is not None else []
        said += [f"se {self.se}"] if when.se_from is not None else []
        if when.people_over is not None or when.people_up_to is not None:
            said.append(f"people {self.facts.people if count is None else count}")
        return ", ".join(said)


def _flags(facts: Facts, rules: RuleSet) -> Iterator[str]:
    fewest = rules.index.people[facts.people].lowest
    if (
        fewest if facts.people_count is None else facts.people_count
    ) > rules.enisa.flag_people_over:
        yield f"individuals_over_{rules.enisa.flag_people_over}"
    if facts.unintelligible:
        yield "unintelligible"


def _plain(line: TraceLine) -> dict[str, Any]:
    return {
        key: float(value) if isinstance(value, Decimal) else value for key, value in line.items()
    }
