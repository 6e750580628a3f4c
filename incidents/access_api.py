"""Who is let in to an incident, and who does what there, by API."""

from datetime import datetime
from typing import Literal

from django.contrib.auth.models import Group
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import access, admission, api, breadth, grants, roles
from incidents.access import Level
from incidents.access_shapes import GrantOut
from incidents.access_shapes import grant as grant_out
from incidents.models import Incident, Role, RoleAssignment

router = Router(tags=["incidents"])


class GrantIn(Sent):
    """Name a person or a team, and not both."""

    person: Text | None = Field(
        None, max_length=254, description="User name or e-mail address of a person."
    )
    team: Text | None = Field(None, max_length=150, description="The name of a team.")
    level: Literal["view", "contribute", "manage", "close"]
    reason: Text = Field(min_length=1, max_length=admission.LONGEST_REASON)
    expires_at: AwareDatetime | None = None


class BreadthIn(Sent):
    restricted: bool = Field(description="False: whoever responds for its program reads it too.")
    reason: Text = Field(min_length=1, max_length=breadth.LONGEST_REASON)


class BreadthOut(Schema):
    incident: str
    restricted: bool


class RoleIn(Sent):
    role: Text = Field(max_length=20, description="Such as `commander` or `scribe`.")
    person: Text = Field(min_length=1, max_length=254, description="User name or e-mail address.")


class RoleOut(Schema):
    id: int
    role: str
    person: str = Field(description="A user name.")
    since: datetime


def _role(row: RoleAssignment) -> RoleOut:
    return RoleOut(id=row.pk, role=row.role, person=row.person.username, since=row.since)


@router.get(
    "/{ref}/access",
    auth=Token(Scope.READ),
    url_name="access",
    response={200: list[GrantOut], **responses(404)},
)
def list_access(request: ApiRequest, ref: str) -> list[GrantOut]:
    """Who is let in by name or through a team, and why."""
    rows = api.get(request, ref).grants.filter(ended_at=None).select_related("person", "team")
    return [grant_out(row) for row in rows.order_by("granted_at", "pk")]


@router.post(
    "/{ref}/access",
    auth=Token(Scope.RESPOND),
    url_name="access",
    response={201: GrantOut, **responses(404, 409)},
)
def let_in(request: ApiRequest, ref: str, body: GrantIn) -> Status[GrantOut]:
    """Let a person or a team in, to no more than you may yourself. Saying it again is harmless."""
    incident = api.get(request, ref, to="manage")
    person, team = api.named(body.person, "person"), _team(body.team)
    with api.refusing(grants.Refused, body):
        row = grants.admit(
            incident,
            person=person,
            team=team,
            level=body.level,
            reason=body.reason,
            expires_at=body.expires_at,
            actor=actor_of(request),
        )
    return Status(201, grant_out(row))


def _team(name: str | None) -> Group | None:
    team = Group.objects.filter(name=name).first() if name else None
    if name and team is None:
        said = f"team: there is no team {name!r}."
        raise Problem(422, said, field="team", allowed="the name of a team")
    return team


@router.post(
    "/{ref}/access/{grant}/end",
    auth=Token(Scope.RESPOND),
    response={204: None, **responses(404, 409)},
)
def end_access(request: ApiRequest, ref: str, grant: int) -> Status[None]:
    """End one grant; what other grants give stays. Saying it again is harmless."""
    row = api.child(api.get(request, ref, to="manage").grants, grant, "grant")
    with api.refusing(grants.Refused):
        grants.end(row, actor=actor_of(request))
    return Status(204, None)


@router.post(
    "/{ref}/breadth",
    auth=Token(Scope.RESPOND),
    response={200: BreadthOut, **responses(404, 409)},
)
def choose_incident_breadth(request: ApiRequest, ref: str, body: BreadthIn) -> BreadthOut:
    """Restrict an incident to those who are let in, or let its program's responders read it."""
    incident = api.get(request, ref, to="manage")
    with api.refusing(breadth.Refused, body):
        incident = breadth.choose(
            incident, restricted=body.restricted, reason=body.reason, actor=actor_of(request)
        )
    return BreadthOut(incident=incident.ref, restricted=incident.restricted)


@router.get(
    "/{ref}/roles",
    auth=Token(Scope.READ),
    url_name="roles",
    response={200: list[RoleOut], **responses(404)},
)
def list_roles(request: ApiRequest, ref: str) -> list[RoleOut]:
    """Who has a role now."""
    rows = api.get(request, ref).roles.filter(until=None).select_related("person")
    return [_role(row) for row in rows.order_by("since", "pk")]


@router.post(
    "/{ref}/roles",
    auth=Token(Scope.RESPOND),
    url_name="roles",
    response={201: RoleOut, **responses(404, 409)},
)
def give_role(request: ApiRequest, ref: str, body: RoleIn) -> Status[RoleOut]:
    """Put a person into a role; whoever held it hands over. It lets the person in."""
    incident = api.get(request, ref, to="manage")
    if body.role not in Role.values:
        allowed = ", ".join(Role.values)
        raise Problem(422, f"role: {body.role!r} is none.", field="role", allowed=allowed)
    person = api.named(body.person, "person")
    assert person
    with api.refusing((roles.Refused, grants.Refused), body):
        row = roles.give(incident, Role(body.role), person=person, actor=actor_of(request))
    return Status(201, _role(row))


@router.post(
    "/{ref}/roles/{role}/leave",
    auth=Token(Scope.RESPOND),
    response={204: None, **responses(404, 409)},
)
def leave_role(request: ApiRequest, ref: str, role: int) -> Status[None]:
    """End a role: your own, or anybody's if you run the incident."""
    incident = api.get(request, ref)
    row = api.child(incident.roles.select_related("person"), role, "role")
    if row.person != person_of(request) and not _manages(request, incident):
        raise Problem(403, "Only the person in the role or who runs the incident may end it.")
    with api.refusing(roles.Refused):
        roles.leave(row, actor=actor_of(request))
    return Status(204, None)


def _manages(request: ApiRequest, incident: Incident) -> bool:
    return access.may(person_of(request), Level.MANAGE, incident)
