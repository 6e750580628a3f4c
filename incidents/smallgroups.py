"""Which groups of a period are small, with something in them that the reader may not see.

Reads only. What they hold is counted by incidents.totals; here it is asked who may see what.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from accounts.models import User
from incidents import access, fewness, totals
from incidents.fewness import Cell
from incidents.models import LENGTHS, Measure
from incidents.totals import Scope
from severity.ladder import Sev

# Of more incidents it is not asked which of them the reader may see: small groups are withheld.
MOST_ASKED = 1_000
MILDEST = Sev.SEV5.value
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Row:
    """What a group is made of: one incident, its place, and whether the reader may not see it."""

    day: date
    level: int
    program: int | None
    hidden: bool
    # Its lengths that are known, `counted` and `reviewed`.
    known: frozenset[str]
    causes: frozenset[str]


class Groups:
    """Which groups of a scope are small, with something in them that the reader may not see."""

    def __init__(self, user: User | None, scope: Scope, incidents: int) -> None:
        # None: nobody looked, so that each small group counts as one with something hidden.
        self.rows = _rows(user, scope) if user and incidents <= MOST_ASKED else None
        self.scope, self.is_anybody = scope, user is None
        # What is asked for is itself a part of a sum that it could be taken off from.
        self.closed = False

    def few(self, n: int, what: str = "") -> bool:
        """Whether a group of n of the whole scope is; `what` narrows it to those with a length."""
        if self.closed and (n or self.is_anybody):
            return True
        rows = [row for row in self._all() if not what or what in row.known]
        return fewness.few(*self.cell(n, rows)) or self._ends_are_few(rows)

    def _ends_are_few(self, rows: Iterable[Row]) -> bool:
        """Whether months at an end are, so that a shorter period, taken off, would tell of them."""
        if not self.scope.period.in_months:
            return False
        found: dict[date, Cell] = {}
        for row in rows:
            n, hidden = found.get(begin_of(row.day, "month"), Cell(0, 0))
            found[begin_of(row.day, "month")] = Cell(n + 1, hidden + row.hidden)
        months = sorted(found)
        return any(
            fewness.few(sum(found[each].n for each in end), sum(found[each].hidden for each in end))
            for at in range(1, len(months))
            for end in (months[:at], months[at:])
        )

    def cell(self, n: int, rows: Iterable[Row]) -> Cell:
        if self.is_anybody:
            return Cell(n, 1)
        return Cell(n, min(n, 1) if self.rows is None else sum(row.hidden for row in rows))

    def _all(self) -> list[Row]:
        return self.rows or []

    def levels(self, counts: dict[int, int]) -> dict[int, int | None]:
        rows = {level: [row for row in self._all() if row.level == level] for level in counts}
        cells = {level: self.cell(n, rows[level]) for level, n in counts.items()}
        ends = [level for level in counts if self._ends_are_few(rows[level])]
        gone = self._gone(fewness.withheld(cells, ends), counts)
        return {level: None if level in gone else n for level, n in counts.items()}

    def times(
        self, counts: dict[tuple[date, int], int], step: str
    ) -> dict[tuple[date, int], int | None]:
        if self.is_anybody:
            return self._times_for_anybody(dict.fromkeys(self._places(step), 0) | counts)
        where: dict[tuple[date, int], list[Row]] = {}
        for row in self._all():
            where.setdefault((begin_of(row.day, step), row.level), []).append(row)
        cells = {key: self.cell(n, where.get(key, [])) for key, n in counts.items()}
        gone = self._gone(fewness.withheld_of_table(cells), counts)
        return {key: None if key in gone else n for key, n in counts.items()}

    def _places(self, step: str) -> list[tuple[date, int]]:
        period = self.scope.period
        days = (period.since + timedelta(days=at) for at in range(period.days))
        begins = dict.fromkeys(begin_of(day, step) for day in days)
        return [(since, level) for since in begins for level in range(self.scope.mildest + 1)]

    def _times_for_anybody(
        self, counts: dict[tuple[date, int], int]
    ) -> dict[tuple[date, int], int | None]:
        """Also where there is none. A board sums up levels and all, no week or month."""
        cells = {key: self.cell(n, ()) for key, n in counts.items()}
        found: set[tuple[date, int]] = set()
        for level in range(self.scope.mildest + 1):
            found |= fewness.withheld({key: cells[key] for key in cells if key[1] == level})
        gone = self._gone(fewness.withheld(cells, found), counts)
        return {key: None if key in gone else n for key, n in counts.items()}

    def programs(self, counts: dict[int | None, int]) -> set[int | None]:
        rows = {key: [row for row in self._all() if row.program == key] for key in counts}
        cells = {key: self.cell(n, rows[key]) for key, n in counts.items()}
        ends = [key for key in counts if self._ends_are_few(rows[key])]
        return self._gone(fewness.withheld(cells, ends), counts)

    def causes(self, counts: Mapping[str, int], n: int) -> dict[str, int | None]:
        """Of n that were reviewed: each cause beside those without it, as both are told by it."""
        rows = [row for row in self._all() if "reviewed" in row.known]
        if self.few(n, "reviewed"):
            return dict.fromkeys(counts)
        return {
            cause: None if self._tells(cause, count, n, rows) else count
            for cause, count in counts.items()
        }

    def _tells(self, cause: str, count: int, n: int, rows: Iterable[Row]) -> bool:
        """Whether a count would tell of few: of those that it counts, or of the others."""
        parts: dict[bool, list[Row]] = {True: [], False: []}
        for row in rows:
            parts[cause in row.causes].append(row)
        counts = {True: count, False: n - count}
        cells = {which: self.cell(counts[which], part) for which, part in parts.items()}
        ends = [which for which, part in parts.items() if self._ends_are_few(part)]
        return True in self._gone(fewness.withheld(cells, ends), counts)

    def _gone(self, found: set[K], counts: Mapping[K, int]) -> set[K]:
        if not self.closed:
            return found
        return {key for key, n in counts.items() if n or self.is_anybody}


def widened(user: User | None, scope: Scope, today: date) -> Scope:
    """Return a scope of days that somebody chose by whole months, if those hide something.

    Else two periods that differ by a day, taken off from each other, would tell of that day.
    """
    if user is None or not scope.period.is_free:
        return scope
    wide = replace(scope, period=scope.period.whole_months(today))
    # Together with those to compare with.
    since = min(wide.period.before().since, scope.period.before().since)
    both = replace(wide, period=replace(wide.period, since=since))
    n = totals.sums(both).every["incidents"]
    rows = Groups(user, both, n).rows
    hides = n > 0 if rows is None else any(row.hidden for row in rows)
    return wide if hides else scope


def of(user: User | None, scope: Scope, incidents: int) -> Groups:
    """Return the groups of a scope that holds so many incidents.

    A scope that is narrowed to a program or to levels is withheld as a whole where it, or what it
    leaves out, could be told by taking it off from all.
    """
    found = Groups(user, scope, incidents)
    found.closed = _program_is_withheld(user, scope) or _levels_are_withheld(user, scope)
    return found


def _program_is_withheld(user: User | None, scope: Scope) -> bool:
    if scope.program is None:
        return False
    wide = replace(scope, program=None)
    sums = totals.sums(wide)
    counts = {key: row["incidents"] for key, row in sums.by_program.items() if row["incidents"]}
    return scope.program in Groups(user, wide, sums.every["incidents"]).programs(counts)


def _levels_are_withheld(user: User | None, scope: Scope) -> bool:
    if scope.mildest == MILDEST:
        return False
    wide = replace(scope, mildest=MILDEST)
    sums = totals.sums(wide)
    counts = {level: sums.by_level.get(level, 0) for level in range(MILDEST + 1)}
    shown = Groups(user, wide, sums.every["incidents"]).levels(counts)
    gone = [level for level, n in shown.items() if n is None]
    for part in (
        [level for level in gone if level <= scope.mildest],
        [level for level in gone if level > scope.mildest],
    ):
        some = sum(counts[level] for level in part)
        if len(part) == 1 or (part and fewness.few(*_as_one(user, some))):
            return True
    return False


def _as_one(user: User | None, n: int) -> Cell:
    return Cell(n, 1 if user is None else min(n, 1))


def begin_of(day: date, step: str) -> date:
    return (
        day.replace(day=1) if step == "month" else date.fromordinal(day.toordinal() - day.weekday())
    )


def _rows(user: User, scope: Scope) -> list[Row]:
    found = Measure.objects.filter(
        incident__isnull=False,
        day__gte=scope.period.since,
        day__lt=scope.period.end,
        level__lte=scope.mildest,
    )
    if scope.program is not None:
        found = found.filter(program=scope.program)
    wanted = ("incident", "day", "level", "program", "counted", "causes", *LENGTHS)
    values = list(found.values(*wanted))
    seen = seen_of(user, [row["incident"] for row in values])
    return [
        Row(
            row["day"],
            row["level"],
            row["program"],
            row["incident"] not in seen,
            _known(row),
            frozenset(row["causes"] or ()),
        )
        for row in values
    ]


def _known(row: dict[str, Any]) -> frozenset[str]:
    names = {name for name in LENGTHS if row[name] is not None}
    names |= {"counted"} if row["counted"] else set()
    return frozenset(names | ({"reviewed"} if row["causes"] is not None else set()))


def seen_of(user: User, keys: list[int]) -> set[int]:
    """Return those of some incidents that the person may know of."""
    return set(access.of_these(user, keys).values_list("pk", flat=True)) if keys else set()
