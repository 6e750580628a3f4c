"""Who sees which incident and what they may do. The only caller of guardian in this app.

The default is nobody. A person sees an incident by a grant in person, by a grant to
a team, or, where it is not restricted, by the right to respond for its program.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import get_objects_for_user, remove_perm

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import clockwork, history, trail
from audit.trail import joined
from incidents import timeline
from incidents.models import (
    AccessGrant,
    Incident,
    IncidentGroupPermission,
    IncidentUserPermission,
    TimelineEntry,
)
from programs import access as program_access

Level = AccessGrant.Level

# Each level holds the ones before it. Nobody may delete.
IMPLIES: dict[str, tuple[Level, ...]] = {
    Level.VIEW: (Level.VIEW,),
    Level.CONTRIBUTE: (Level.VIEW, Level.CONTRIBUTE),
    Level.MANAGE: (Level.VIEW, Level.CONTRIBUTE, Level.MANAGE),
    Level.CLOSE: (Level.VIEW, Level.CONTRIBUTE, Level.MANAGE, Level.CLOSE),
}


LONGEST_REASON = 300
LONGEST = timedelta(days=366)
LAST_MANAGER_STAYS = timedelta(hours=1)


class Refused(Exception):
    """Access cannot be changed so; the message says why."""


def allowed(user: User, level: str) -> QuerySet[Incident]:
    """Incidents on which the person holds a level by a grant, in person or through a team."""
    incidents: QuerySet[Incident] = get_objects_for_user(
        user,
        f"incidents.{level}_incident",
        klass=Incident,
        with_superuser=False,
        accept_global_perms=False,
    )
    return incidents


def visible_to(user: User) -> QuerySet[Incident]:
    """Every incident that the person may know of. All lists, counts and searches start here."""
    if not user.is_active:
        return Incident.objects.none()
    programs = program_access.granted(user, "respond").values("pk")
    return Incident.objects.filter(
        Q(pk__in=allowed(user, Level.VIEW).values("pk")) | Q(restricted=False, program__in=programs)
    )


def may(user: User, level: str, incident: Incident) -> bool:
    """True if the person holds this level on this incident."""
    return may_which(user, incident).issuperset({Level(level)})


def may_which(user: User, incident: Incident) -> frozenset[Level]:
    """Every level that the person holds on this incident."""
    if not user.is_active:
        return frozenset()
    held = {
        name.removesuffix("_incident")
        for model, who in (
            (IncidentUserPermission, Q(user=user)),
            (IncidentGroupPermission, Q(group__user=user)),
        )
        for name in _held(model, who, incident)
    }
    if not incident.restricted and _responds_for(user, incident):
        held |= {Level.VIEW.value, Level.CONTRIBUTE.value}
    return frozenset(level for level in Level if level.value in held)


def _responds_for(user: User, incident: Incident) -> bool:
    programs = program_access.granted(user, "respond")
    return incident.program_id is not None and programs.filter(pk=incident.program_id).exists()


def _held(model: type[models.Model], who: Q, incident: Incident) -> QuerySet[models.Model, str]:
    rows = model._default_manager.filter(who, content_object=incident)
    return rows.values_list("permission__codename", flat=True)


def get_incident(user: User, ref: str | int, *, to: str = Level.VIEW) -> Incident:
    """Return an incident by its number on which the person holds the level `to`.

    Raises:
        Http404: if there is none, or none this person may see. One answer for
            both, so that nobody learns which incidents exist.
        PermissionDenied: if the person may see it but not do this to it.
    """
    incident = (
        visible_to(user)
        .select_related("program", "dataset", "reporter", "assessment")
        .filter(number=ref)
        .first()
    )
    if incident is None:
        raise Http404(_("No such incident."))
    if to != Level.VIEW and not may(user, to, incident):
        raise PermissionDenied(_("You may read this incident but not do this to it."))
    return incident


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
        Refused: if it names neither or both, nobody, or a time that has passed.
    """
    _check(person, team, reason, expires_at)
    _lock(incident.pk)
    existing = incident.grants.filter(person=person, team=team, level=level, ended_at=None).first()
    if existing and _outlasts(existing, expires_at):
        return existing
    if existing:
        _close(existing, actor=actor)
    grant: AccessGrant = history.create(
        AccessGrant,
        actor=actor,
        incident=incident,
        person=person,
        team=team,
        level=level,
        reason=reason,
        granted_by=actor.name,
        expires_at=expires_at,
    )
    _give(incident, IMPLIES[level], person=person, team=team)
    if expires_at:
        _plan_the_end(grant, expires_at)
    trail.record(
        "access.granted", incident, actor=actor, remark=reason, to=_who(grant), level=level
    )
    return grant


