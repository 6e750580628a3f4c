"""Files of historic incidents by API: hand one in, look at it, have it filed, what was refused."""

from datetime import datetime
from typing import Annotated, Any

from django.http import StreamingHttpResponse
from ninja import File, Form, Query, Router, Schema, Status, UploadedFile
from pydantic import Field

from accounts.api import LARGEST_KEY, ApiRequest, Text, Token, actor_of, bound_to, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, importcases, importing, importrows, intake
from incidents.models import Import
from incidents.pastcase import PastCase
from programs.evidence import TOO_LARGE

router = Router(tags=["imports"])
_LOOKED_AT, _SHOWN, _MOST = 1_000, 10, 50
_CSV = {
    200: {
        "description": "A CSV file: row, source_id, field, reason, taken, text.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


class ImportIn(Schema):
    """What is said of a file beside it."""

    form: Text = Field(max_length=5, description=f"One of {', '.join(Import.Form.values)}.")
    source: Text = Field(
        min_length=1,
        max_length=importing.LONGEST_SOURCE,
        description="Whose numbering it is. The same number of the same source is filed once.",
    )


class ColumnsIn(Sent):
    """Which column tells what: by our name of a field the number of its column, from 0."""

    mapping: dict[Text, int] = Field(max_length=len(importrows.FIELDS))


class ImportOut(Schema):
    """One file, and how far it is. Of `rows` so many were filed, were there already, refused."""

    id: int
    name: str
    form: str
    source: str
    sha256: str
    state: str = Field(description="`uploaded`, `running`, `done` or `dropped`.")
    rows: int
    made: int
    repeated: int
    refused: int
    percent: int
    columns: list[str]
    mapping: dict[str, int]
    uploaded_by: str = Field(description="A user name.")
    uploaded_at: datetime
    ended_at: datetime | None


class FaultOut(Schema):
    row: int
    source_id: str
    field: str
    reason: str


class CaseOut(Schema):
    """One row as it would be filed."""

    row: int
    source_id: str
    title: str
    severity: int | None
    reported_at: datetime
    program: str


class PreviewOut(Schema):
    """What the first thousand rows would lead to, the first ten of them and fifty faults told."""

    missing: list[str] = Field(description="Fields that are needed and have no column yet.")
    looked_at: int
    good: int = Field(description="Would be filed.")
    repeated: int = Field(description="Were filed before in the same words, or stand here twice.")
    wrong: int
    cases: list[CaseOut]
    faults: list[FaultOut]


def _officer(request: ApiRequest) -> None:
    """Refuse whoever imports nothing: what is imported is privacy officers' to answer for."""
    if not importing.may(person_of(request)) or bound_to(request):
        raise Problem(403, "Only privacy officers import incidents, by a token for all programs.")


def _found(request: ApiRequest, pk: int) -> Import:
    _officer(request)
    row = Import.objects.select_related("uploaded_by").filter(pk=pk).first()
    if row is None:
        raise api.no_such("import", field="run", of="There is")
    return row


def _out(row: Import) -> ImportOut:
    told: dict[str, Any] = {
        name: getattr(row, name) for name in ImportOut.model_fields if hasattr(row, name)
    }
    return ImportOut(**told | {"uploaded_by": row.uploaded_by.username})


def _case(number: int, case: PastCase) -> CaseOut:
    return CaseOut(
        row=number,
        source_id=case.source_id,
        title=case.title,
        severity=case.level,
        reported_at=case.reported_at,
        program=case.program,
    )


@router.get(
    "", auth=Token(Scope.READ), url_name="imports", response={200: list[ImportOut], **responses()}
)
def list_imports(
    request: ApiRequest, before: Annotated[int | None, Query(ge=1, le=LARGEST_KEY)] = None
) -> list[ImportOut]:
    """The newest 50 files that were handed in. `before` an id for the page after."""
    _officer(request)
    rows = Import.objects.select_related("uploaded_by")
    rows = rows.filter(pk__lt=before) if before else rows
    return [_out(row) for row in rows[: api.PAGE]]


@router.post(
    "",
    auth=Token(Scope.RESPOND),
    url_name="imports",
    response={201: ImportOut, **responses(409, 413)},
)
def hand_in(
    request: ApiRequest,
    said: Annotated[ImportIn, Form()],
    file: Annotated[UploadedFile | None, File()] = None,
) -> Status[ImportOut]:
    """Hand in one file as `multipart/form-data`. Only its shape is looked at; nothing is filed."""
    _officer(request)
    if TOO_LARGE in request.META:
        raise Problem(413, str(intake.too_large()), field="file")
    if file is None or len(request.FILES.getlist("file")) > 1:
        raise Problem(422, "file: send one as multipart/form-data.", field="file")
    content = file.file
    assert content
    content.seek(0)
    sent = importing.File(content, file.name or "", said.form, said.source)
    with api.refusing(importing.Refused, _WithFile(**said.dict(), file="")):
        row = importing.take_in(sent, actor=actor_of(request))
    return Status(201, _out(row))


class _WithFile(ImportIn):
    """The fields that a refusal may blame."""

    file: str


@router.get(
    "/{run}", auth=Token(Scope.READ), url_name="import", response={200: ImportOut, **responses(404)}
)
def get_import(request: ApiRequest, run: int) -> ImportOut:
    """One file, and how far it is."""
    return _out(_found(request, run))


@router.get(
    "/{run}/preview", auth=Token(Scope.READ), response={200: PreviewOut, **responses(404, 409)}
)
def preview_import(request: ApiRequest, run: int) -> PreviewOut:
    """What a file would lead to, before it is begun."""
    row = _found(request, run)
    if row.state != Import.State.UPLOADED:
        said = row.get_state_display().lower()
        raise Problem(409, f"This import is {said}: only one that was not begun can be looked at.")
    missing = importrows.missing(row.mapping) if row.form == Import.Form.CSV else []
    rows = [] if missing else importing.first_rows(row, _LOOKED_AT)
    found = importcases.foresee(rows, row)
    return PreviewOut(
        missing=missing,
        looked_at=len(rows),
        good=len(found.fresh),
        repeated=found.repeated,
        wrong=len(found.refused),
        cases=[_case(number, case) for number, case in found.fresh[:_SHOWN]],
        faults=[
            FaultOut(row=number, source_id=named, field=wrong.field, reason=wrong.reason)
            for number, wrong, named in found.refused[:_MOST]
        ],
    )


@router.post(
    "/{run}/columns", auth=Token(Scope.RESPOND), response={200: ImportOut, **responses(404, 409)}
)
def choose_columns(request: ApiRequest, run: int, body: ColumnsIn) -> ImportOut:
    """Say which column of a CSV file tells what, in place of what was guessed."""
    row = _found(request, run)
    known = dict.fromkeys((*body.mapping, *importrows.FIELDS), "mapping")
    with api.refusing(importing.Refused, body, **known):
        row = importing.choose(row, body.mapping, actor=actor_of(request))
    return _out(row)


@router.post(
    "/{run}/begin", auth=Token(Scope.RESPOND), response={200: ImportOut, **responses(404, 409)}
)
def begin_import(request: ApiRequest, run: int) -> ImportOut:
    """Have the rows filed by the engine, part by part. 409 while a needed column is missing."""
    row = _found(request, run)
    with api.refusing(importing.Refused):
        row = importing.confirm(row, actor=actor_of(request))
    return _out(row)


@router.post(
    "/{run}/drop", auth=Token(Scope.RESPOND), response={200: ImportOut, **responses(404, 409)}
)
def drop_import(request: ApiRequest, run: int) -> ImportOut:
    """Forget the rows of a file that was not begun."""
    row = _found(request, run)
    with api.refusing(importing.Refused):
        row = importing.drop(row, actor=actor_of(request))
    return _out(row)


@router.get(
    "/{run}/rejects",
    auth=Token(Scope.READ),
    response=responses(404),
    openapi_extra={"responses": _CSV},
)
def get_rejects(request: ApiRequest, run: int) -> StreamingHttpResponse:
    """What was wrong with which row, as CSV."""
    row = _found(request, run)
    answer = StreamingHttpResponse(importing.rejects(row), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{row.pk}-rejects.csv"'
    return answer
