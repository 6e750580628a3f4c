"""How a program goes on in stages: whom each step lets begin. Pure.

One in a hundred collectors first, one in ten next, then all. Where that would be one and
the same collector, the steps are fewer: of at most ten, one begins and then the others.
"""

from collections.abc import Iterable

from programs.reach import SEATS

_SHARES = (100, 10)


def next_opening(seats: Iterable[int], *, open_seats: int) -> int:
    """Return below which seat collectors may collect after the next step; SEATS for all of them.

    Args:
        seats: of the collectors that are not retired, in any order; several may share one.
        open_seats: what is open now; 0 before the first step.
    """
    seats = sorted(seats)
    for share in _SHARES if seats else ():
        opening = seats[-(-len(seats) // share) - 1] + 1
        # A step that adds nobody, or leaves nobody for later, is none.
        if open_seats < opening <= seats[-1]:
            return opening
    return SEATS


def how_many(seats: Iterable[int], *, open_seats: int) -> int:
    """Count the collectors that an opening lets collect."""
    return sum(seat < open_seats for seat in seats)
