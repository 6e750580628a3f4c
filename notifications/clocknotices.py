"""Mail whoever answers for the law that a legal clock runs out, or is over."""

from typing import Any

from accounts.functions import Function
from accounts.models import User
from incidents import access, roles
from incidents.access import Level
from incidents.models import Incident, Obligation, Role
from notifications import doorbell

OVERDUE = 100
_FUNCTIONS = (Function.PRIVACY_OFFICER, Function.LEGAL)
_ROLES = (Role.PRIVACY, Role.LEGAL)


def tell_of_clock(event: dict[str, Any]) -> None:
    """So much of a clock's time is over: privacy officers and counsel who see it hear of it.

    Nothing is sent if it was filed, does not apply, or its end was moved since.
    """
    row = Obligation.objects.select_related("incident").get(pk=event["obligation"])
    if not row.is_owed or row.due_at is None or row.due_at.isoformat() != event["due"]:
        return
    percent = event["percent"]
    is_over = percent >= OVERDUE
    subject = "a legal clock is overdue" if is_over else f"{percent} % of a legal clock is over"
    was = "was" if is_over else "is"
    doorbell.ring(
        _answering(row.incident),
        row.incident,
        key=f"clock-{row.pk}-{event['due']}-{percent}",
        subject=subject,
        said=f"{subject}: {row.cited} {was} due {row.due_at:%Y-%m-%d %H:%M} UTC. It stands under "
        "“Legal clocks” of the incident, with what is to be done.",
        else_operators=True,
    )


def _answering(incident: Incident) -> list[User]:
    people = User.objects.filter(groups__name__in=_FUNCTIONS, is_active=True).distinct()
    found = {person.pk: person for person in people}
    for role in _ROLES:
        held = roles.holder(incident, role)
        if held:
            found[held.pk] = held
    seeing = (person for person in found.values() if access.may(person, Level.VIEW, incident))
    return sorted(seeing, key=lambda person: person.pk)
