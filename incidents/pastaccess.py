"""Let privacy officers in to incidents of the past. Beside grants.py it alone makes AccessGrant."""

from collections.abc import Sequence

from django.contrib.auth.models import Group
from django.db import connection

from accounts.actors import Actor
from accounts.functions import Function
from audit import history
from incidents import grants
from incidents.models import AccessGrant, Incident

_IN_SET = """
INSERT INTO incidents_incidentgrouppermission (group_id, permission_id, content_object_id)
SELECT %s, p.id, i.id FROM auth_permission p
JOIN django_content_type t ON t.id = p.content_type_id AND t.app_label = 'incidents'
CROSS JOIN incidents_incident i WHERE p.codename = ANY(%s) AND i.id = ANY(%s)
ON CONFLICT DO NOTHING
"""


def admit(incidents: Sequence[Incident], *, actor: Actor) -> None:
    """Let privacy officers, and nobody else, in to incidents that were just imported."""
    team = Group.objects.get(name=Function.PRIVACY_OFFICER)
    made = [
        AccessGrant(
            incident=incident,
            team=team,
            level=AccessGrant.Level.CLOSE,
            reason="By rule: privacy officers take part in every incident.",
            granted_by=actor.name,
            by_rule=True,
        )
        for incident in incidents
    ]
    history.create_in_set(made, actor=actor)
    _give(team, incidents, AccessGrant.Level.CLOSE)
    for grant in made:
        grants.note(grant, actor=actor)


def _give(team: Group, incidents: Sequence[Incident], level: str) -> None:
    # In one statement: four rows each would be sent and read one by one.
    names = [f"{each}_incident" for each in grants.IMPLIES[level]]
    with connection.cursor() as cursor:
        cursor.execute(_IN_SET, [team.pk, names, [incident.pk for incident in incidents]])
