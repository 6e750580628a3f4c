"""What a report would set off, said before it is sent. Reads only; the rules are severity's."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.functions import Function
from accounts.models import User
from incidents import demanding, rulebook, situations, weighing
from incidents.models import Incident, Kind, Status
from incidents.weighing import Answered
from programs.models import Program, State
from severity import matching
from severity.ladder import Sev, worst
from severity.matching import Situation
from severity.thresholds import Demand
from severity.triage import Triage
from severity.vocabulary import Action, Mode, Scope


@dataclass(frozen=True)
class Foresight:
    """The level, what was assumed for it, and in sentences what follows."""

    level: Sev
    undetermined: bool
    assumed: tuple[str, ...]
    effects: tuple[str, ...]


def foresee(answered: Answered) -> Foresight:
    """Return what these answers lead to. Names no program but the one that was answered."""
    weighed = weighing.weigh(answered)
    found = _follows(_at_first(answered, weighed), answered.program)
    return Foresight(weighed.sev, weighed.undetermined, weighed.assumed, found)


def effects(incident: Incident, level: Sev, *, undetermined: bool) -> tuple[str, ...]:
    """Return in sentences what a level of an incident would set off, before it is set."""
    return _follows(_then(incident, level, undetermined=undetermined), incident.program)


def demanded(
    incident: Incident, level: Sev, *, undetermined: bool, user: User
) -> tuple[Demand, ...]:
    """Return what a level would set off, as demands: of the floor, and of rules a person reads."""
    demands = _demands(_then(incident, level, undetermined=undetermined), incident.program)
    theirs = {rule.id for rule in rulebook.in_force_for(user)}
    return tuple(each for each in demands if not each.of_house or each.rule_id in theirs)


def _then(incident: Incident, level: Sev, *, undetermined: bool) -> Situation:
    now = situations.of(incident)
    return replace(now, level=level, peak=worst(now.peak, level), undetermined=undetermined)


def _demands(at: Situation, program: Program | None) -> tuple[Demand, ...]:
    floor = demanding.of_floor(at.level, program, undetermined=at.undetermined)
    return matching.together(floor, matching.demands(rulebook.in_force(), at, now=timezone.now()))


def _follows(at: Situation, program: Program | None) -> tuple[str, ...]:
    demands = _demands(at, program)
    # Two rules may lead to the same.
    return tuple(dict.fromkeys(words for demand in demands for words in _effects(demand, program)))


def _at_first(answered: Answered, weighed: Triage) -> Situation:
    """What rules would look at in an incident that was just reported so."""
    program = answered.program
    return Situation(
        level=weighed.sev,
        peak=weighed.sev,
        undetermined=weighed.undetermined,
        program=program.slug if program else "",
        categories=frozenset(program.categories if program else ()),
        kind=Kind.EXPOSURE,
        audience=answered.audience,
        still_open=answered.still_open,
        status=Status.REPORTED,
        status_since=timezone.now(),
        people=program.participants if program else None,
    )


def _effects(demand: Demand, program: Program | None) -> Iterator[str]:
    if demand.action is Action.ESCALATE and demand.mode is Mode.AUTOMATIC:
        yield _("The people on call are paged at once, until one of them answers.")
    elif demand.action is not Action.PAUSE:
        # By the floor each incident has its runbook, whatever its level: no news.
        if demand.of_house or demand.action is not Action.ATTACH_RUNBOOK:
            yield _of_act(demand)
    elif program is None:
        if demand.mode is Mode.OVERDUE:
            yield _overdue(_("Every program that collects"), demand)
    else:
        yield _of_pause(demand, program)


def _of_act(demand: Demand) -> str:
    """What else than a pause a demand does, and when."""
    what = _ACTS[demand.action]()
    if demand.action is Action.NOTIFY:
        what = what % {"function": Function(demand.name).label}
    return _WHEN[demand.mode]() % {"what": what, "minutes": demand.after_seconds // 60}


def _overdue(what: str, demand: Demand) -> str:
    facts = {"what": what, "minutes": demand.after_seconds // 60}
    said = _("%(what)s pauses in %(minutes)s minutes unless somebody determines the severity.")
    return said % facts


def _of_pause(demand: Demand, program: Program) -> str:
    facts = {"program": program.name, "minutes": demand.after_seconds // 60}
    if demand.mode is Mode.OVERDUE:
        return _overdue(program.name, demand)
    if demand.scope is Scope.DERIVED:
        said = _("What is derived from %(program)s pauses, by rule %(rule)s.")
        return said % {"program": program.name, "rule": demand.rule_id}
    if program.state == State.PAUSED:
        return _("%(program)s is paused already, and stays so.") % facts
    if not program.runs:
        return _("%(program)s does not collect now, and is kept from starting.") % facts
    if demand.mode is Mode.ASK:
        return _("A responder is asked whether %(program)s pauses.") % facts
    if demand.mode is Mode.AUTOMATIC_AFTER:
        return _("%(program)s pauses in %(minutes)s minutes unless a responder vetoes it.") % facts
    return _PAUSES[demand.scope or Scope.PROGRAM]() % facts


_PAUSES = {
    Scope.PROGRAM: lambda: _("%(program)s pauses at once."),
    Scope.DATASET_OR_COLLECTORS: lambda: _("%(program)s pauses at once."),
    Scope.PROGRAM_AND_DERIVED: lambda: _(
        "%(program)s pauses at once, and every program derived from it."
    ),
    Scope.ALL_PROGRAMS_ON_THE_STORE: lambda: _(
        "%(program)s pauses at once, and every program that writes to the same store."
    ),
}

_ACTS = {
    Action.ESCALATE: lambda: _("The people on call are paged"),
    Action.ATTACH_RUNBOOK: lambda: _("A runbook is attached"),
    Action.OPEN_OBLIGATIONS: lambda: _("The legal clocks are reckoned"),
    Action.REQUIRE_REVIEW: lambda: _("A review with action items must end it"),
    Action.NOTIFY: lambda: _("Told by mail: %(function)s"),
}
_WHEN = {
    Mode.AUTOMATIC: lambda: _("%(what)s."),
    Mode.AUTOMATIC_AFTER: lambda: _(
        "%(what)s, in %(minutes)s minutes unless a responder vetoes it."
    ),
    Mode.ASK: lambda: _("%(what)s, if a responder agrees."),
    Mode.OVERDUE: lambda: _(
        "%(what)s, in %(minutes)s minutes unless somebody determines the severity."
    ),
}
