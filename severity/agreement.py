"""How far two people who rated the same incidents agree, beyond chance. Pure, exact."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from severity.ladder import Sev


@dataclass(frozen=True)
class Agreement:
    """All shares are 0 to 1; kappa is 1 for full agreement, 0 for as much as chance gives.

    `kappa` counts every disagreement the same, `weighted` by how many levels lie between.
    Both are None where chance alone would agree in full (everybody always says one level).
    """

    pairs: int
    observed: Fraction
    expected: Fraction
    kappa: Fraction | None
    weighted: Fraction | None


def agreement(ratings: Iterable[tuple[Sev, Sev]]) -> Agreement:
    """Return how far the first and the second rating of each incident agree.

    Raises:
        ValueError: if there is no rating.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", 1960; with linear
    weights, "Weighted kappa", 1968.
    """
    pairs = list(ratings)
    if not pairs:
        raise ValueError("there are no ratings to compare")
    apart = sum(_apart(first, second) for first, second in pairs)
    differ = sum(first is not second for first, second in pairs)
    firsts, seconds = (Counter(each) for each in zip(*pairs, strict=True))
    by_chance = [
        (first, second, Fraction(n * m, len(pairs)))
        for first, n in firsts.items()
        for second, m in seconds.items()
    ]
    differ_by_chance = sum((share for a, b, share in by_chance if a is not b), Fraction())
    apart_by_chance = sum((_apart(a, b) * share for a, b, share in by_chance), Fraction())
    return Agreement(
        pairs=len(pairs),
        observed=1 - Fraction(differ, len(pairs)),
        expected=1 - differ_by_chance / len(pairs),
        kappa=_beyond_chance(differ, differ_by_chance),
        weighted=_beyond_chance(apart, apart_by_chance),
    )


def _apart(first: Sev, second: Sev) -> int:
    return abs(first.value - second.value)


def _beyond_chance(found: int, by_chance: Fraction) -> Fraction | None:
    return None if not by_chance else 1 - found / by_chance
