"""Have the engine look at an incident again when time or its status makes a rule apply."""

from collections.abc import Iterable

from django.utils import timezone

from audit import clockwork
from audit.clockwork import Wish
from incidents import rulebook, situations
from incidents.models import Incident
from severity import matching
from severity.houserules import Rule

AGAIN = "incidents.rules_again"


def plan(incident: Incident, rules: Iterable[Rule] | None = None) -> None:
    """Schedule a look at every moment at which a rule comes to apply by the status alone.

    In the transaction that set the status or the level. A look that is not wanted any more by
    then does nothing, so none is ever called off.
    """
    at, now = situations.of(incident), timezone.now()
    wishes = []
    for rule in rulebook.in_force() if rules is None else rules:
        moment = matching.will_apply_at(rule.when, at) if rule.when.statuses else None
        if moment is None:
            continue
        since = at.status_since.isoformat()
        wishes.append(
            Wish(
                AGAIN,
                key=f"rules:{incident.pk}:{rule.id}:{rule.version}:{incident.assessment_id}:{since}",
                payload={"incident": incident.pk},
                due_at=moment if moment > now else None,
                priority=incident.counts_as,
            )
        )
    if wishes:
        clockwork.schedule_all(wishes)
