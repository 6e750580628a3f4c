"""Why somebody sees an incident, who asks to be let in, and leaving, by API.

Nobody breaks the glass by API: that needs a person who signed in just now.
"""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Query, Router, Schema, Status
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import access, access_shapes, api, grants, knocks
from incidents.access import Level
from incidents.models import AccessGrant

router = Router(tags=["incidents"])


class WhyIn(Schema):
    """Whom it is about: you, if left out."""

    person: Text = Field("", max_length=254)


class WhyOut(Schema):
    """What lets one person in. Neither a grant nor a program: nothing does."""

    person: str = Field(description="A user name.")
    grants: list[access_shapes.GrantOut]
    program: str | None = Field(description="For which they respond, and so see what is open.")


class RequestOut(Schema):
    """Somebody who asks to be let in and waits for an answer."""

    id: int
    person: str = Field(description="A user name.")
    reason: str
    asked_at: datetime


class AnswerIn(Sent):
    """Let them in to a level, or decline: then they hear nothing."""

    answer: Literal["admit", "decline"]
    level: Literal["view", "contribute", "manage", "close"] = "view"


@router.get("/{ref}/access/why", auth=Token(Scope.READ), response={200: WhyOut, **responses(404)})
def explain_access(request: ApiRequest, ref: str, asked: Annotated[WhyIn, Query()]) -> WhyOut:
    """Say what lets you in; for who manages the incident, what lets in anybody who is named."""
    incident, asking = api.get(request, ref), person_of(request)
    named = api.named(asked.person, "person") or asking
    if named != asking and not access.may(asking, Level.MANAGE, incident):
        raise Problem(403, "Only who manages the incident asks this of others.")
    found = access.why(named, incident)
    return WhyOut(
        person=named.username,
        grants=[access_shapes.grant(row) for row in found if isinstance(row, AccessGrant)],
        program=next((each for each in found if isinstance(each, str)), None),
    )


@router.get(
    "/{ref}/access/requests",
    auth=Token(Scope.READ),
    response={200: list[RequestOut], **responses(404)},
)
def list_requests(request: ApiRequest, ref: str) -> list[RequestOut]:
    """Who waits to be let in, whoever waits longest first. For who manages the incident."""
    return [
        RequestOut(id=row.pk, person=row.person.username, reason=row.reason, asked_at=row.asked_at)
        for row in knocks.waiting(api.get(request, ref, to="manage"))
    ]


@router.post(
    "/{ref}/access/requests/{wish}",
    auth=Token(Scope.RESPOND),
    response={204: None, **responses(404, 409)},
)
def answer_request(request: ApiRequest, ref: str, wish: int, body: AnswerIn) -> Status[None]:
    """Let in who asked, to no more than you may yourself, or decline."""
    incident = api.get(request, ref, to="manage")
    row = api.child(incident.access_requests, wish, "request")
    with api.refusing(grants.Refused, body):
        if body.answer == "admit":
            knocks.admit(row, level=body.level, actor=actor_of(request))
        else:
            knocks.decline(row, actor=actor_of(request))
    return Status(204, None)


@router.post(
    "/{ref}/access/leave",
    auth=Token(Scope.RESPOND),
    response={204: None, **responses(404, 409)},
)
def leave(request: ApiRequest, ref: str) -> Status[None]:
    """End what lets you in by name; what a team or a program gives stays."""
    incident = api.get(request, ref)
    with api.refusing(grants.Refused):
        grants.leave(incident, actor=actor_of(request))
    return Status(204, None)
