"""How long collectors took to stop: percentiles and a histogram. Pure; times in milliseconds."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

# Each step about doubles: what takes 20 ms and what takes 20 s fit into one picture.
_STEPS = (1, 2, 5)
_FIRST, _LAST = 10, 1_000_000_000


@dataclass(frozen=True)
class Bucket:
    """How many took from `low` (included) to `high` (not)."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Distribution:
    """`p50`, `p95` and `longest` are times that collectors really took; None if there are none."""

    count: int
    p50: int | None
    p95: int | None
    longest: int | None
    buckets: tuple[Bucket, ...]


def of(times: Iterable[int]) -> Distribution:
    """Sort times into buckets that begin and end with one that holds something."""
    ordered = sorted(max(time, 0) for time in times)
    if not ordered:
        return Distribution(0, None, None, None, ())
    return Distribution(
        count=len(ordered),
        p50=_rank(ordered, 50),
        p95=_rank(ordered, 95),
        longest=ordered[-1],
        buckets=tuple(_buckets(ordered)),
    )


def _rank(ordered: list[int], percent: int) -> int:
    # The nearest rank: so many percent took no longer than this one did.
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def _buckets(ordered: list[int]) -> list[Bucket]:
    edges = [0, *_edges()]
    found: list[Bucket] = []
    at = 0
    for low, high in zip(edges, edges[1:], strict=False):
        begin = at
        while at < len(ordered) and ordered[at] < high:
            at += 1
        if found or at > begin:
            found.append(Bucket(low, high, at - begin))
        if at == len(ordered):
            break
    return found


def _edges() -> Iterable[int]:
    size = _FIRST
    while size <= _LAST:
        yield from (size * step for step in _STEPS)
        size *= 10
