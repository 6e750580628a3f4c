"""Measures what one look at the gate costs. Changes nothing, speaks to nobody."""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from andon.gate import Gate
from andon.subjects import Listed, tag_of


class Cost(NamedTuple):
    """Microseconds for one call, over all rounds."""

    median: float
    least: float
    most: float


def cost_of_allowed(*, rounds: int = 200, calls: int = 5000) -> Cost:
    """Time allowed() on an open gate, on the clock that leases run on here."""
    return _cost(_open_gate().allowed, rounds, calls)


def cost_of_allowed_for(*, rounds: int = 200, calls: int = 5000) -> Cost:
    """Time allowed_for() on an open gate, for one participant among a thousand who opted out."""
    gate = _open_gate()
    key = bytes(32)
    out = frozenset(tag_of(f"out-{number}", key) for number in range(1000))
    gate._choices.hear(1)
    gate._choices.take(Listed(1, key, out, {}))
    return _cost(partial(gate.allowed_for, "p-17"), rounds, calls)


def _open_gate() -> Gate:
    gate = Gate("measured", "http://localhost", "andon_c_none", start=False)
    gate._permit.deadline = float("inf")
    return gate


def _cost(call: Callable[[], bool], rounds: int, calls: int) -> Cost:
    taken = timeit.repeat(call, repeat=rounds, number=calls)
    each = [seconds / calls * 1e6 for seconds in taken]
    return Cost(statistics.median(each), min(each), max(each))
