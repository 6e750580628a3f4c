"""Measures what one look at the gate costs. Changes nothing, speaks to nobody."""

from __future__ import annotations

import statistics
import timeit
from typing import NamedTuple

from andon.gate import Gate


class Cost(NamedTuple):
    """Microseconds for one call of allowed(), over all rounds."""

    median: float
    least: float
    most: float


def cost_of_allowed(*, rounds: int = 200, calls: int = 5000) -> Cost:
    """Time allowed() on an open gate, on the clock that leases run on here."""
    gate = Gate("measured", "http://localhost", "andon_c_none", start=False)
    gate._permit.deadline = float("inf")
    taken = timeit.repeat(gate.allowed, repeat=rounds, number=calls)
    each = [seconds / calls * 1e6 for seconds in taken]
    return Cost(statistics.median(each), min(each), max(each))
