"""How policies stand: which levels they cover, and whom their steps would reach now. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.models import User
from notifications import access, policywords, targets
from notifications.escalation import Plan, Target
from notifications.models import EscalationPolicy, Method
from notifications.policydraft import LEVELS
from notifications.targets import Names, Reached, Situation
from programs.models import Program
from severity import inforce
from severity.vocabulary import Action


@dataclass(frozen=True)
class Line:
    """A policy with what it is for, in words."""

    policy: EscalationPolicy
    levels: str
    scope: str


def line(policy: EscalationPolicy) -> Line:
    """Return a policy with what it is for."""
    scope = policy.program.name if policy.program else _("all programs")
    return Line(policy, policywords.levels_in_words(policy.levels), scope)


@dataclass(frozen=True)
class Cell:
    """Which policy there is for a level in a scope; `pages` if the rules page for that level."""

    level: int
    policy: EscalationPolicy | None
    is_own: bool
    pages: bool

    @property
    def is_hole(self) -> bool:
        return self.pages and self.policy is None


@dataclass(frozen=True)
class Row:
    """A scope, and what covers each level there. No program: all without a policy of their own."""

    program: Program | None
    cells: list[Cell]


def paged_levels() -> frozenset[int]:
    """Return the levels for which the rules page by themselves."""
    rules = inforce.rules().thresholds
    return frozenset(
        level.value for rule in rules if rule.action is Action.ESCALATE for level in rule.levels
    )


def coverage(user: User) -> list[Row]:
    """Return what covers the levels: for all programs, then for each that has its own policy."""
    rows = list(access.policies_for(user).filter(active=True).order_by("pk"))
    programs = {row.program.pk: row.program for row in rows if row.program}
    paged = paged_levels()
    scopes = [None, *sorted(programs.values(), key=lambda program: program.name)]
    return [
        Row(scope, [_cell(level, scope, rows, level in paged) for level in LEVELS])
        for scope in scopes
    ]


def _cell(level: int, scope: Program | None, rows: list[EscalationPolicy], pages: bool) -> Cell:
    fitting = [row for row in rows if level in row.levels]
    own = next((row for row in fitting if row.program == scope), None)
    general = next((row for row in fitting if row.program is None), None)
    return Cell(level, own or general, own is not None and scope is not None, pages)


@dataclass(frozen=True)
class Told:
    """A person who would be paged: by which ways at once, and which are held back until when."""

    person: User
    ways: list[str]
    held: list[datetime]

    @classmethod
    def of(cls, one: Reached) -> "Told":
        sent = [str(Method(way.method).label) for way in one.ways if not way.held_until]
        held = [way.held_until for way in one.ways if way.held_until]
        return cls(one.person, list(dict.fromkeys(sent)), held)


@dataclass(frozen=True)
class Rung:
    """One step: `after` the paging began, if nobody answered; whom it names and whom it reaches."""

    number: int
    after: timedelta
    whom: str
    told: list[Told]
    waits_for_roles: bool

    @property
    def reaches_nobody(self) -> bool:
        return not any(each.ways for each in self.told) and not self.waits_for_roles


@dataclass(frozen=True)
class Ladder:
    """The steps of one pass, how long it takes, and who is told when nobody answers."""

    rungs: list[Rung]
    again_after: timedelta
    repeats: int
    fallback: Rung


def ladder(plan: Plan, level: int, at: datetime) -> Ladder:
    """Return a plan as it would go at a moment, each step with whom it would reach then."""
    situation = Situation(at, plan, level=level)
    known = targets.names([*(each for step in plan.steps for each in step.targets), *plan.fallback])
    rungs, after = [], timedelta(0)
    for number, step in enumerate(plan.steps, 1):
        after += step.wait
        rungs.append(_rung(number, after, step.targets, situation=situation, known=known))
    last = _rung(0, after, plan.fallback, situation=situation, known=known)
    return Ladder(rungs, plan.repeat_after, plan.repeats, last)


def _rung(
    number: int,
    after: timedelta,
    wanted: Iterable[Target],
    *,
    situation: Situation,
    known: Names,
) -> Rung:
    named = list(wanted)
    return Rung(
        number,
        after,
        ", ".join(targets.called(target, known) for target in named),
        [Told.of(one) for one in targets.reached(named, situation)],
        any(target.kind == "role" for target in named),
    )
