"""Who may be let in by whom, and for how long. Reads only; grants.py lets in."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from incidents import access
from incidents.access import Level
from incidents.models import AccessGrant, Incident

LONGEST_REASON = 300
LONGEST = timedelta(days=366)
MANAGING = (Level.MANAGE, Level.CLOSE)


class Refused(Exception):
    """Access cannot be changed so; the message says why."""


def check_level(incident: Incident, level: str, actor: Actor) -> None:
    """Refuse a level that there is not, or that the person who lets in does not hold."""
    if level not in Level.values:
        raise Refused(f"level: {level!r} is none; choose one of {', '.join(Level.values)}.")
    if actor.user is None:
        return
    held = access.may_which(actor.user, incident)
    if level not in held:
        own = ", ".join(each.value for each in Level if each in held) or "none"
        raise Refused(f"level: nobody lets in to more than they may. You may give: {own}.")


def check_giver(
    incident: Incident,
    level: str,
    actor: Actor,
    *,
    person: User | None,
    expires_at: datetime | None,
) -> None:
    """Refuse to let oneself in, and anybody for longer than one is let in to it oneself.

    Else whoever is let in for a day would stay for good, by name or through a team of theirs.
    """
    if actor.user is None:
        return
    if person == actor.user:
        raise Refused("person: nobody lets themselves in; ask somebody else who manages it.")
    own = access.holds_until(actor.user, level, incident)
    if own and (expires_at is None or expires_at > own):
        until = f"{own.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        raise Refused(f"expires_at: you may do this yourself until {until}; give no later time.")


def check(
    person: User | None, team: Group | None, reason: str, expires_at: datetime | None
) -> None:
    """Refuse nobody, two at once, who is deactivated, no reason, and a time that has passed."""
    if (person is None) == (team is None):
        raise Refused("person: name a person or a team, and not both.")
    if person and not person.is_active:
        raise Refused(f"person: {person.name} is deactivated and cannot be let in.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Refused(f"reason: say why they are let in, in at most {LONGEST_REASON} characters.")
    now = timezone.now()
    if expires_at and not now < expires_at <= now + LONGEST:
        raise Refused(f"expires_at: choose a time to come, at most {LONGEST.days} days from now.")


def managing(incident: Incident) -> QuerySet[AccessGrant]:
    """The grants in force by which somebody can let others in."""
    grants = incident.grants.filter(ended_at=None, level__in=MANAGING)
    return grants.filter(Q(person__is_active=True) | Q(team__user__is_active=True))


def managers(incident: Incident) -> list[User]:
    """Return those who can let others in, in person or through a team."""
    lasting = managing(incident).exclude(expires_at__lte=Now())
    people = Q(pk__in=lasting.values("person")) | Q(groups__in=lasting.values("team"))
    found = User.objects.filter(people, is_active=True)
    return list(found.order_by("username").distinct())
