"""Who sees which incident and what they may do. The only caller of guardian in this app.

The default is nobody. A person sees an incident by a grant in person, by a grant to
a team, or, where it is not restricted, by the right to respond for its program.
"""

from datetime import datetime

from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, get_objects_for_user, remove_perm

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history, trail
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
    if not held and visible_to(user).filter(pk=incident.pk).exists():
        held = {Level.VIEW.value, Level.CONTRIBUTE.value}
    return frozenset(level for level in Level if level.value in held)


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


@transaction.atomic
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

    Raises:
        Refused: if it names neither or both, nobody, or a time that has passed.
    """
    if (person is None) == (team is None):
        raise Refused("Name a person or a team.")
    if person and not person.is_active:
        raise Refused(f"{person.name} is deactivated and cannot be let in.")
    if not reason.strip():
        raise Refused("reason: say why they are let in.")
    if expires_at and expires_at <= timezone.now():
        raise Refused("expires_at: choose a time to come.")
    existing = incident.grants.filter(person=person, team=team, level=level, ended_at=None).first()
    if existing:
        return existing
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
    for implied in IMPLIES[level]:
        assign_perm(f"incidents.{implied}_incident", person or team, incident)
    trail.record(
        "access.granted", incident, actor=actor, remark=reason, to=_who(grant), level=level
    )
    return grant


@transaction.atomic
def end(grant: AccessGrant, *, actor: Actor) -> None:
    """End one grant; what other grants of the same person or team give stays. Safe to call again.

    Raises:
        Refused: if nobody could manage the incident afterwards.
    """
    grant = AccessGrant.objects.select_for_update().select_related("incident").get(pk=grant.pk)
    if grant.ended_at:
        return
    incident = grant.incident
    managers = incident.grants.filter(ended_at=None, level__in=[Level.MANAGE, Level.CLOSE])
    if not managers.exclude(pk=grant.pk).exists():
        raise Refused("Somebody must be able to manage the incident: let another one in first.")
    grant.ended_at = timezone.now()
    history.save(grant, "ended_at", actor=actor)
    kept = incident.grants.filter(person=grant.person, team=grant.team, ended_at=None)
    still = {implied for other in kept for implied in IMPLIES[other.level]}
    for level in set(Level) - still:
        remove_perm(f"incidents.{level}_incident", grant.person or grant.team, incident)
    trail.record("access.ended", incident, actor=actor, to=_who(grant), level=grant.level)
    timeline.write(
        incident,
        TimelineEntry.Kind.ACCESS,
        _("%(who)s may no longer %(level)s here.")
        % {"who": grant.person or grant.team, "level": grant.get_level_display().lower()},
        actor=actor,
    )


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
    for function, level, mildest, why in wanted:
        if incident.counts_as <= mildest:
            team = Group.objects.get(name=function.value)
            admit(incident, team=team, level=level, reason=f"By rule: {why}.", actor=actor)
