"""Let people and teams in, and out again. The only module that writes AccessGrant.

The permissions that follow from a grant are written by incidents.permitting, for this one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, trail
from audit.trail import joined
from incidents import admission, permitting, timeline, weighing
from incidents.access import Level
from incidents.admission import LONGEST_REASON as LONGEST_REASON
from incidents.admission import Refused as Refused
from incidents.models import AccessGrant, Incident, TimelineEntry
from incidents.permitting import IMPLIES as IMPLIES

LAST_MANAGER_STAYS = timedelta(hours=1)


@joined
def admit(
    incident: Incident,
    *,
    level: str,
    reason: str,
    actor: Actor,
    person: User | None = None,
    team: Group | None = None,
    expires_at: datetime | None = None,
) -> AccessGrant:
    """Let a person or a team in. Safe to call again; a higher level holds the lower ones.

    Who is in for a time already and is let in for longer stays for the longer time.

    Raises:
        Refused: if it names neither or both, nobody, oneself, a time that has passed, or a level
            that the person who lets in does not hold, or not for as long.
    """
    # First of all: whoever loses the level at this moment must not let others in to it.
    _lock(incident.pk)
    admission.check_level(incident, level, actor)
    admission.check(person, team, reason, expires_at)
    admission.check_giver(incident, level, actor, person=person, expires_at=expires_at)
    grant = AccessGrant(
        incident=incident,
        person=person,
        team=team,
        level=level,
        reason=reason,
        granted_by=actor.name,
        expires_at=expires_at,
    )
    return _admit(grant, actor=actor)


@joined
def admit_to_role(
    incident: Incident, *, person: User, level: str, reason: str, actor: Actor
) -> AccessGrant:
    """Let the holder of a role in, as far as the role needs. Who may give it is roles.py's.

    Raises:
        Refused: if the person is deactivated.
    """
    _lock(incident.pk)
    admission.check(person, None, reason, None)
    grant = AccessGrant(
        incident=incident, person=person, level=level, reason=reason, granted_by=actor.name
    )
    return _admit(grant, actor=actor)


@joined
def admit_through_glass(
    incident: Incident, *, person: User, until: datetime, actor: Actor
) -> AccessGrant:
    """Let a person in to read for a short time. Who may break the glass is glass.py's."""
    grant = AccessGrant(
        incident=incident,
        person=person,
        level=Level.VIEW,
        reason="Broke the glass.",
        granted_by=actor.name,
        expires_at=until,
    )
    return _admit(grant, actor=actor)


@transaction.atomic
def leave(incident: Incident, *, actor: Actor) -> None:
    """End what lets a person in by name; what a team or a program gives is not theirs to end.

    Raises:
        Refused: if nothing does, a role needs it, or nobody could manage the incident afterwards.
    """
    incident = _lock(incident.pk)
    own = list(incident.grants.filter(person=actor.user, ended_at=None, by_rule=False))
    if actor.user is None or not own:
        raise Refused("Nothing lets you in by name: a team or your program does.")
    if incident.roles.filter(person=actor.user, until=None).exists():
        raise Refused("You have a role here: hand it over first.")
    for grant in own:
        end(grant, actor=actor)


def _admit(grant: AccessGrant, *, actor: Actor) -> AccessGrant:
    incident = grant.incident
    existing = incident.grants.filter(
        person=grant.person, team=grant.team, level=grant.level, ended_at=None
    ).first()
    if existing and _outlasts(existing, grant.expires_at):
        return existing
    if existing:
        _close(existing, actor=actor)
    _let_in([grant], actor=actor)
    if grant.expires_at:
        _plan_the_end(grant, grant.expires_at)
    return grant


class Admission(NamedTuple):
    incident: Incident
    person: User
    why: str


@joined
def admit_all(people: Sequence[Admission], *, level: str, actor: Actor) -> None:
    """Let many in for good, each to an incident that the caller holds, in few statements.

    For machines, which hold no level themselves. Who is in for good already stays so.

    Raises:
        Refused: if somebody is deactivated.
    """
    known = AccessGrant.objects.filter(
        incident__in={each.incident.pk for each in people},
        person__in={each.person.pk for each in people},
        level=level,
        ended_at=None,
    )
    held = {(grant.incident_id, grant.person_id): grant for grant in known}
    grants = []
    for incident, person, why in people:
        admission.check(person, None, why, None)
        existing = held.get((incident.pk, person.pk))
        if existing and _outlasts(existing, None):
            continue
        if existing:
            _close(existing, actor=actor)
        grant = AccessGrant(
            incident=incident, person=person, level=level, reason=why, granted_by=actor.name
        )
        held[incident.pk, person.pk] = grant
        grants.append(grant)
    if grants:
        _let_in(grants, actor=actor)


