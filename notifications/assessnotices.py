"""Mail about full assessments that fall due, and about second ratings."""

from typing import Any

from django.urls import reverse

from accounts.functions import Function
from accounts.models import User
from incidents import access, roles
from incidents.access import Level
from incidents.models import Incident, Role, SecondRating
from notifications import doorbell

OVERDUE = 100
_ROLES = (Role.COMMANDER, Role.DEPUTY)


def tell_of_assessment(event: dict[str, Any]) -> None:
    """So much of the time is over: those who command hear of it, privacy officers once it is late.

    Nothing is sent if it was assessed, is over, or its end was moved since.
    """
    incident = Incident.objects.get(pk=event["incident"])
    due = incident.assess_by
    if incident.is_over or due is None or due.isoformat() != event["due"]:
        return
    percent = event["percent"]
    is_late = percent >= OVERDUE
    subject = (
        "the full assessment is overdue"
        if is_late
        else f"{percent} % of the time for the full assessment is over"
    )
    doorbell.ring(
        _concerned(incident, is_late=is_late),
        incident,
        # Many are due at the end of the same day, and one may be planned anew for the same end.
        key=f"assessment-{incident.pk}-{event['round']}-{percent}",
        subject=subject,
        said=f"{subject}: it {'was' if is_late else 'is'} due {due:%Y-%m-%d %H:%M} UTC. Press "
        "“Assess in full” at the severity of the incident; if a milder level is proposed there, "
        "a second person has to confirm it.",
    )


def tell_of_rating(event: dict[str, Any]) -> None:
    """Somebody is asked for a second rating, and may know nothing but the codename before."""
    row = SecondRating.objects.select_related("incident", "rater").get(pk=event["rating"])
    if row.rater is None or not row.is_open:
        return
    doorbell.ring(
        [row.rater],
        row.incident,
        key=f"rating-{row.pk}",
        subject="you are asked for a second rating",
        said="You are asked to rate this without knowing what others found. Please ask nobody who "
        "handles it, and open nothing else of it before.",
        path=reverse("incidents:rating", args=[row.pk]),
    )


def tell_of_rated(event: dict[str, Any]) -> None:
    """The second rating is there: whoever asked for it hears so, if they may see the incident."""
    row = SecondRating.objects.select_related("incident", "asked_by").get(pk=event["rating"])
    if not access.may(row.asked_by, Level.VIEW, row.incident):
        return
    doorbell.ring(
        [row.asked_by],
        row.incident,
        key=f"rated-{row.pk}",
        subject="the second rating is there",
        said="The second rating is there. Both stand beside each other at the severity.",
    )


def _concerned(incident: Incident, *, is_late: bool) -> list[User]:
    held = [roles.holder(incident, role) for role in _ROLES]
    found = {person.pk: person for person in held if person}
    functions = [Function.PRIVACY_OFFICER] if is_late else []
    if not found:
        functions.append(Function.COMMANDER)
    people = User.objects.filter(groups__name__in=functions, is_active=True).distinct()
    found |= {person.pk: person for person in people}
    seeing = (person for person in found.values() if access.may(person, Level.VIEW, incident))
    return sorted(seeing, key=lambda person: person.pk)
