"""Keep small groups out of figures for whom may not see who is in them. Pure.

A group of fewer than FEWEST incidents, one of which the reader may not see, is withheld. Where a
sum is shown beside, it could be reckoned back from that, so more is withheld until it cannot.
To whoever may be anybody none is told as few: else the first of a kind would show as it comes.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple, TypeVar

FEWEST = 5
K = TypeVar("K", bound=Hashable)
R = TypeVar("R", bound=Hashable)
C = TypeVar("C", bound=Hashable)


class Cell(NamedTuple):
    """How many incidents there are, and how many of them the reader may not see.

    Something hidden of none: it must not be told whether there is any.
    """

    n: int
    hidden: int


def few(n: int, hidden: int) -> bool:
    """True if a group must not be told of to whom so many of it are hidden."""
    return n < FEWEST and hidden > 0


def withheld(cells: Mapping[K, Cell], already: Iterable[K] = ()) -> set[K]:
    """Return which of the parts of a sum that is shown are not.

    Either none is, or at least two of together FEWEST incidents; all if there is no other way.
    """
    found = {key for key, cell in cells.items() if few(*cell)} | set(already)
    while found and (len(found) == 1 or sum(cells[key].n for key in found) < FEWEST):
        rest = [key for key, cell in cells.items() if cell.n and key not in found]
        if not rest:
            break
        found.add(min(rest, key=lambda key: (cells[key].n, str(key))))
    return found


def withheld_of_table(cells: Mapping[tuple[R, C], Cell]) -> set[tuple[R, C]]:
    """Return which cells of a table are not shown whose rows and columns are summed up beside."""
    lines: list[dict[tuple[R, C], Cell]] = [
        {key: cell for key, cell in cells.items() if key[side] == which}
        for side in (0, 1)
        for which in {key[side] for key in cells}
    ]
    found: set[tuple[R, C]] = set()
    while True:
        more = set(found)
        for line in lines:
            more |= withheld(line, more & line.keys())
        if more == found:
            return found
        found = more
