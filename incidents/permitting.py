"""Write the permissions that follow from grants. For incidents.grants alone."""

from collections.abc import Sequence

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models

from audit.inserting import insert_new
from incidents.access import Level
from incidents.models import (
    AccessGrant,
    Incident,
    IncidentGroupPermission,
    IncidentUserPermission,
)

# Each level holds the ones before it. Nobody may delete.
IMPLIES: dict[str, tuple[Level, ...]] = {
    Level.VIEW: (Level.VIEW,),
    Level.CONTRIBUTE: (Level.VIEW, Level.CONTRIBUTE),
    Level.MANAGE: (Level.VIEW, Level.CONTRIBUTE, Level.MANAGE),
    Level.CLOSE: (Level.VIEW, Level.CONTRIBUTE, Level.MANAGE, Level.CLOSE),
}


def give(grants: Sequence[AccessGrant]) -> None:
    """Let those whom these grants are to do what their levels hold."""
    ours = Permission.objects.filter(content_type=ContentType.objects.get_for_model(Incident))
    named = {each.codename: each for each in ours}
    given = [(grant, named[f"{lv}_incident"]) for grant in grants for lv in IMPLIES[grant.level]]
    to_people = [
        IncidentUserPermission(content_object=grant.incident, permission=of, user=grant.person)
        for grant, of in given
        if grant.person
    ]
    to_teams = [
        IncidentGroupPermission(content_object=grant.incident, permission=of, group=grant.team)
        for grant, of in given
        if grant.team
    ]
    insert_new(to_people)
    insert_new(to_teams)


def take(incident: Incident, levels: set[Level], grant: AccessGrant) -> None:
    """End these levels of those whom a grant is to, whatever grant they came from."""
    model: type[models.Model] = IncidentUserPermission if grant.person else IncidentGroupPermission
    whose = {"user": grant.person} if grant.person else {"group": grant.team}
    names = [f"{level}_incident" for level in levels]
    given = model._default_manager.filter(content_object=incident, **whose)
    given.filter(permission__codename__in=names).delete()