def _let_in(grants: Sequence[AccessGrant], *, actor: Actor) -> None:
    history.create_in_set(grants, actor=actor)
    permitting.give(grants)
    for grant in grants:
        note(grant, actor=actor)


def note(grant: AccessGrant, *, actor: Actor) -> None:
    """Write to the record that somebody is let in."""
    trail.record(
        "access.granted",
        grant.incident,
        actor=actor,
        remark=grant.reason,
        to=_who(grant),
        level=grant.level,
    )


def _lock(incident_pk: int) -> Incident:
    # Without it two who end the last two managers at once would each count the other.
    return Incident.objects.select_for_update(no_key=True).get(pk=incident_pk)


def _outlasts(grant: AccessGrant, expires_at: datetime | None) -> bool:
    until = grant.expires_at
    return until is None or (expires_at is not None and expires_at <= until)


def _plan_the_end(grant: AccessGrant, at: datetime) -> None:
    clockwork.schedule(
        "incidents.end_access",
        key=f"grant:{grant.pk}:{at.isoformat()}",
        payload={"grant": grant.pk},
        due_at=at,
        priority=1,
    )


def run_out(grant_pk: int) -> None:
    """End a grant whose time is up. The last manager stays until another one is let in."""
    grant = AccessGrant.objects.get(pk=grant_pk)
    try:
        end(grant, actor=Actor.machine("end of access"))
    except Refused:
        grant.expires_at = timezone.now() + LAST_MANAGER_STAYS
        history.save(grant, "expires_at", actor=Actor.machine("end of access"))
        _plan_the_end(grant, grant.expires_at)


@transaction.atomic
def end(grant: AccessGrant, *, actor: Actor) -> None:
    """End one grant; what other grants of the same person or team give stays. Safe to call again.

    Raises:
        Refused: if nobody could manage the incident afterwards, or a person would end
            what a rule gave.
    """
    incident = _lock(grant.incident_id)
    grant = AccessGrant.objects.get(pk=grant.pk)
    if grant.ended_at:
        return
    if grant.by_rule and actor.user:
        raise Refused(f"grant: {_name(grant)} is let in by rule. No person ends that.")
    manages = grant.level in admission.MANAGING
    if manages and not admission.managing(incident).exclude(pk=grant.pk).exists():
        raise Refused(
            "grant: somebody must be able to manage the incident. Let another one in first."
        )
    _close(grant, actor=actor)
    kept = incident.grants.filter(person=grant.person, team=grant.team, ended_at=None)
    still = {implied for other in kept for implied in IMPLIES[other.level]}
    permitting.take(incident, set(Level) - still, grant)
    trail.record("access.ended", incident, actor=actor, to=_who(grant), level=grant.level)
    timeline.write(
        incident,
        TimelineEntry.Kind.ACCESS,
        f"{_name(grant)} may no longer {grant.get_level_display().lower()} here.",
        actor=actor,
    )


def _close(grant: AccessGrant, *, actor: Actor) -> None:
    grant.ended_at = timezone.now()
    history.save(grant, "ended_at", actor=actor)
    clockwork.cancel(prefix=f"grant:{grant.pk}:")


def _who(grant: AccessGrant) -> str:
    return f"person:{grant.person_id}" if grant.person_id else f"team:{grant.team_id}"


def _name(grant: AccessGrant) -> str:
    return str(grant.person or grant.team)


def admit_by_rule(incident: Incident, *, actor: Actor) -> None:
    """Let in the functions that an incident of this level always needs.

    Called at filing and when it gets worse, with the incident locked or just made.
    """
    wanted = [
        (Function.PRIVACY_OFFICER, Level.CLOSE, 5, "privacy officers take part in every incident"),
        (Function.COMMANDER, Level.MANAGE, 5, "somebody must be able to take command"),
        (Function.LEGAL, Level.CONTRIBUTE, 2, "counsel takes part from SEV 2"),
        (Function.EXECUTIVE, Level.VIEW, 2, "leadership follows from SEV 2"),
    ]
    wanted = [wish for wish in wanted if incident.counts_as <= wish[2]]
    teams = {team.name: team for team in Group.objects.filter(name__in=[w[0] for w in wanted])}
    before = () if weighing.is_first(incident) else incident.grants.filter(ended_at=None)
    held = {(grant.team_id, grant.level): grant for grant in before}
    grants = []
    for function, level, _mildest, why in wanted:
        team = teams[function.value]
        existing = held.get((team.pk, level))
        if existing and _outlasts(existing, None):
            continue
        if existing:
            _close(existing, actor=actor)
        reason = f"By rule: {why}."
        grants.append(
            AccessGrant(
                incident=incident,
                team=team,
                level=level,
                reason=reason,
                granted_by=actor.name,
                by_rule=True,
            )
        )
    if grants:
        _let_in(grants, actor=actor)
