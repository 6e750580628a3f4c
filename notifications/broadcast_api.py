"""Updates for stakeholders by API: write, approve, return, see whom they reached."""

from datetime import datetime

from django.contrib.auth.models import Group
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Text, Token, actor_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.naming import person_named
from accounts.problems import Problem, responses
from incidents.api import get
from incidents.models import Incident
from notifications import broadcasts, stakeholders
from notifications.models import Broadcast

router = Router(tags=["updates for stakeholders"])


class BroadcastIn(Sent):
    """An update; people by user name or e-mail address, teams and those outside by name."""

    subject: Text = Field(min_length=1, max_length=broadcasts.LONGEST_SUBJECT)
    text: Text = Field(min_length=1, max_length=broadcasts.LONGEST_TEXT)
    people: list[Text] = Field(default_factory=list, max_length=broadcasts.MOST_NAMED)
    teams: list[Text] = Field(default_factory=list, max_length=50)
    stakeholders: list[Text] = Field(default_factory=list, max_length=stakeholders.MOST)
    subscribers: bool = False
    send_at: AwareDatetime | None = None


class DecisionIn(Sent):
    """The version that was read; another one is not approved."""

    version: int = Field(ge=1, le=2**31 - 1)
    words: Text = Field("", max_length=broadcasts.LONGEST_WORDS)


class CopyOut(Schema):
    to: str
    state: str
    answer: str
    ended_at: datetime | None


class BroadcastOut(Schema):
    id: int
    version: int
    state: str
    subject: str
    text: str
    author: str
    decided_by: str | None
    words: str
    copies: list[CopyOut]


@router.get(
    "/{ref}/broadcasts",
    auth=Token(Scope.READ),
    response={200: list[BroadcastOut], **responses(404)},
)
def list_broadcasts(request: ApiRequest, ref: str) -> list[BroadcastOut]:
    """Every update for stakeholders, the newest first."""
    rows = get(request, ref).broadcasts.select_related("author", "decided_by")
    return [_out(row) for row in rows]


@router.post(
    "/{ref}/broadcasts",
    auth=Token(Scope.RESPOND),
    response={201: BroadcastOut, **responses(404, 409)},
)
def draft_broadcast(request: ApiRequest, ref: str, body: BroadcastIn) -> Status[BroadcastOut]:
    """Write an update. It waits for a second person."""
    incident = get(request, ref, to="contribute")
    try:
        row = broadcasts.draft(incident, _said(body), actor=actor_of(request))
    except broadcasts.Refused as refusal:
        raise _problem(refusal) from refusal
    return Status(201, _out(row))


@router.post(
    "/{ref}/broadcasts/{broadcast}/approve",
    auth=Token(Scope.RESPOND),
    response={200: BroadcastOut, **responses(404, 409)},
)
def approve_broadcast(
    request: ApiRequest, ref: str, broadcast: int, body: DecisionIn
) -> BroadcastOut:
    """Approve a version as a second person. It is sent."""
    row = _row(get(request, ref, to="manage"), broadcast)
    try:
        return _out(broadcasts.approve(row, version=body.version, actor=actor_of(request)))
    except broadcasts.Refused as refusal:
        raise _problem(refusal) from refusal


@router.post(
    "/{ref}/broadcasts/{broadcast}/return",
    auth=Token(Scope.RESPOND),
    response={200: BroadcastOut, **responses(404, 409)},
)
def return_broadcast(
    request: ApiRequest, ref: str, broadcast: int, body: DecisionIn
) -> BroadcastOut:
    """Return a version to its author, with a word on what to change."""
    row, by = _row(get(request, ref, to="manage"), broadcast), actor_of(request)
    try:
        return _out(broadcasts.send_back(row, body.words, version=body.version, actor=by))
    except broadcasts.Refused as refusal:
        raise _problem(refusal) from refusal


def _row(incident: Incident, pk: int) -> Broadcast:
    row = incident.broadcasts.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise Problem(404, "There is no such update for stakeholders.", field="broadcast")
    return row


def _said(body: BroadcastIn) -> broadcasts.Said:
    people = {name: person_named(name) for name in body.people}
    teams = {team.name: team for team in Group.objects.filter(name__in=body.teams)}
    outside = {row.name: row for row in stakeholders.listed().filter(name__in=body.stakeholders)}
    unknown = [name for name in body.people if people[name] is None]
    unknown += [name for name in body.teams if name not in teams]
    unknown += [name for name in body.stakeholders if name not in outside]
    if unknown:
        said = f"There is nobody, no team or nobody outside called {unknown[0][:60]!r}."
        raise Problem(422, said, field="people", allowed="names that are known here")
    return broadcasts.Said(
        subject=body.subject,
        text=body.text,
        people=[person for person in people.values() if person],
        teams=list(teams.values()),
        stakeholders=list(outside.values()),
        subscribers=body.subscribers,
        send_at=body.send_at,
    )


def _problem(refusal: broadcasts.Refused) -> Problem:
    field, colon, allowed = str(refusal).partition(": ")
    if not colon or field == "version" or not field.isidentifier():
        return Problem(409, str(refusal))
    return Problem(422, str(refusal), field=field, allowed=allowed)


def _out(row: Broadcast) -> BroadcastOut:
    mine = row.copies.filter(version=row.version).select_related("person", "stakeholder")
    return BroadcastOut(
        id=row.pk,
        version=row.version,
        state=row.state,
        subject=row.subject,
        text=row.text,
        author=row.author.name,
        decided_by=row.decided_by.name if row.decided_by else None,
        words=row.words,
        copies=[
            CopyOut(to=copy.name, state=copy.state, answer=copy.answer, ended_at=copy.ended_at)
            for copy in mine
        ],
    )
