"""What a report would set off, said before it is sent. Reads only; the rules are severity's."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from incidents import weighing
from incidents.weighing import Answered
from programs.models import Program, State
from severity import inforce, thresholds
from severity.duties import PAUSES_AT_ONCE
from severity.ladder import Sev
from severity.thresholds import Demand
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
    found = effects(weighed.sev, undetermined=weighed.undetermined, program=answered.program)
    return Foresight(weighed.sev, weighed.undetermined, weighed.assumed, found)


def effects(level: Sev, *, undetermined: bool, program: Program | None) -> tuple[str, ...]:
    """Return in sentences what a level would set off, before it is set."""
    return tuple(
        words
        for demand in _demands(level, undetermined, program)
        for words in _effects(demand, program)
    )


def _demands(level: Sev, undetermined: bool, program: Program | None) -> tuple[Demand, ...]:
    """Return the rules that a level would let act on an incident of this program."""
    # A level that stops a program, and nobody knows which: that is open as well.
    nowhere = program is None and level in PAUSES_AT_ONCE
    return thresholds.due(
        level,
        undetermined=undetermined or nowhere,
        program_pause_at=Sev(program.pause_at) if program else None,
        rules=inforce.rules(),
    )


def _effects(demand: Demand, program: Program | None) -> Iterator[str]:
    if demand.action is Action.ESCALATE and demand.mode is Mode.AUTOMATIC:
        yield _("The people on call are paged at once, until one of them answers.")
    elif demand.action is Action.REQUIRE_REVIEW:
        yield _("A review with action items must end it.")
    elif demand.action is Action.PAUSE:
        yield from _pauses(demand, program)


def _pauses(demand: Demand, program: Program | None) -> Iterator[str]:
    minutes = demand.after_seconds // 60
    if demand.mode is Mode.OVERDUE:
        what = program.name if program else _("Every program that collects")
        yield _(
            "%(what)s pauses in %(minutes)s minutes unless somebody determines the severity."
        ) % {
            "what": what,
            "minutes": minutes,
        }
    elif program and program.state == State.PAUSED:
        yield _("%(program)s is paused already, and stays so.") % {"program": program.name}
    elif program and not program.runs:
        yield _("%(program)s does not collect now, and is kept from starting.") % {
            "program": program.name
        }
    elif program and demand.mode is Mode.AUTOMATIC_AFTER:
        yield _("%(program)s pauses in %(minutes)s minutes unless a responder vetoes it.") % {
            "program": program.name,
            "minutes": minutes,
        }
    elif program:
        yield _PAUSES[demand.scope or Scope.PROGRAM]() % {"program": program.name}


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
