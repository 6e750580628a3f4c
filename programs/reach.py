"""Which collectors an order concerns, and in which generation each of them lives. Pure.

A collector lives in the generation that last concerned it: a stop of one dataset, or of
the collectors for drills, leaves the others their leases. programs.leases and programs.stops
say the same in SQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

# Each collector draws a seat, once. What goes on in stages lets the lower seats begin.
SEATS = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a collector stands in its program. Without a dataset it may write to any."""

    dataset_id: int | None = None
    seat: int = 0
    is_drill: bool = False


class Reach(NamedTuple):
    """Whom an order concerns: all, those who may write to a dataset, or those for drills."""

    dataset_id: int | None = None
    drill_only: bool = False

    def concerns(self, place: Place) -> bool:
        # A collector that does not say where it writes may write to the dataset that is paused.
        writes_there = self.dataset_id is None or place.dataset_id in (None, self.dataset_id)
        return writes_there and (place.is_drill or not self.drill_only)


WHOLE = Reach()


class Turn(NamedTuple):
    """A generation that began for a part of a program."""

    generation: int
    reach: Reach


def generation_of(place: Place, *, whole: int, turns: Iterable[Turn]) -> int:
    """Return the generation that a collector lives in.

    Args:
        whole: the newest generation that began for every collector.
        turns: those that began for a part.
    """
    theirs = (turn.generation for turn in turns if turn.reach.concerns(place))
    return max([whole, *theirs])
