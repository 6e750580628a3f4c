"""What a case says to a condition: stated, settled by other facts, or not known. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from severity.clocks.rules import Inside, Rule, Status
from severity.clocks.ruleset import Bearing, ClockRules, Flag
from severity.clocks.stated import Case
from severity.clocks.truth import Count, Truth, all_of, opposite


@dataclass(frozen=True)
class Asked:
    """One case, as one rule asks about it."""

    case: Case
    rules: ClockRules
    rule: Rule

    def applies(self) -> Truth:
        """Whether the rule applies: its jurisdiction, the role, its condition, an exemption.

        The day from which it is in force is another question (severity.clocks.reckoning).
        """
        if self.rule.status is Status.TEMPLATE:
            named = self.rule.id in (self.case.named or ())
            return Truth(named, "the case names it" if named else "a template; name it to use it")
        return all_of(
            (
                self.rules.atlas.reaches(self.rule.jurisdiction, self.case.jurisdictions),
                self._role(),
                self.rule.applies_if.ask(self) if self.rule.applies_if else Truth(True),
                self._inside(),
            )
        )

    def flag(self, name: str) -> Truth:
        match name:
            case "personal_data":
                return self._personal_data()
            case "other_state":
                return self._other_state()
            case "internal_only":
                return _stated(name, self.case.internal_only)
            case "unintelligible":
                return _stated(name, self.case.unintelligible)
        return self._settled(self.rules.flags[name])

    def word(self, name: str) -> tuple[str | None, str]:
        assert name == "risk"
        risk = self.case.risk
        return risk, "risk is not stated" if risk is None else f"risk is {risk}"

    def count(self, name: str) -> Count:
        counts = {"people": self._people, "people_here": self._people_here}
        return counts.get(name, self._people_in_one_state)()

    # --- What settles a flag: the case itself, an event, the risk, the number of people,
    # --- then what the sectors and the kinds of data say, then a presumption

    def _settled(self, flag: Flag) -> Truth:
        said = self.case.flags.get(flag.name)
        if said is not None:
            return Truth(said, f"{flag.name} is {str(said).lower()}")
        for event in flag.shown_by:
            if event in self.case.events and not self._belied(flag):
                return Truth(True, f"{event} is set, so {flag.asks}")
        by_risk = flag.when_risk.get(self.case.risk or "")
        if by_risk is not None:
            return Truth(by_risk, f"risk is {self.case.risk}")
        people = self._people()
        if flag.people_over is not None and people.least > flag.people_over:
            return Truth(True, f"more than {flag.people_over} people")
        return self._from_words(flag)

    def _belied(self, flag: Flag) -> bool:
        """One event may stand for the findings of several laws: the stated risk says which."""
        return flag.when_risk.get(self.case.risk or "") is False

    def _from_words(self, flag: Flag) -> Truth:
        asked = f"nothing says whether {flag.asks}"
        for name, borne, given, table in (
            ("sectors", self.rules.by_sector, self.case.sectors, self.rules.sectors),
            ("categories", self.rules.by_category, self.case.categories, self.rules.categories),
        ):
            if flag.name in borne:
                return _from_table(flag, name, given=given, table=table)
        if flag.presumed is not None:
            taken = "taken as given" if flag.presumed else "nothing says"
            return Truth(flag.presumed, f"{taken} that {flag.asks}")
        return Truth(None, asked)

    # --- What every rule may ask

    def _role(self) -> Truth:
        if self.rule.role is None:
            return Truth(True)
        if self.case.role is None:
            return Truth(None, "role is not stated")
        return Truth(self.case.role is self.rule.role, f"role is {self.case.role}")

    def _inside(self) -> Truth:
        if self.rule.inside is not Inside.UNCLEAR or self.case.internal_only is not True:
            return Truth(True)
        return Truth(None, "it is unclear whether readers inside the organisation alone count")

    def _personal_data(self) -> Truth:
        if self.case.individuals == 0:
            return Truth(False, "no person is concerned")
        if self.case.categories == ():
            return Truth(False, "no kind of data is concerned")
        return Truth(True)

    def _other_state(self) -> Truth:
        named = self.case.jurisdictions
        if named is None:
            return Truth(None, "jurisdictions are not stated")
        parts = {each for each in named if "US" in self.rules.atlas.by_code[each].within}
        if not parts and "US" in named:
            return Truth(True, "United States is named without a state")
        others = sorted(parts - self.rules.ruled)
        if others:
            return Truth(True, f"{', '.join(others)} has no rule of its own here")
        return Truth(False, "each state that is named has its own rule")

    def _people(self) -> Count:
        count = self.case.individuals
        if count is not None:
            return Count(count, count, f"individuals is {count}")
        least = max(self.case.individuals_in.values(), default=0)
        return Count(least, None, "individuals is not stated")

    def _people_here(self) -> Count:
        return self._people_of(self.rule.jurisdiction)

    def _people_of(self, code: str) -> Count:
        """People in one jurisdiction: stated, or all of them where no other is named."""
        stated, named = self.case.individuals_in.get(code), self.case.jurisdictions
        if stated is not None:
            return Count(stated, stated, f"individuals_in {code} is {stated}")
        everyone = self._people()
        larger = self.rules.atlas.by_code[code].within
        if named is not None and named <= {code, *larger}:
            return everyone
        if everyone.most is None:
            return Count(0, None, f"individuals_in {code} is not stated")
        elsewhere = f"individuals is {everyone.most}, nobody says how many of them in {code}"
        return Count(0, everyone.most, elsewhere)

    def _people_in_one_state(self) -> Count:
        atlas, named = self.rules.atlas, self.case.jurisdictions or frozenset()
        states = sorted(each for each in named if "US" in atlas.by_code[each].within)
        counts = [self._people_of(each) for each in states]
        if not counts:
            most = self._people().most
            return Count(0, most, "nothing says how many people live in one state")
        ends = [each.most for each in counts if each.most is not None]
        most = max(ends) if len(ends) == len(counts) else None
        return Count(
            max(each.least for each in counts), most, "; ".join(each.because for each in counts)
        )


def _stated(name: str, value: bool | None) -> Truth:
    said = "not stated" if value is None else str(value).lower()
    return Truth(value, f"{name} is {said}")


def _as_listed(word: str) -> str:
    return re.sub(r"[\s_-]+", "_", word).lower()


def _from_table(
    flag: Flag, name: str, *, given: tuple[str, ...] | None, table: Mapping[str, Bearing]
) -> Truth:
    """Yes if a word shows it, unknown if one may or is not in the table, else no."""
    if given is None:
        return Truth(None, f"{name} are not stated, so nothing says whether {flag.asks}")
    bearings = [(word, table.get(_as_listed(word))) for word in given]
    for word, bearing in bearings:
        if bearing and flag.name in bearing.shows:
            return Truth(True, f"{name} has {word}")
    for word, bearing in bearings:
        if bearing is None or flag.name in bearing.allows:
            return Truth(None, f"{name} has {word}, which leaves open whether {flag.asks}")
    return opposite(Truth(True, f"{name} has nothing that says {flag.asks}"))
