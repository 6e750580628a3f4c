"""What the floor and the rules of the house demand of an incident. Reads only; firing does it."""

import hashlib
from collections.abc import Iterable

from django.utils import timezone

from incidents import situations
from incidents.models import Incident
from programs.models import Program
from severity import inforce, matching, thresholds
from severity.duties import PAUSES_AT_ONCE
from severity.houserules import Rule
from severity.ladder import Sev
from severity.matching import Situation
from severity.thresholds import Demand
from severity.vocabulary import Action


def demands(incident: Incident, rules: Iterable[Rule]) -> tuple[Demand, ...]:
    """Return what the floor and these rules of the house demand of an incident now."""
    floor = of_floor(incident.level, incident.program, undetermined=incident.sev is None)
    house = matching.demands(rules, situations.of(incident), now=timezone.now())
    return matching.together(floor, house)


def of_floor(level: Sev, program: Program | None, *, undetermined: bool) -> tuple[Demand, ...]:
    """Return what the floor alone demands at a level, in a program or in none that is known."""
    return thresholds.due(
        level,
        undetermined=undetermined or is_nowhere(level, program),
        program_pause_at=Sev(program.pause_at) if program else None,
        rules=inforce.rules(),
    )


def is_nowhere(level: Sev, program: Program | None) -> bool:
    """True if a level stops a program, and nobody knows which.

    That is open as well, so the clock of what is undetermined runs on.
    """
    return program is None and level in PAUSES_AT_ONCE


def occasion(demand: Demand, assessment: int | None, at: Situation) -> str:
    """Return for what a demand of the house is made once.

    What was let go on, or answered, is stopped and paged for again with a new assessment, as by
    the floor. All else is done once for each level. Another version of the rule is no occasion.
    """
    again = demand.action in (Action.PAUSE, Action.ESCALATE)
    level = f"l{at.level.value}{'?' if at.undetermined else ''}"
    since = f"s{at.status_since:%Y%m%d%H%M%S%f}" if demand.by_status else ""
    scope = demand.scope.value if demand.scope else demand.name
    return "|".join(
        (demand.rule_id, f"a{assessment}" if again else level, since, demand.action.value, scope)
    )


def digest(occasions: Iterable[str]) -> str:
    """Return a short name for a set of occasions."""
    return hashlib.sha256("\n".join(sorted(occasions)).encode()).hexdigest()[:24]
