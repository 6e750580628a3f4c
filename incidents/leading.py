"""The figures of a period for those who lead: of all incidents, naming none. Reads only.

Whoever leads counts also what nobody let them in to. So that this tells of no single one, small
groups with something hidden in them are withheld, see incidents.fewness.
"""

from dataclasses import dataclass
from datetime import date

from accounts.functions import Function
from accounts.models import User
from audit import clockwork
from incidents import reviewform, smallgroups, totals
from incidents.models import LENGTHS
from incidents.smallgroups import Groups
from incidents.totals import Length, Scope, Sums
from programs.models import Program
from severity.ladder import Sev

MOST_PROGRAMS = 12
# Down to this level an incident counts as severe.
SEVERE = Sev.SEV2.value


def may_lead(user: User) -> bool:
    """True for executives: they read figures of all incidents."""
    return user.is_active and user.is_any(Function.EXECUTIVE)


@dataclass(frozen=True)
class Sum:
    """One figure of a period and of the one before; None where it is withheld or there is none."""

    now: int | None
    before: int | None
    is_few: bool = False
    # Of how many incidents, stops or duties it is; None where that is withheld.
    of: int | None = None
    exact: bool = True


@dataclass(frozen=True)
class ProgramLine:
    """One program of a period. `name` is empty for incidents whose program nobody knows."""

    name: str
    slug: str
    incidents: int | None
    person_hours: int | None


@dataclass(frozen=True)
class CauseLine:
    """One thing that contributed, in how many incidents; None where that is withheld."""

    key: str
    title: str
    incidents: int | None
    before: int | None


@dataclass(frozen=True)
class Leading:
    """All that the page shows. What is withheld is None; `withheld` says how often that is."""

    scope: Scope
    incidents: Sum
    severe: Sum
    lengths: dict[str, Sum]
    person_hours: Sum
    met: Sum
    passed: Sum
    by_level: dict[int, int | None]
    over_time: dict[tuple[date, int], int | None]
    pauses: list[int] | None
    programs: list[ProgramLine]
    # Of those that were reviewed.
    reviewed: Sum
    causes: list[CauseLine]
    withheld: int


def of(user: User | None, scope: Scope) -> Leading:
    """Return the figures of a period as this person may see them. Ask `may_lead` before.

    Days that somebody chose become whole months where those hold something hidden.

    Args:
        user: None for somebody who may read no incident.
    """
    scope = smallgroups.widened(user, scope, clockwork.now().date())
    earlier = Scope(scope.period.before(), scope.program, scope.mildest)
    now, before = totals.sums(scope), totals.sums(earlier)
    groups = smallgroups.of(user, scope, now.every["incidents"])
    old = smallgroups.of(user, earlier, before.every["incidents"])
    both = _Both(groups, old, now, before)
    times = groups.times(totals.over_time(scope), totals.step_of(scope.period))
    levels = groups.levels({level: now.by_level.get(level, 0) for level in scope.levels()})
    lengths = both.lengths(
        totals.lengths(scope, now.every["incidents"]),
        totals.lengths(earlier, before.every["incidents"]),
    )
    programs, gone = _programs(groups, now)
    reviewed, causes = _causes(groups, old, scope, earlier)
    told = [*levels.values(), *times.values(), *(each.incidents for each in causes)]
    return Leading(
        scope=scope,
        incidents=both.incidents(now.every["incidents"], before.every["incidents"]),
        severe=both.incidents(_severe(now), _severe(before), all_if=levels),
        lengths=lengths,
        person_hours=both.person_hours(),
        met=both.met(),
        passed=_passed(now, before),
        by_level=levels,
        over_time=times,
        pauses=_pauses(scope, groups),
        programs=programs,
        reviewed=reviewed,
        causes=causes,
        withheld=sum(value is None for value in told) + gone,
    )


def _severe(sums: Sums) -> int:
    return sum(n for level, n in sums.by_level.items() if level <= SEVERE)


