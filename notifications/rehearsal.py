"""Who would be told, and when, if an incident began at a moment and nobody answered. Reads only.

It goes the way of the engine, by escalation.course: who is on call at each moment, what is quiet
then. Ways, functions and rotas are taken as they stand now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from audit import clockwork
from notifications import ladders, planning, policies, targets
from notifications.escalation import Ending, Moment, Plan, Target, course
from notifications.ladders import Told
from notifications.models import EscalationPolicy
from notifications.targets import Names, Reached, Situation
from programs.models import Program

# Of the moments, so that a policy that goes round for days is still read.
MOST = 60
BACK, AHEAD = timedelta(days=31), timedelta(days=366)


@dataclass(frozen=True)
class Line:
    """What happens at a moment. `number` is the step, `round` the pass, both from 1."""

    at: datetime
    number: int
    round: int
    whom: str
    told: list[Told]
    needs_roles: bool
    ending: Ending | None

    @property
    def reaches_nobody(self) -> bool:
        return not any(each.ways for each in self.told)


@dataclass(frozen=True)
class Rehearsal:
    """The course of it. `pages` if the rules page for the level by themselves.

    Not `is_whole`: more than MOST moments follow.
    """

    level: int
    program: Program | None
    at: datetime
    policy: EscalationPolicy | None
    pages: bool
    lines: list[Line]
    is_whole: bool

    @property
    def nobody(self) -> bool:
        """True if nobody at all would be told."""
        return all(line.reaches_nobody for line in self.lines)


def why_not(at: datetime) -> str:
    """Return why nothing can be said of a moment, or nothing."""
    now = clockwork.now()
    if now - BACK <= at <= now + AHEAD:
        return ""
    return _("From %(back)s days ago to %(ahead)s days ahead.") % {
        "back": BACK.days,
        "ahead": AHEAD.days,
    }


def rehearse(level: int, program: Program | None, at: datetime) -> Rehearsal:
    """Return who would be told of an incident of this level in this program.

    Args:
        level: 0 to 5.
        program: None for an incident of which nobody knows the program.
        at: when the paging begins; one that `why_not` has nothing against.
    """
    policy = policies.for_level(level, program)
    run = _Run(planning.plan(policy), level)
    lines: list[Line] = []
    is_whole = True
    for moment in course(run.plan, at, run.reaches):
        if len(lines) == MOST:
            is_whole = False
            break
        lines.append(run.line(moment))
    pages = level in ladders.paged_levels()
    return Rehearsal(level, program, at, policy, pages, lines, is_whole)


class _Run:
    """One way through a plan; each moment is looked up once."""

    def __init__(self, plan: Plan, level: int) -> None:
        self.plan, self.level = plan, level
        self.known: Names = targets.names(
            [*(target for step in plan.steps for target in step.targets), *plan.fallback]
        )
        self._found: dict[tuple[tuple[Target, ...], datetime], list[Reached]] = {}

    def reached(self, wanted: tuple[Target, ...], at: datetime) -> list[Reached]:
        if (wanted, at) not in self._found:
            situation = Situation(at, self.plan, level=self.level)
            self._found[wanted, at] = targets.reached(wanted, situation)
        return self._found[wanted, at]

    def reaches(self, wanted: tuple[Target, ...], at: datetime) -> bool:
        found = self.reached(wanted, at)
        return any(not way.held_until for one in found for way in one.ways)

    def line(self, moment: Moment) -> Line:
        passes, number = divmod(moment.taken, max(len(self.plan.steps), 1))
        return Line(
            at=moment.at,
            number=number + 1,
            round=passes + 1,
            whom=", ".join(targets.called(target, self.known) for target in moment.targets),
            told=[Told.of(one) for one in self.reached(moment.targets, moment.at)],
            needs_roles=any(target.kind == "role" for target in moment.targets),
            ending=moment.ending,
        )
