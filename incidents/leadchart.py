"""The pictures of a period: places of bars, computed here so that nothing has to run to see them.

Pure of the database. Each has a table that says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import totals
from incidents.leading import CauseLine, Leading, ProgramLine
from severity.ladder import Sev

WIDTH, HEIGHT, LEFT, FOOT = 960, 220, 40, 24
_ROW, _NAMES = 26, 220
# What is named once does not repeat.
REPEATS = 2
_WIDEST = 48
_TICKS = 4
# Always as high: how many are withheld is not to be read off.
_FEW_HIGH = 14


@dataclass(frozen=True)
class Part:
    """One bar, or a part of one. `tone` names its colour."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    words: str


@dataclass(frozen=True)
class Column:
    """One week, month or step: its parts, what stands under it, and what the table says.

    `cells` and `total` are None where they are withheld.
    """

    label: str
    middle: float
    parts: list[Part]
    cells: list[int | None]
    total: int | None
    since: date | None = None
    until: date | None = None

    @property
    def named(self) -> list[tuple[Sev, int | None]]:
        """Each cell with the level that it counts."""
        return [(Sev(level), cell) for level, cell in enumerate(self.cells)]


@dataclass(frozen=True)
class Chart:
    columns: list[Column]
    ticks: list[tuple[float, int]]
    # Under every how many-th column its label is written, so that none lies on another.
    every: int
    withheld: bool

    @property
    def empty(self) -> bool:
        return not self.withheld and not any(column.parts for column in self.columns)


@dataclass(frozen=True)
class Line:
    """One program: its bar, and its figures for the table."""

    of: ProgramLine
    y: int
    width: float


def over_time(leading: Leading, *, marks_few: bool = True) -> Chart:
    """Incidents by week or month, stacked by level, the most severe at the bottom.

    Args:
        marks_few: draw a mark where some are withheld; not where none and few are told alike.
    """
    counts, step = leading.over_time, totals.step_of(leading.scope.period)
    begins = _begins(leading.scope.period.since, leading.scope.period.until, step)
    levels = range(leading.scope.mildest + 1)
    stacks = [[counts.get((since, level), 0) for level in levels] for since in begins]
    scale = _Scale(max((sum(n or 0 for n in stack) for stack in stacks), default=0), len(begins))
    columns = []
    for at, (since, stack) in enumerate(zip(begins, stacks, strict=True)):
        until = _next(since, step) - timedelta(days=1)
        parts = scale.stack(
            at, [(f"sev{level}", n, Sev(level).label) for level, n in enumerate(stack)]
        )
        if marks_few and None in stack:
            parts.append(scale.few(at, parts))
        total = None if None in stack else sum(n or 0 for n in stack)
        period = leading.scope.period
        columns.append(
            Column(
                *(_label(since, step), scale.middle(at), parts, stack, total),
                *(max(since, period.since), min(until, period.until)),
            )
        )
    return Chart(columns, scale.ticks(), scale.every(), any(None in stack for stack in stacks))


def pauses(leading: Leading) -> Chart | None:
    """How long it took until a stop was proven; None if that is withheld."""
    if leading.pauses is None:
        return None
    scale = _Scale(max(leading.pauses), len(leading.pauses))
    columns = [
        Column(label, scale.middle(at), scale.stack(at, [("c1", n, label)]), [n], n)
        for at, (n, label) in enumerate(zip(leading.pauses, bars(), strict=True))
    ]
    return Chart(columns, scale.ticks(), 1, withheld=False)


def programs(leading: Leading) -> list[Line]:
    """People-hours of each program as a bar, the longest first."""
    most = max((line.person_hours or 0 for line in leading.programs), default=0) or 1
    room = WIDTH - _NAMES - 120
    return [
        Line(line, at * _ROW, round(room * (line.person_hours or 0) / most, 1))
        for at, line in enumerate(leading.programs)
    ]


@dataclass(frozen=True)
class CauseBar:
    """One cause that repeats, and its bar."""

    of: CauseLine
    width: float


@dataclass(frozen=True)
class Causes:
    """What repeats, what was withheld, and whether anything was reviewed or may have been."""

    bars: list[CauseBar]
    few: bool
    empty: bool


def causes(leading: Leading) -> Causes:
    """What contributed to more than one incident as bars, the most often named first."""
    shown = [line for line in leading.causes if (line.incidents or 0) >= REPEATS]
    most = max((line.incidents or 0 for line in shown), default=0) or 1
    return Causes(
        [CauseBar(line, round(WIDTH * (line.incidents or 0) / most, 1)) for line in shown],
        few=any(line.incidents is None for line in leading.causes),
        empty=leading.reviewed.now == 0,
    )


def _few() -> str:
    return _("few")


def bars() -> list[str]:
    """Return what each bar of `pauses` is called, by the bounds of its times."""
    said = [_span(bound) for bound in totals.BOUNDS]
    return [*(_("under %(n)s") % {"n": each} for each in said), _("longer")]


def _span(seconds: int) -> str:
    if seconds < 60:
        return _("%(n)s s") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)s min") % {"n": seconds // 60}
    if seconds < 86_400:
        return _("%(n)s h") % {"n": seconds // 3600}
    days = seconds // 86_400
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def _label(since: date, step: str) -> str:
    return f"{since:%Y-%m}" if step == "month" else f"{since:%m-%d}"


def _begins(since: date, until: date, step: str) -> list[date]:
    day = since.replace(day=1) if step == "month" else since - timedelta(days=since.weekday())
    found = []
    while day <= until:
        found.append(day)
        day = _next(day, step)
    return found


def _next(day: date, step: str) -> date:
    if step == "week":
        return day + timedelta(days=7)
    return (day + timedelta(days=32)).replace(day=1)


class _Scale:
    """From counts to places."""

    def __init__(self, most: int, columns: int) -> None:
        self.step = _nice(most)
        self.top = max(self.step * _TICKS, 1)
        self.each = (WIDTH - LEFT) / max(columns, 1)

    def middle(self, at: int) -> float:
        return round(LEFT + self.each * (at + 0.5), 1)

    def every(self) -> int:
        return max(1, round(_WIDEST / self.each))

    def stack(self, at: int, counts: Sequence[tuple[str, int | None, str]]) -> list[Part]:
        wide = round(min(self.each * 0.8, _WIDEST), 1)
        x, y, parts = round(self.middle(at) - wide / 2, 1), float(HEIGHT), []
        for tone, n, words in counts:
            if n:
                high = round(HEIGHT * n / self.top, 1)
                y = round(y - high, 1)
                parts.append(Part(x, y, wide, high, tone, f"{words}: {n}"))
        return parts

    def few(self, at: int, parts: Sequence[Part]) -> Part:
        """A mark on top of a column: there are more, and they are not told."""
        wide = round(min(self.each * 0.8, _WIDEST), 1)
        x, top = round(self.middle(at) - wide / 2, 1), parts[-1].y if parts else float(HEIGHT)
        return Part(x, round(max(top - _FEW_HIGH, 0), 1), wide, _FEW_HIGH, "few", _few())

    def ticks(self) -> list[tuple[float, int]]:
        return [
            (round(HEIGHT - HEIGHT * at * self.step / self.top, 1), at * self.step)
            for at in range(_TICKS + 1)
        ]


def _nice(most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 … of which _TICKS reach the highest column."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * _TICKS >= most:
                return step * factor
        step *= 10
