"""The story of an incident by API: read it, add to it, correct it, put an entry on top."""

from datetime import datetime
from typing import Annotated, Literal

from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.api import LARGEST_KEY, ApiRequest, Text, Token, actor_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, pinning, story, timeline
from incidents.models import Incident, TimelineEntry

router = Router(tags=["incidents"])


class EntryOut(Schema):
    """One entry. `supersedes` is the id of the one that it corrects, which stays readable."""

    id: int
    kind: str
    audience: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    text: str
    supersedes: int | None


class UpdateIn(Sent):
    text: Text = Field(min_length=1, max_length=timeline.LONGEST)
    audience: Literal["responders", "leadership", "told"] = "responders"
    occurred_at: AwareDatetime | None = None


class CorrectionIn(Sent):
    """What it should have said. `occurred_at` stays as it was if it is left out."""

    text: Text = Field(min_length=1, max_length=timeline.LONGEST)
    occurred_at: AwareDatetime | None = None


class PinIn(Sent):
    pinned: bool = True


def _out(entry: TimelineEntry) -> EntryOut:
    return EntryOut(
        id=entry.pk,
        kind=entry.kind,
        audience=entry.audience,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        actor=entry.actor_name,
        text=entry.text,
        supersedes=entry.supersedes_id,
    )


def _entry(incident: Incident, pk: int) -> TimelineEntry:
    return api.child(incident.timeline.select_related("incident"), pk, "entry")


@router.get(
    "/{ref}/timeline", auth=Token(Scope.READ), response={200: list[EntryOut], **responses(404)}
)
def list_timeline(
    request: ApiRequest, ref: str, before: Annotated[int | None, Query(ge=1, le=LARGEST_KEY)] = None
) -> list[EntryOut]:
    """The newest 50 entries of the story by when it happened; corrected ones are left out.

    `before` the id of the last for the page after.
    """
    incident = api.get(request, ref)
    entries = timeline.current(incident)
    if before:
        # A place in time: that it was corrected since does not matter.
        last = incident.timeline.filter(pk=before).first()
        if last is None:
            allowed = "the id of an entry of this incident"
            raise Problem(422, f"before: {allowed}.", field="before", allowed=allowed)
        entries = entries.filter(story.older_than(last))
    return [_out(entry) for entry in entries[: api.PAGE]]


@router.post(
    "/{ref}/updates", auth=Token(Scope.RESPOND), response={201: EntryOut, **responses(404, 409)}
)
def post_update(request: ApiRequest, ref: str, body: UpdateIn) -> Status[EntryOut]:
    """Write on the timeline."""
    incident = api.get(request, ref, to="contribute")
    with api.refusing(timeline.Refused, body):
        entry = timeline.write(
            incident,
            "update",
            body.text,
            actor=actor_of(request),
            occurred_at=body.occurred_at,
            audience=body.audience,
        )
    return Status(201, _out(entry))


@router.post(
    "/{ref}/timeline/{entry}/correct",
    auth=Token(Scope.RESPOND),
    response={201: EntryOut, **responses(404, 409)},
)
def correct_entry(
    request: ApiRequest, ref: str, entry: int, body: CorrectionIn
) -> Status[EntryOut]:
    """Put a corrected entry in the place of one that a person wrote.

    409 if it was corrected already: then the newer one is to be corrected.
    """
    wrong = _entry(api.get(request, ref, to="contribute"), entry)
    with api.refusing(timeline.Refused, body):
        right = timeline.correct(
            wrong, text=body.text, occurred_at=body.occurred_at, actor=actor_of(request)
        )
    return Status(201, _out(right))


@router.post(
    "/{ref}/timeline/{entry}/pin",
    auth=Token(Scope.RESPOND),
    response={200: EntryOut, **responses(404, 409)},
)
def pin_entry(request: ApiRequest, ref: str, entry: int, body: PinIn) -> EntryOut:
    """Put an entry on top of the story, or with `pinned: false` back among the others."""
    found = _entry(api.get(request, ref, to="contribute"), entry)
    act = pinning.pin if body.pinned else pinning.unpin
    with api.refusing(pinning.Refused, body):
        act(found, actor=actor_of(request))
    return _out(found)
