"""Who sees which incident and what they may do; reads only. Alone reads what guardian keeps here.

The default is nobody. A person sees an incident by a grant in person, by a grant to
a team, or, where it is not restricted, by the right to respond for its program.
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.functions import Function
from accounts.models import User
from incidents import sight
from incidents.models import (
    AccessGrant,
    Incident,
    IncidentGroupPermission,
    IncidentUserPermission,
    Role,
)
from programs import access as program_access

Level = AccessGrant.Level
# The roles that set and lift legal holds. Counsel and privacy officers may without one.
_HOLDERS = (Role.COMMANDER, Role.LEGAL, Role.PRIVACY)


def visible_to(user: User, *, named: bool = False) -> QuerySet[Incident]:
    """Every incident that the person may know of. All lists, counts and searches start here.

    Args:
        named: the caller narrows it to a few incidents by their keys or numbers, so that each
            is asked for by itself; else what a person sees is read ahead where it is little.
    """
    if not user.is_active:
        return Incident.objects.none()
    theirs = sight.of(user)
    few = None if named else sight.all_if_few(theirs)
    return Incident.objects.filter(sight.each(theirs) if few is None else sight.one_of(few))


def of_these(user: User, keys: list[int]) -> QuerySet[Incident]:
    """Those of some incidents that the person may know of. Each of them is asked for once."""
    found = visible_to(user, named=True).filter(sight.one_of(keys))
    return Incident.objects.filter(sight.one_of(list(found.values_list("pk", flat=True))))


def newest(user: User, *, limit: int, before: int | None = None) -> list[int]:
    """Return the keys of the newest incidents that the person may know of, newest first.

    Args:
        before: a number; those with it and above are left out. It need not be one they may see.
    """
    if not user.is_active:
        return []
    below = None if before is None else _key(number__gte=before, order="number")
    return sight.newest(sight.of(user), limit=limit, below=below)


def next_newer(user: User, *, limit: int, after: int) -> list[int]:
    """Return the keys of the incidents that follow a number, as `newest` does: newest first."""
    if not user.is_active:
        return []
    above = _key(number__lte=after, order="-number")
    return sight.oldest(sight.of(user), limit=limit, above=above)[::-1]


def _key(*, order: str, **which: int) -> int | None:
    # Numbers and keys are drawn under one lock, so they rise together.
    keys = Incident.objects.filter(**which).order_by(order).values_list("pk", flat=True)
    return keys.first()


def _theirs(user: User) -> QuerySet[AccessGrant]:
    # As a sub-query, since a join would name a grant once for each team of theirs.
    teams = user.groups.values("pk")
    return AccessGrant.objects.filter(Q(person=user) | Q(team__in=teams), ended_at=None)


def _run_out(user: User) -> QuerySet[AccessGrant]:
    return _theirs(user).filter(expires_at__lte=Now())


def _lasting(user: User) -> QuerySet[AccessGrant]:
    return _theirs(user).filter(Q(expires_at=None) | Q(expires_at__gt=Now()))


def _holding(level: str) -> list[Level]:
    """The levels that hold this one: each holds the ones before it."""
    return list(Level)[list(Level).index(Level(level)) :]


def may(user: User, level: str, incident: Incident) -> bool:
    """True if the person holds this level on this incident."""
    return may_which(user, incident).issuperset({Level(level)})


def may_which(user: User, incident: Incident) -> frozenset[Level]:
    """Every level that the person holds on this incident."""
    if not user.is_active:
        return frozenset()
    if _run_out(user).filter(incident=incident).exists():
        levels = _lasting(user).filter(incident=incident).values_list("level", flat=True)
        held = {each.value for each in Level if set(_holding(each)) & set(levels)}
    else:
        held = _permitted(user, incident)
    if not incident.restricted and _responds_for(user, incident):
        held |= {Level.VIEW.value, Level.CONTRIBUTE.value}
    return frozenset(level for level in Level if level.value in held)


def holds_until(user: User, level: str, incident: Incident) -> datetime | None:
    """Until when the person, who holds this level, does so; None if without an end."""
    grants = _lasting(user).filter(incident=incident, level__in=_holding(level))
    by_program = level in (Level.VIEW, Level.CONTRIBUTE) and not incident.restricted
    if by_program and _responds_for(user, incident):
        return None
    ends = list(grants.values_list("expires_at", flat=True))
    return None if None in ends or not ends else max(end for end in ends if end)


def may_hold(user: User, incident: Incident) -> bool:
    """True if the person may set and lift legal holds on what this incident keeps as evidence."""
    return may(user, Level.VIEW, incident) and keeps(user, incident)


def keeps(user: User, incident: Incident) -> bool:
    """True if legal holds are for whoever the person is here; `may_hold` also asks for sight."""
    if user.is_any(Function.LEGAL, Function.PRIVACY_OFFICER):
        return True
    return incident.roles.filter(person=user, until=None, role__in=_HOLDERS).exists()


def _responds_for(user: User, incident: Incident) -> bool:
    programs = program_access.open_to_responder(user)
    return incident.program_id is not None and programs.filter(pk=incident.program_id).exists()


def _permitted(user: User, incident: Incident) -> set[str]:
    return {
        name.removesuffix("_incident")
        for model, who in (
            (IncidentUserPermission, Q(user=user)),
            (IncidentGroupPermission, Q(group__user=user)),
        )
        for name in _held(model, who, incident)
    }


def _held(model: type[models.Model], who: Q, incident: Incident) -> QuerySet[models.Model, str]:
    rows = model._default_manager.filter(who, content_object=incident)
    return rows.values_list("permission__codename", flat=True)


def viewers(incident: Incident) -> QuerySet[User]:
    """The people whom a grant lets read an incident now, in person or through a team."""
    in_force = Q(expires_at=None) | Q(expires_at__gt=Now())
    grants = incident.grants.filter(in_force, ended_at=None)
    who = Q(pk__in=grants.values("person")) | Q(groups__in=grants.values("team"))
    return User.objects.filter(who, is_active=True).distinct()


def why(user: User, incident: Incident) -> list[AccessGrant | str]:
    """Return what lets a person see an incident: grants in force, and the program's slug.

    Empty if nothing does.
    """
    if not user.is_active:
        return []
    grants = _lasting(user).filter(incident=incident).select_related("team")
    found: list[AccessGrant | str] = list(grants.order_by("granted_at"))
    if not incident.restricted and incident.program and _responds_for(user, incident):
        found.append(incident.program.slug)
    return found


def get_incident(user: User, ref: str | int, *, to: str = Level.VIEW) -> Incident:
    """Return an incident by its number on which the person holds the level `to`.

    Raises:
        Http404: if there is none, or none this person may see. One answer for
            both, so that nobody learns which incidents exist.
        PermissionDenied: if the person may see it but not do this to it.
    """
    incident = (
        visible_to(user, named=True)
        .select_related("program", "dataset", "reporter", "assessment")
        .filter(number=ref)
        .first()
    )
    if incident is None:
        raise Http404(_("No such incident."))
    if to != Level.VIEW and not may(user, to, incident):
        raise PermissionDenied(_("You may read this incident but not do this to it."))
    return incident
