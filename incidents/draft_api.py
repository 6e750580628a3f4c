"""Texts of filings and notices by API: begun from facts, in versions, each approved by two."""

from datetime import datetime

from django.http import HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.api import LARGEST_KEY, ApiRequest, Text, Token, actor_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, drafts, drafttexts
from incidents.models import Draft, DraftVersion, Incident

router = Router(tags=["incidents"])
_TEXT = {
    200: {
        "description": "The Markdown as it was written.",
        "content": {"text/markdown": {"schema": {"type": "string"}}},
    }
}


class DraftIn(Sent):
    kind: Text = Field(max_length=12, description=f"One of {', '.join(Draft.Kind.values)}.")
    obligation: int | None = Field(
        None, ge=1, le=LARGEST_KEY, description="The duty by law that it answers, by its id."
    )


class TextIn(Sent):
    """The next version: your `text`, or with `anew` one made of what is known now."""

    text: Text = Field("", max_length=drafts.LONGEST, description="Markdown.")
    anew: bool = False
    based_on: int = Field(ge=1, le=100_000, description="The number of the version you read.")


class DraftVersionOut(Schema):
    number: int
    author: str = Field(description="A user name.")
    written_at: datetime
    made_of: str = Field(description="The version of the shipped text; empty if somebody wrote it.")
    approved_by: list[str] = Field(description="User names; two make it approved.")
    approved: bool


class DraftOut(Schema):
    """One text. What it says is in `…/versions/{number}`."""

    id: int
    kind: str
    obligation: int | None
    begun_by: str = Field(description="A user name.")
    begun_at: datetime
    versions: list[DraftVersionOut] = Field(description="The newest first.")


class TextOut(DraftVersionOut):
    """One version. A place whose fix is not verified is withheld from `text`."""

    draft: int
    text: str = Field(description="Markdown.")
    unknowns: list[str] = Field(description="What is marked as not known.")


def _version(row: DraftVersion) -> DraftVersionOut:
    return DraftVersionOut(
        number=row.number,
        author=row.author.username,
        written_at=row.written_at,
        made_of=row.made_of,
        approved_by=[each.person.username for each in row.approvals.all()],
        approved=row.is_approved,
    )


def _text(incident: Incident, row: DraftVersion) -> TextOut:
    text = drafts.shown(incident, row)
    unknowns = list(drafttexts.unknowns(text))
    return TextOut(**_version(row).dict(), draft=row.draft_id, text=text, unknowns=unknowns)


def _draft(row: Draft) -> DraftOut:
    return DraftOut(
        id=row.pk,
        kind=row.kind,
        obligation=row.obligation_id,
        begun_by=row.begun_by.username,
        begun_at=row.begun_at,
        versions=[_version(each) for each in row.versions.all()],
    )


def _found(incident: Incident, pk: int) -> Draft:
    rows = incident.drafts.select_related("incident", "obligation", "begun_by")
    return api.child(rows.prefetch_related(*_WITH), pk, "draft")


_WITH = ("versions__author", "versions__approvals__person")


def _found_version(draft: Draft, number: int) -> DraftVersion:
    rows = draft.versions.select_related("draft__incident", "draft__obligation", "author")
    row = rows.prefetch_related("approvals__person").filter(number=number).first()
    if row is None:
        raise api.no_such("version")
    return row


@router.get(
    "/{ref}/drafts",
    auth=Token(Scope.READ),
    url_name="drafts",
    response={200: list[DraftOut], **responses(404)},
)
def list_drafts(request: ApiRequest, ref: str) -> list[DraftOut]:
    """Every text of the incident with its versions and who approved them, the newest first."""
    rows = api.get(request, ref).drafts.select_related("begun_by").prefetch_related(*_WITH)
    return [_draft(row) for row in rows]


@router.post(
    "/{ref}/drafts",
    auth=Token(Scope.RESPOND),
    url_name="drafts",
    response={201: TextOut, **responses(404, 409)},
)
def begin_draft(request: ApiRequest, ref: str, body: DraftIn) -> Status[TextOut]:
    """Begin a text with what is known now, each thing that is not known marked."""
    incident = api.get(request, ref, to="contribute")
    duty = incident.obligations.filter(pk=body.obligation).first() if body.obligation else None
    if body.obligation and duty is None:
        allowed = "the id of a duty of this incident"
        raise Problem(422, f"obligation: {allowed}.", field="obligation", allowed=allowed)
    with api.refusing(drafts.Refused, body):
        row = drafts.begin(incident, body.kind, obligation=duty, actor=actor_of(request))
    return Status(201, _text(incident, row))


@router.get(
    "/{ref}/drafts/{draft}",
    auth=Token(Scope.READ),
    url_name="draft",
    response={200: DraftOut, **responses(404)},
)
def get_draft(request: ApiRequest, ref: str, draft: int) -> DraftOut:
    """One text with its versions."""
    return _draft(_found(api.get(request, ref), draft))


@router.post(
    "/{ref}/drafts/{draft}",
    auth=Token(Scope.RESPOND),
    url_name="draft",
    response={201: TextOut, **responses(404, 409)},
)
def write_draft(request: ApiRequest, ref: str, draft: int, body: TextIn) -> Status[TextOut]:
    """Write the next version, or have it made anew. Nobody has approved it then."""
    incident = api.get(request, ref, to="contribute")
    row, actor = _found(incident, draft), actor_of(request)
    with api.refusing(drafts.Refused, body):
        if body.anew:
            made = drafts.make_anew(row, based_on=body.based_on, actor=actor)
        else:
            made = drafts.write(row, body.text, based_on=body.based_on, actor=actor)
    return Status(201, _text(incident, made))


@router.get(
    "/{ref}/drafts/{draft}/versions/{version}",
    auth=Token(Scope.READ),
    response={200: TextOut, **responses(404)},
)
def get_draft_version(request: ApiRequest, ref: str, draft: int, version: int) -> TextOut:
    """One version as it was written, and what of it is marked as unknown."""
    incident = api.get(request, ref)
    return _text(incident, _found_version(_found(incident, draft), version))


@router.get(
    "/{ref}/drafts/{draft}/versions/{version}/markdown",
    auth=Token(Scope.READ),
    response=responses(404, 409),
    openapi_extra={"responses": _TEXT},
)
def get_draft_markdown(request: ApiRequest, ref: str, draft: int, version: int) -> HttpResponse:
    """The text as it leaves the house; 409 while it says where data lie."""
    row = _found_version(_found(api.get(request, ref), draft), version)
    with api.refusing(drafts.Refused):
        text = drafts.take_out(row)
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@router.post(
    "/{ref}/drafts/{draft}/versions/{version}/approve",
    auth=Token(Scope.RESPOND),
    response={200: TextOut, **responses(404, 409)},
)
def approve_draft(request: ApiRequest, ref: str, draft: int, version: int) -> TextOut:
    """Approve the last version, as one of two who did not write it."""
    # Whoever may only read may have a role by which they approve; the domain says who may.
    incident = api.get(request, ref)
    row = _found_version(_found(incident, draft), version)
    with api.refusing(drafts.Refused):
        drafts.approve(row, actor=actor_of(request))
    return _text(incident, _found_version(_found(incident, draft), version))
