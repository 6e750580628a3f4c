"""What the floor and the rules of the house demand of an incident. Reads only; firing does it."""

import hashlib
from collections.abc import Iterable

from django.utils import timezone

from incidents import situations
from incidents.models import Incident
from severity import inforce, matching, thresholds
from severity.duties import PAUSES_AT_ONCE
from severity.houserules import Rule
from severity.ladder import Sev
from severity.matching import Situation
from severity.thresholds import Demand
from severity.vocabulary import Action


def demands(incident: Incident, rules: Iterable[Rule]) -> tuple[Demand, ...]:
    """Return what the floor and these rules of the house demand of an incident now."""
    program = incident.program
    # A level that stops a program, and nobody knows which: that is open as well, so the clock of
    # what is undetermined runs on.
    nowhere = program is None and incident.level in PAUSES_AT_ONCE
    floor = thresholds.due(
        incident.level,
        undetermined=incident.sev is None or nowhere,
        program_pause_at=Sev(program.pause_at) if program else None,
        rules=inforce.rules(),
    )
    house = matching.demands(rules, situations.of(incident), now=timezone.now())
    return matching.together(floor, house)


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
