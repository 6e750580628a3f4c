"""Evidence by API: hand in a file, and see what is kept."""

from datetime import datetime
from typing import Annotated

from django.conf import settings
from django.http import HttpResponseBase
from django.urls import reverse
from ninja import File, Form, Router, Schema, Status, UploadedFile
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, attachment, holds, intake
from incidents import evidence as kept
from incidents.custody import LONGEST_NOTE
from incidents.models import Evidence
from programs.evidence import TOO_LARGE

router = Router(tags=["incidents"])


_BYTES = {
    200: {
        "description": "The bytes, as an attachment of the type that they were told to be.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class EvidenceIn(Schema):
    """What is said of a file beside it."""

    note: Text = Field("", max_length=LONGEST_NOTE)
    sha256: Text = Field(
        "",
        pattern="^([0-9a-fA-F]{64})?$",
        description="What the file must have; it is refused if something else arrives.",
    )


class HoldIn(Sent):
    """Set a legal hold, or with `held: false` lift it."""

    held: bool
    reason: Text = Field(min_length=1, max_length=LONGEST_NOTE)


class EvidenceOut(Schema):
    """One file. `scan` is `off`, `waiting`, `clean` or `found`; the middle ones are quarantine."""

    id: int
    name: str
    note: str
    type: str = Field(description="The media type that it is given out as.")
    size: int
    sha256: str
    added_at: datetime
    added_by: str
    scan: str = Field(description="`off`, `clean`; `waiting` and `found` are quarantine.")
    held: bool = Field(description="It is under a legal hold.")
    damaged: bool = Field(description="What is stored is no longer what was handed in.")
    page: str


def _out(row: Evidence) -> EvidenceOut:
    path = reverse("incidents:evidence", args=[row.incident.number, row.pk])
    return EvidenceOut(
        id=row.pk,
        name=row.name,
        note=row.note,
        type=row.type,
        size=row.size,
        sha256=row.sha256,
        added_at=row.added_at,
        added_by=row.added_as,
        scan=row.scan,
        held=row.held_at is not None,
        damaged=row.damaged_at is not None,
        page=f"{settings.ENVIRONMENT.url}{path}",
    )


@router.get(
    "/{ref}/evidence",
    auth=Token(Scope.READ),
    url_name="evidence",
    response={200: list[EvidenceOut], **responses(404)},
)
def list_evidence(request: ApiRequest, ref: str) -> list[EvidenceOut]:
    """What is kept, the newest first."""
    incident = api.get(request, ref)
    return [_out(row) for row in incident.evidence.select_related("incident")]


@router.post(
    "/{ref}/evidence",
    auth=Token(Scope.RESPOND),
    url_name="evidence",
    response={201: EvidenceOut, **responses(404, 409, 413, 503)},
)
def add_evidence(
    request: ApiRequest,
    ref: str,
    said: Annotated[EvidenceIn, Form()],
    file: Annotated[UploadedFile | None, File()] = None,
) -> Status[EvidenceOut]:
    """Hand in one file as `multipart/form-data`; it is kept as it is and cannot be removed."""
    incident = api.get(request, ref, to="contribute")
    try:
        if TOO_LARGE in request.META:
            raise intake.too_large()
        row = kept.add(
            incident,
            _only(request, file),
            note=said.note,
            sha256=said.sha256,
            actor=actor_of(request),
        )
    except intake.Refused as refusal:
        allowed = refusal.sentence if refusal.field else ""
        raise Problem(
            refusal.status, str(refusal), field=refusal.field, allowed=allowed
        ) from refusal
    return Status(201, _out(row))


def _only(request: ApiRequest, file: UploadedFile | None) -> UploadedFile:
    if file is None:
        raise intake.Refused("send one as multipart/form-data.", field="file", status=422)
    if len(request.FILES.getlist("file")) > 1:
        raise intake.Refused("one at a time; none was added.", field="file", status=422)
    return file


@router.get(
    "/{ref}/evidence/{evidence}/file",
    auth=Token(Scope.RESPOND),
    url_name="evidence-file",
    response=responses(404, 409, 503),
    openapi_extra={"responses": _BYTES},
)
def download_evidence(request: ApiRequest, ref: str, evidence: int) -> HttpResponseBase:
    """The bytes as they were handed in, checked against their SHA-256. The custody log names you.

    It takes the scope of those who respond: exposed data may be in it.
    """
    row = api.child(api.get(request, ref).evidence.select_related("incident"), evidence, "evidence")
    try:
        return attachment.of(row, actor=actor_of(request))
    except intake.Refused as refusal:
        raise Problem(refusal.status, str(refusal)) from refusal


@router.post(
    "/{ref}/evidence/{evidence}/hold",
    auth=Token(Scope.RESPOND),
    response={200: EvidenceOut, **responses(404, 409)},
)
def hold_evidence(request: ApiRequest, ref: str, evidence: int, body: HoldIn) -> EvidenceOut:
    """Set or lift a legal hold: for the commander, legal counsel and privacy officers."""
    row = api.child(api.get(request, ref).evidence.select_related("incident"), evidence, "evidence")
    act = holds.hold if body.held else holds.release
    try:
        return _out(act(row, reason=body.reason, actor=actor_of(request)))
    except intake.Refused as refusal:
        raise Problem(refusal.status, str(refusal), field=refusal.field) from refusal