def _pauses(scope: Scope, groups: Groups) -> list[int] | None:
    bars = totals.times_to_pause(scope)
    # Each of its bars would be a group of its own.
    return None if any(groups.few(n, "pause") for n in bars) else bars


def _passed(now: Sums, before: Sums) -> Sum:
    # Drills are on the pages of their programs; nothing of them is hidden.
    tried = now.every["passed"] + now.every["failed"]
    return Sum(now.every["passed"], before.every["passed"], of=tried)


@dataclass(frozen=True)
class _Both:
    """A period beside the one before."""

    groups: Groups
    old: Groups
    now: Sums
    before: Sums

    def incidents(self, n: int, was: int, all_if: dict[int, int | None] | None = None) -> Sum:
        """A count; `all_if` are the levels beside it, none of which it may give away."""
        is_few = self.groups.few(n) or (all_if is not None and None in all_if.values())
        was_few = self.old.few(was)
        return Sum(None if is_few else n, None if was_few or is_few else was, is_few=is_few)

    def lengths(self, now: dict[str, Length], before: dict[str, Length]) -> dict[str, Sum]:
        return {name: self._length(name, now[name], before[name]) for name in LENGTHS}

    def _length(self, name: str, now: Length, before: Length) -> Sum:
        is_few, was_few = self.groups.few(now.n, name), self.old.few(before.n, name)
        return Sum(
            None if is_few else now.median,
            None if was_few else before.median,
            is_few=is_few,
            of=None if is_few else now.n,
            exact=now.exact,
        )

    def person_hours(self) -> Sum:
        is_few = self.groups.few(self.now.every["counted"], "counted")
        was_few = self.old.few(self.before.every["counted"], "counted")
        return Sum(
            None if is_few else hours(self.now.every["person_seconds"]),
            None if was_few else hours(self.before.every["person_seconds"]),
            is_few=is_few,
            of=None if is_few else self.now.every["counted"],
        )

    def met(self) -> Sum:
        is_few = self.groups.few(self.now.every["incidents"])
        was_few = self.old.few(self.before.every["incidents"])
        due = self.now.every["met"] + self.now.every["missed"]
        return Sum(
            None if is_few else self.now.every["met"],
            None if was_few else self.before.every["met"],
            is_few=is_few,
            of=None if is_few else due,
        )


def hours(seconds: int) -> int:
    return round(seconds / 3600)


def _programs(groups: Groups, now: Sums) -> tuple[list[ProgramLine], int]:
    """Each program by itself, the one with most people-hours first, and how many are withheld."""
    counts = {key: row["incidents"] for key, row in now.by_program.items() if row["incidents"]}
    gone = groups.programs(counts)
    shown = [key for key in counts if key not in gone]
    shown.sort(key=lambda key: (-now.by_program[key]["person_seconds"], -counts[key], key or 0))
    rows = Program.objects.in_bulk([key for key in shown[:MOST_PROGRAMS] if key])
    lines = [
        ProgramLine(
            name=rows[key].name if key else "",
            slug=rows[key].slug if key else "",
            incidents=counts[key],
            person_hours=hours(now.by_program[key]["person_seconds"]),
        )
        for key in shown[:MOST_PROGRAMS]
    ]
    return lines, len(gone)


def _causes(
    groups: Groups, old: Groups, scope: Scope, earlier: Scope
) -> tuple[Sum, list[CauseLine]]:
    """How many were reviewed, and every cause of the form, what is named most often first."""
    now, before = totals.reviewed(scope), totals.reviewed(earlier)
    every = reviewform.current().causes
    counts, was = (
        seen.causes({each.key: found.causes.get(each.key, 0) for each in every}, found.n)
        for seen, found in ((groups, now), (old, before))
    )
    is_few, was_few = groups.few(now.n, "reviewed"), old.few(before.n, "reviewed")
    lines = [CauseLine(each.key, each.title, counts[each.key], was[each.key]) for each in every]
    lines.sort(key=lambda line: -(line.incidents or 0))
    reviewed = Sum(None if is_few else now.n, None if was_few else before.n, is_few=is_few)
    return reviewed, lines
