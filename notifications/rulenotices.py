"""Mail those whom a threshold rule tells, and those whom it asks."""

from typing import Any

from accounts.functions import Function
from accounts.models import User
from incidents import access, admission
from incidents.access import Level
from incidents.models import RuleFiring
from notifications import doorbell


def _firing(event: dict[str, Any]) -> RuleFiring:
    return RuleFiring.objects.select_related("incident").get(pk=event["firing"])


def tell_by_rule(event: dict[str, Any]) -> None:
    """Everybody with the function that the rule names, and who may see the incident, hears."""
    firing = _firing(event)
    people = User.objects.filter(groups__name=Function(firing.name).value, is_active=True)
    seeing = [each for each in people if access.may(each, Level.VIEW, firing.incident)]
    doorbell.ring(
        sorted(seeing, key=lambda person: person.pk),
        firing.incident,
        key=f"rule-{firing.pk}",
        subject="a rule tells you of it",
        said=f"Rule {firing.rule} ({firing.rules_version}) tells you of it: {firing.why}.",
    )


def tell_of_question(event: dict[str, Any]) -> None:
    """Whoever runs the incident hears that a rule asks; nothing once it is answered."""
    firing = _firing(event)
    if firing.state != RuleFiring.State.ASKED:
        return
    doorbell.ring(
        admission.managers(firing.incident),
        firing.incident,
        key=f"rule-asks-{firing.pk}",
        subject="a rule asks you",
        said=f"Rule {firing.rule} ({firing.rules_version}) asks whether it may act: {firing.why}. "
        "Agree or refuse on the page of the incident.",
    )
