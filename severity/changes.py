"""What would change a level: each single fact that, stated otherwise, leads to another. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from severity.assessment import assess
from severity.enisa import CIRCUMSTANCES
from severity.facts import DataContext, Facts
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


@dataclass(frozen=True)
class Sensitivity:
    """How one fact bears on a level.

    `worse` and `milder`: the nearest other answer to this fact alone that leads to a worse or
    a milder level, None if none does. `assumed`: nobody stated the fact, and `stated` is
    what it was counted as, the worst plausible.
    """

    fact: str
    stated: str
    assumed: bool
    worse: Change | None
    milder: Change | None


def what_would_change(facts: Facts, rules: RuleSet) -> tuple[Change, ...]:
    """Return the single facts that would lead to another level, in the order of the facts.

    Two facts at once are not tried. Each level comes from assess() itself, so the
    list cannot disagree with it; about fifty assessments.
    """
    stands = assess(facts, rules).sev
    tried = (
        Change(scale.fact, answer.said, assess(answer.facts, rules).sev)
        for scale in _scales(facts, rules)
        for answer in scale.answers
    )
    return tuple(change for change in tried if change.sev is not stands)


def sensitivity(
    facts: Facts, rules: RuleSet, *, unknown: Collection[str] = ()
) -> tuple[Sensitivity, ...]:
    """Return for each fact the nearest answers that would change the level, both ways.

    Nearest is counted in steps of the fact's own scale; of two as near, the graver.
    Where a cap makes a graver answer milder (C1), it is told as the milder level it
    leads to. As many assessments as what_would_change() makes.

    Args:
        unknown: facts that nobody stated, by name ("people", "cb integrity").
    """
    stands = assess(facts, rules).sev
    return tuple(_bearing(scale, rules, stands, unknown) for scale in _scales(facts, rules))


class _Answer(NamedTuple):
    said: str
    facts: Facts


@dataclass(frozen=True)
class _Scale:
    """All answers to one fact, from mild to grave, the rest being as stated; `place` is stated."""

    fact: str
    answers: list[_Answer]
    place: int


def _bearing(scale: _Scale, rules: RuleSet, stands: Sev, unknown: Collection[str]) -> Sensitivity:
    worse = milder = None
    others = [at for at in reversed(range(len(scale.answers))) if at != scale.place]
    for at in sorted(others, key=lambda at: abs(at - scale.place)):
        said, other = scale.answers[at]
        change = Change(scale.fact, said, assess(other, rules).sev)
        if change.sev is stands:
            continue
        if change.sev.at_least(stands):
            worse = worse or change
        else:
            milder = milder or change
    stated = scale.answers[scale.place].said
    return Sensitivity(scale.fact, stated, scale.fact in unknown, worse, milder)


def _scales(facts: Facts, rules: RuleSet) -> Iterator[_Scale]:
    category = facts.dpc.category
    steps = list(rules.enisa.dpc[category].adjust)
    contexts = [facts.dpc._replace(adjustment=by) for by in steps]
    answers = [_Answer(_said(dpc), replace(facts, dpc=dpc)) for dpc in contexts]
    yield _Scale("dpc", answers, steps.index(facts.dpc.adjustment))
    points = list(rules.enisa.ei)
    answers = [_Answer(str(each), replace(facts, ei=each)) for each in points]
    yield _Scale("ei", answers, points.index(facts.ei))
    for kind in CIRCUMSTANCES:
        points = list(rules.enisa.cb[kind])
        answers = [_Answer(str(each), _with_points(facts, kind, each)) for each in points]
        yield _Scale(f"cb {kind}", answers, points.index(getattr(facts.cb, kind)))
    for name, words in WORDS.items():
        answers = [_Answer(word.value, _with_word(facts, name, word=word)) for word in words]
        yield _Scale(name, answers, list(words).index(getattr(facts, name)))
    for name in YES_OR_NO:
        answers = [_Answer(str(said).lower(), _turned(facts, name, said)) for said in (False, True)]
        yield _Scale(name, answers, int(getattr(facts, name)))


def _with_points(facts: Facts, kind: str, points: Any) -> Facts:
    return replace(facts, cb=facts.cb._replace(**{kind: points}))


def _turned(facts: Facts, name: str, said: Any) -> Facts:
    return replace(facts, **{name: said})


def _said(dpc: DataContext) -> str:
    return f"{dpc.category} {dpc.adjustment:+d}"


def _with_word(facts: Facts, name: str, *, word: Any) -> Facts:
    # Another bracket makes the exact number untrue.
    moved = isinstance(word, People) and word is not facts.people
    count = None if moved else facts.people_count
    return replace(facts, **{name: word, "people_count": count})
