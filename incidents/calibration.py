"""How far two people who rate the same incidents come to the same level. Reads only.

Of incidents that the reader may know of alone, so that no count tells of a hidden one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from accounts.models import User
from incidents import access, questions, ratings
from incidents.models import SecondRating
from severity.agreement import Agreement, agreement
from severity.ladder import Sev
from severity.questions import NAMES, Said

# Fewer pairs say more of chance than of people.
FEW = 5
# The picture of how often which level met which, in its own units.
_LEFT, _TOP, _STEP = 60, 44, 48


@dataclass(frozen=True)
class Cell:
    """How many incidents the first rater gave one level and the second another. `tone`: 0 to 4."""

    first: Sev
    second: Sev
    count: int
    tone: int

    @property
    def x(self) -> int:
        """Where it lies in the picture."""
        return _LEFT + _STEP * self.second.value

    @property
    def y(self) -> int:
        return _TOP + _STEP * self.first.value

    @property
    def middle(self) -> int:
        return self.x + _STEP // 2 - 2

    @property
    def baseline(self) -> int:
        return self.y + _STEP // 2 + 3


@dataclass(frozen=True)
class OnQuestion:
    """How many pairs gave the same answer to one question."""

    question: str
    same: int
    pairs: int


@dataclass(frozen=True)
class Calibration:
    """`found` is None where there are too few pairs to say anything; the counts are told.

    `left_out`: ratings whose rater could have known the level.
    """

    label: str
    pairs: int
    left_out: int
    found: Agreement | None
    grid: tuple[tuple[Cell, ...], ...]
    on_questions: tuple[OnQuestion, ...]

    @property
    def is_few(self) -> bool:
        return self.pairs < FEW

    @property
    def agreed(self) -> str:
        """The share of pairs that agree, in percent; empty where there are too few."""
        return f"{round(100 * self.found.observed)} %" if self.found else ""

    @property
    def by_chance(self) -> str:
        return f"{round(100 * self.found.expected)} %" if self.found else ""

    @property
    def kappa(self) -> str:
        return _in_places(self.found.kappa) if self.found else ""

    @property
    def weighted(self) -> str:
        return _in_places(self.found.weighted) if self.found else ""


def _in_places(kappa: Fraction | None) -> str:
    # None: chance alone would agree in full, so nothing can be said beyond it.
    return "–" if kappa is None else f"{float(kappa):.2f}"


@dataclass(frozen=True)
class Period:
    """Ratings made from `since` on and before `until`; None is without an end."""

    since: datetime | None = None
    until: datetime | None = None


def of(reader: User, period: Period, programs: Sequence[str] = ()) -> Calibration:
    """Return the agreement of all pairs in a period.

    Args:
        programs: the slugs of those whose incidents alone count; all if there are none.
    """
    return _reckon("", _rows(reader, period, programs))


def by_quarter(reader: User, period: Period, programs: Sequence[str] = ()) -> list[Calibration]:
    """Return the same for each quarter in which something was rated, the newest first."""
    quarters: dict[str, list[SecondRating]] = {}
    for row in _rows(reader, period, programs):
        assert row.settled_at
        label = f"{row.settled_at.year} Q{(row.settled_at.month + 2) // 3}"
        quarters.setdefault(label, []).append(row)
    return [_reckon(label, rows) for label, rows in sorted(quarters.items(), reverse=True)]


def _rows(reader: User, period: Period, programs: Sequence[str]) -> list[SecondRating]:
    seen = access.visible_to(reader).filter(is_drill=False, drill_scope="")
    if programs:
        seen = seen.filter(program__slug__in=programs)
    rows = SecondRating.objects.filter(incident__in=seen.values("pk"), state="done")
    if period.since:
        rows = rows.filter(settled_at__gte=period.since)
    if period.until:
        rows = rows.filter(settled_at__lt=period.until)
    return list(rows.select_related("first"))


def _reckon(label: str, rows: Sequence[SecondRating]) -> Calibration:
    blind = [row for row in rows if row.is_blind]
    pairs = [(ratings.by_rules(row), Sev(row.level or 0)) for row in blind]
    return Calibration(
        label=label,
        pairs=len(pairs),
        left_out=len(rows) - len(blind),
        found=agreement(pairs) if len(pairs) >= FEW else None,
        grid=_grid(pairs),
        on_questions=_on_questions(blind) if len(pairs) >= FEW else (),
    )


def _grid(pairs: Sequence[tuple[Sev, Sev]]) -> tuple[tuple[Cell, ...], ...]:
    counted = Counter(pairs)
    most = max(counted.values(), default=0)
    return tuple(
        tuple(
            Cell(first, second, n := counted[first, second], -(-4 * n // most) if most else 0)
            for second in Sev
        )
        for first in Sev
    )


def _on_questions(rows: Sequence[SecondRating]) -> tuple[OnQuestion, ...]:
    """Where people differ most on top."""
    both = [
        (Said.from_plain(row.first.facts.get("said", {})), Said.from_plain(row.said or {}))
        for row in rows
    ]
    found = [
        OnQuestion(
            str(questions.ALL[name].short),
            sum(one.answers.get(name) == other.answers.get(name) for one, other in both),
            len(both),
        )
        for name in NAMES
    ]
    return tuple(sorted(found, key=lambda each: each.same))
