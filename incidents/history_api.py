"""What was changed in an incident, field by field, and who has looked, by API."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Text, Token, person_of
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import access, api, changes, exporting, looks

router = Router(tags=["incidents"])
PAGE = 50
_KINDS = [name for name, _words in changes.KINDS]


class FieldOut(Schema):
    """One field. `before` is null for what was new; times are UTC."""

    field: str
    before: Any
    after: Any


class ChangeOut(Schema):
    """One save of one row."""

    at: datetime
    who: str = Field(description="A name as people read it; `Andon` for what it did by itself.")
    by: str = Field(description="The door it came by, such as `page`, `api` or `engine`.")
    kind: str = Field(description=f"One of {', '.join(_KINDS)}.")
    what: str
    new: bool
    why: str
    fields: list[FieldOut]


class HistoryIn(Schema):
    """Which changes; all of them if nothing is said."""

    kind: list[str] = Field([], max_length=len(_KINDS), description="Some of the kinds.")
    who: Text = Field("", max_length=150, description="A part of a name.")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    offset: int = Field(0, ge=0, le=10**6, description="So many of the newest are left out.")


class LookerOut(Schema):
    person: str = Field(description="A user name.")
    times: int
    first_at: datetime
    last_at: datetime


@router.get(
    "/{ref}/history", auth=Token(Scope.READ), response={200: list[ChangeOut], **responses(404)}
)
def list_history(
    request: ApiRequest, ref: str, asked: Annotated[HistoryIn, Query()]
) -> list[ChangeOut]:
    """What was changed, the newest first, 50 by 50: as the page and its files tell it."""
    incident, person = api.get(request, ref), person_of(request)
    for kind in asked.kind:
        if kind not in _KINDS:
            allowed = ", ".join(_KINDS)
            raise Problem(422, f"kind: {kind!r} is none.", field="kind", allowed=allowed)
    wanted = changes.Wanted(tuple(asked.kind), asked.who, asked.since, asked.until)
    # A token for some programs names none of the others' incidents.
    seen = api.open_to(request, access.visible_to(person))
    every = changes.of(incident, reader=person, seen=seen)
    found = [each for each in every if wanted.fits(each)][asked.offset : asked.offset + PAGE]
    return [
        ChangeOut(kind=change.kind, **told)
        for change, told in zip(found, exporting.objects(found), strict=True)
    ]


@router.get(
    "/{ref}/readers", auth=Token(Scope.READ), response={200: list[LookerOut], **responses(404)}
)
def list_readers(request: ApiRequest, ref: str) -> list[LookerOut]:
    """Who has looked at it, on its pages or by API, the last first. For who manages it."""
    return [
        LookerOut(
            person=each.person.username,
            times=each.times,
            first_at=each.first_at,
            last_at=each.last_at,
        )
        for each in looks.readers(api.get(request, ref, to="manage"))
    ]
