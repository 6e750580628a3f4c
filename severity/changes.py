"""What would change a level: each single fact that, stated otherwise, leads to another. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from severity.assessment import assess
from severity.enisa import CIRCUMSTANCES
from severity.facts import Facts
from severity.ladder import Sev
from severity.ruleset import RuleSet
from severity.vocabulary import Audience, Duration, Evidence, Flag, People

WORDS = {"audience": Audience, "people": People, "duration": Duration, "evidence": Evidence}
YES_OR_NO = ("ongoing", "refix", *(flag.value for flag in Flag))


@dataclass(frozen=True)
class Change:
    """With `instead` for this one fact the level would be `sev`."""

    fact: str
    instead: str
    sev: Sev


def what_would_change(facts: Facts, rules: RuleSet) -> tuple[Change, ...]:
    """Return the single facts that would lead to another level, in the order of the facts.

    Two facts at once are not tried. Each level comes from assess() itself, so the
    list cannot disagree with it; about fifty assessments.
    """
    stands = assess(facts, rules).sev
    tried = (
        Change(fact, instead, assess(other, rules).sev)
        for fact, instead, other in _others(facts, rules)
    )
    return tuple(change for change in tried if change.sev is not stands)


def _others(facts: Facts, rules: RuleSet) -> Iterator[tuple[str, str, Facts]]:
    for adjustment in rules.enisa.dpc[facts.dpc.category].adjust:
        other = facts.dpc._replace(adjustment=adjustment)
        yield "dpc", f"{other.category} {adjustment:+d}", replace(facts, dpc=other)
    for points in rules.enisa.ei:
        yield "ei", str(points), replace(facts, ei=points)
    for kind in CIRCUMSTANCES:
        for points in rules.enisa.cb[kind]:
            yield f"cb {kind}", str(points), replace(facts, cb=facts.cb._replace(**{kind: points}))
    for name, words in WORDS.items():
        for word in words:
            yield name, word.value, _with_word(facts, name, word=word)
    for name in YES_OR_NO:
        turned: Any = not getattr(facts, name)
        yield name, str(turned).lower(), replace(facts, **{name: turned})


def _with_word(facts: Facts, name: str, *, word: Any) -> Facts:
    # Another bracket makes the exact number untrue.
    moved = isinstance(word, People) and word is not facts.people
    count = None if moved else facts.people_count
    return replace(facts, **{name: word, "people_count": count})