def _check(
    person: User | None, team: Group | None, reason: str, expires_at: datetime | None
) -> None:
    if (person is None) == (team is None):
        raise Refused("Name a person or a team.")
    if person and not person.is_active:
        raise Refused(f"{person.name} is deactivated and cannot be let in.")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Refused(f"reason: say why they are let in, in at most {LONGEST_REASON} characters.")
    now = timezone.now()
    if expires_at and not now < expires_at <= now + LONGEST:
        raise Refused(f"expires_at: choose a time to come, at most {LONGEST.days} days from now.")


def _lock(incident_pk: int) -> Incident:
    # Without it two who end the last two managers at once would each count the other.
    return Incident.objects.select_for_update(no_key=True).get(pk=incident_pk)


def _outlasts(grant: AccessGrant, expires_at: datetime | None) -> bool:
    if grant.expires_at is None:
        return True
    return expires_at is not None and expires_at <= grant.expires_at


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
        _plan_the_end(grant, timezone.now() + LAST_MANAGER_STAYS)


def _give(
    incident: Incident, levels: Iterable[Level], *, person: User | None, team: Group | None
) -> None:
    # guardian's assign_perm asks seven times for each level, and people wait for a report.
    wanted = [f"{level}_incident" for level in levels]
    permissions = Permission.objects.filter(
        content_type=ContentType.objects.get_for_model(Incident), codename__in=wanted
    )
    if person:
        to_person = [
            IncidentUserPermission(content_object=incident, permission=permission, user=person)
            for permission in permissions
        ]
        IncidentUserPermission.objects.bulk_create(to_person, ignore_conflicts=True)
    else:
        to_team = [
            IncidentGroupPermission(content_object=incident, permission=permission, group=team)
            for permission in permissions
        ]
        IncidentGroupPermission.objects.bulk_create(to_team, ignore_conflicts=True)


@transaction.atomic
def end(grant: AccessGrant, *, actor: Actor) -> None:
    """End one grant; what other grants of the same person or team give stays. Safe to call again.

    Raises:
        Refused: if nobody could manage the incident afterwards.
    """
    incident = _lock(grant.incident_id)
    grant = AccessGrant.objects.get(pk=grant.pk)
    if grant.ended_at:
        return
    if not _managers(incident).exclude(pk=grant.pk).exists():
        raise Refused("Somebody must be able to manage the incident: let another one in first.")
    _close(grant, actor=actor)
    kept = incident.grants.filter(person=grant.person, team=grant.team, ended_at=None)
    still = {implied for other in kept for implied in IMPLIES[other.level]}
    for level in set(Level) - still:
        remove_perm(f"incidents.{level}_incident", grant.person or grant.team, incident)
    trail.record("access.ended", incident, actor=actor, to=_who(grant), level=grant.level)
    timeline.write(
        incident,
        TimelineEntry.Kind.ACCESS,
        f"{grant.person or grant.team} may no longer {grant.get_level_display().lower()} here.",
        actor=actor,
    )


def _managers(incident: Incident) -> QuerySet[AccessGrant]:
    reaches_somebody = Q(person__is_active=True) | Q(team__user__is_active=True)
    managing = incident.grants.filter(ended_at=None, level__in=[Level.MANAGE, Level.CLOSE])
    return managing.filter(reaches_somebody)


def _close(grant: AccessGrant, *, actor: Actor) -> None:
    grant.ended_at = timezone.now()
    history.save(grant, "ended_at", actor=actor)
    clockwork.cancel(prefix=f"grant:{grant.pk}:")


def _who(grant: AccessGrant) -> str:
    return f"person:{grant.person_id}" if grant.person_id else f"team:{grant.team_id}"


def admit_by_rule(incident: Incident, *, actor: Actor) -> None:
    """Let in the functions that an incident of this level always needs.

    Called at filing and when it gets worse.
    """
    wanted = [
        (Function.PRIVACY_OFFICER, Level.CLOSE, 5, "privacy officers take part in every incident"),
        (Function.COMMANDER, Level.MANAGE, 5, "somebody must be able to take command"),
        (Function.LEGAL, Level.CONTRIBUTE, 2, "counsel takes part from SEV 2"),
        (Function.EXECUTIVE, Level.VIEW, 2, "leadership follows from SEV 2"),
    ]
    teams = {team.name: team for team in Group.objects.filter(name__in=[w[0] for w in wanted])}
    for function, level, mildest, why in wanted:
        if incident.counts_as <= mildest:
            team = teams[function.value]
            admit(incident, team=team, level=level, reason=f"By rule: {why}.", actor=actor)
