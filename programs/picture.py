"""The picture of a stop: a cell for each collector, and how long they took. Reads only.

Show it to those whom programs.access.sees_machines names.
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from programs import distribution, stops, told
from programs.distribution import Distribution
from programs.models import Program, StopOrder, StopProof

State = StopProof.State
# As many as one picture holds; the counts beside it are of all.
MOST_CELLS = 10_000
_CELL = 16
_FEWEST_COLUMNS = 20
# About five times as wide as high: it stands above the fold on a laptop.
_STRETCH = 5
# A bar is as wide as the longest label below it.
_BAR, _GAP, _HIGH = 60, 8, 120


@dataclass(frozen=True)
class Bar:
    """One bucket of stop times; places in the picture's units."""

    x: int
    y: int
    height: int
    count: int
    low: int
    high: int

    @property
    def middle(self) -> int:
        return self.x + _BAR // 2


@dataclass(frozen=True)
class Histogram:
    """How long the collectors took that acknowledged; times in milliseconds by our clock."""

    times: Distribution
    bars: tuple[Bar, ...]
    width: int
    bar: int = _BAR
    high: int = _HIGH


@dataclass(frozen=True)
class Stop:
    """A stop order with what is known. `counts` are (state, words, how many), none of zero."""

    order: StopOrder
    is_drill: bool
    total: int
    stopped: int
    counts: list[tuple[str, str, int]]
    # Marked as safe by format_html_join, which has escaped each part.
    cells: str
    hidden: int
    width: int
    height: int
    histogram: Histogram | None
    calls: list[told.Line]

    @property
    def is_settled(self) -> bool:
        """True once it is proven: nothing of it turns any more."""
        return self.order.proof == StopOrder.Proof.PROVEN

    @property
    def every(self) -> int:
        """Seconds between two looks at a picture that turns."""
        turns = self.order.proof == StopOrder.Proof.PAUSING
        return 1 if turns and self.total <= 1000 else 5


def of_last(program: Program) -> Stop | None:
    """Return the picture of a program's latest stop, if it was ever stopped."""
    order = program.stop_orders.order_by("-generation").first()
    return of(order) if order else None


def of(order: StopOrder) -> Stop:
    """Return an order with its picture; once every collector is settled, also with their times."""
    rows = list(
        order.proofs.order_by("collector__name").values_list(
            F("collector__name"), "state", "settled_at"
        )
    )
    count = Counter(state for _name, state, _at in rows)
    columns = max(_FEWEST_COLUMNS, math.ceil(math.sqrt(min(len(rows), MOST_CELLS) * _STRETCH)))
    shown = rows[:MOST_CELLS]
    after = [
        round((at - order.ordered_at).total_seconds() * 1000)
        for _name, state, at in rows
        if state == State.ACKNOWLEDGED and at
    ]
    return Stop(
        order=order,
        is_drill=stops.is_drill(order),
        total=len(rows),
        stopped=count[State.ACKNOWLEDGED] + count[State.EXPIRED],
        counts=[(state.value, words_of(state), count[state]) for state in State if count[state]],
        cells=_cells(shown, columns),
        hidden=len(rows) - len(shown),
        width=min(len(shown), columns) * _CELL,
        height=-(-len(shown) // columns) * _CELL,
        histogram=_histogram(after) if after and not count[State.UNKNOWN] else None,
        calls=told.of_order(order),
    )


def words_of(state: StopProof.State) -> str:
    """What a state is called where it stands beside a collector."""
    return {
        State.UNKNOWN: _("Pause sent, not confirmed"),
        State.ACKNOWLEDGED: _("Stopped, acknowledged"),
        State.EXPIRED: _("Lease ran out"),
        State.VIOLATION: _("Violation"),
    }[state]


def _cells(rows: list[tuple[str, str, Any]], columns: int) -> str:
    # Not in a template: ten thousand turns of its loop take a quarter of a second.
    words = {state.value: words_of(state) for state in State}
    return format_html_join(
        "",
        '<use href="#cell-{}" x="{}" y="{}"><title>{}: {}</title></use>',
        (
            (state, index % columns * _CELL, index // columns * _CELL, name, words[state])
            for index, (name, state, _at) in enumerate(rows)
        ),
    )


def _histogram(after: list[int]) -> Histogram:
    times = distribution.of(after)
    most = max(bucket.count for bucket in times.buckets)
    bars = []
    for index, bucket in enumerate(times.buckets):
        # What holds one is seen beside what holds thousands.
        height = max(round(bucket.count / most * _HIGH), 2) if bucket.count else 0
        bars.append(
            Bar(
                x=index * (_BAR + _GAP),
                y=_HIGH - height,
                height=height,
                count=bucket.count,
                low=bucket.low,
                high=bucket.high,
            )
        )
    return Histogram(times, tuple(bars), width=len(bars) * (_BAR + _GAP) - _GAP)
