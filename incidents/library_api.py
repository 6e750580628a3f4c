"""The runbooks of the house by API: read them, write versions, publish as a second person."""

from datetime import datetime
from typing import Any

from ninja import Router, Schema, Status
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of, bound_to, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import drafting, library, seconding
from incidents.books import Runbook
from incidents.drafting import BadRunbook
from incidents.models import RunbookVersion

router = Router(tags=["runbooks"])
_REFUSES = responses(404, 409)
_LONGEST_WORD = 100
_MOST_NAMED = 50
Names = list[Text]


class RulesIO(Sent):
    """To which incidents it is attached by itself: all that is named must fit, of each list one."""

    audiences: Names = Field([], max_length=_MOST_NAMED)
    kinds: Names = Field([], max_length=_MOST_NAMED)
    sev_at_least: int | None = Field(None, ge=0, le=5)
    programs: Names = Field([], max_length=_MOST_NAMED, description="Slugs.")
    categories: Names = Field([], max_length=_MOST_NAMED)


class RunbookStepIO(Sent):
    role: Text = Field(max_length=drafting.LONGEST_ROLE, description="Such as `IC or deputy`.")
    action: Text = Field(max_length=drafting.LONGEST_ACTION, description="Markdown.")
    minutes: int | None = Field(
        None, ge=0, le=drafting.MOST_MINUTES, description="After the report; null without a target."
    )
    gate: Text = Field("", max_length=drafting.LONGEST_GATE, description="Only done when.")
    checks: Names = Field([], max_length=_MOST_NAMED, description="How one knows that it is met.")
    hooks: Names = Field([], max_length=_MOST_NAMED)


class DocumentIO(Sent):
    """What a runbook says. What is sent back as it was read changes nothing."""

    title: Text = Field(max_length=drafting.LONGEST_TITLE)
    rules: RulesIO | None = Field(None, description="None: people attach it by hand.")
    steps: list[RunbookStepIO] = Field(min_length=1, max_length=drafting.MOST_STEPS)


class BookOut(Schema):
    """A runbook in force. `version` is what the next one is based on."""

    runbook: str
    version: str
    document: DocumentIO


class BookVersionOut(Schema):
    runbook: str
    number: int
    label: str = Field(description="As incidents name it, such as `v2`.")
    state: str = Field(description="`waiting`, `published` or `withdrawn`.")
    retires: bool
    reason: str
    author: str = Field(description="A user name.")
    written_at: datetime
    decided_by: str | None = Field(description="A user name.")
    decided_at: datetime | None
    document: DocumentIO


class BookVersionsOut(Schema):
    now: BookOut | None = Field(description="As it is in force; null if it is retired or waits.")
    versions: list[BookVersionOut] = Field(description="What people wrote, the newest first.")


class BookIn(Sent):
    """The whole next version. `based_on` is the version that you read; empty for a new runbook."""

    document: DocumentIO
    reason: Text = Field(max_length=seconding.LONGEST_REASON)
    based_on: Text = Field("", max_length=20)


class RetireIn(Sent):
    reason: Text = Field(max_length=seconding.LONGEST_REASON)


def _book(book: Runbook) -> BookOut:
    document = DocumentIO(**drafting.plain(book))
    return BookOut(runbook=book.id, version=book.version, document=document)


def _version(row: RunbookVersion) -> BookVersionOut:
    return BookVersionOut(
        runbook=row.runbook,
        number=row.number,
        label=row.label,
        state=row.state,
        retires=row.retires,
        reason=row.reason,
        author=row.author.username,
        written_at=row.written_at,
        decided_by=row.decided_by.username if row.decided_by else None,
        decided_at=row.decided_at,
        document=DocumentIO(**row.document),
    )


def _reads(request: ApiRequest) -> None:
    if not library.may_read(person_of(request)):
        raise Problem(404, "There is nothing at this address.")


def _writes(request: ApiRequest) -> None:
    _reads(request)
    if not seconding.may_edit(person_of(request)):
        said = "Incident commanders, privacy officers and security officers write runbooks."
        raise Problem(403, said)
    if bound_to(request):
        raise Problem(403, "A token for some programs writes no runbooks for all of them.")


def _known(runbook: str) -> None:
    if not library.exists(runbook):
        raise Problem(404, "There is no such runbook.", field="runbook")


def _found(runbook: str, number: int) -> RunbookVersion:
    _known(runbook)
    row = library.versions(runbook).filter(number=number).first()
    if row is None:
        raise Problem(404, "There is no such version.", field="number")
    return row


def _refusal(refusal: Exception) -> Problem:
    if isinstance(refusal, BadRunbook):
        fault = refusal.faults[0]
        if fault.field == "id":
            return Problem(422, f"runbook: {fault.sentence}", field="runbook")
        # In words steps count from one; a path into JSON counts from nought.
        at = f"steps.{fault.step - 1}." if fault.step else ""
        return Problem(422, f"{fault}", field=f"document.{at}{fault.field}")
    name, colon, _words = str(refusal).partition(": ")
    is_field = bool(colon) and name in BookIn.model_fields
    return Problem(422 if is_field else 409, str(refusal), field=name if is_field else "runbook")


@router.get("", auth=Token(Scope.READ), response={200: list[BookOut], **responses(404)})
def list_books(request: ApiRequest) -> list[BookOut]:
    """Every runbook in force, for whoever has a function."""
    _reads(request)
    return [_book(book) for book in library.in_force()]


@router.get("/{runbook}", auth=Token(Scope.READ), response={200: BookVersionsOut, **responses(404)})
def get_book(request: ApiRequest, runbook: str) -> BookVersionsOut:
    """A runbook as it is in force, and what people wrote of it."""
    _reads(request)
    _known(runbook)
    book = library.get(runbook)
    return BookVersionsOut(
        now=_book(book) if book else None,
        versions=[_version(row) for row in library.versions(runbook)],
    )


@router.post("/{runbook}", auth=Token(Scope.RULES), response={201: BookVersionOut, **_REFUSES})
def propose_book(request: ApiRequest, runbook: str, body: BookIn) -> Status[BookVersionOut]:
    """Write a version, which waits for a second person."""
    _writes(request)
    document: dict[str, Any] = body.document.dict(exclude_none=True)
    try:
        row = library.propose(
            runbook, document, reason=body.reason, based_on=body.based_on, actor=actor_of(request)
        )
    except (BadRunbook, library.Refused) as refusal:
        raise _refusal(refusal) from refusal
    return Status(201, _version(row))


@router.post(
    "/{runbook}/retire", auth=Token(Scope.RULES), response={201: BookVersionOut, **_REFUSES}
)
def retire_book(request: ApiRequest, runbook: str, body: RetireIn) -> Status[BookVersionOut]:
    """Propose that a runbook is attached no more; a second person publishes that."""
    _writes(request)
    _known(runbook)
    try:
        row = library.retire(runbook, reason=body.reason, actor=actor_of(request))
    except library.Refused as refusal:
        raise _refusal(refusal) from refusal
    return Status(201, _version(row))


@router.post(
    "/{runbook}/versions/{number}/publish",
    auth=Token(Scope.RULES),
    response={200: BookVersionOut, **_REFUSES},
)
def publish_book(request: ApiRequest, runbook: str, number: int) -> BookVersionOut:
    """Put the version that waits in force, as a second person. Copies in incidents stay."""
    _writes(request)
    try:
        row = library.publish(_found(runbook, number), actor=actor_of(request))
    except library.Refused as refusal:
        raise _refusal(refusal) from refusal
    return _version(row)


@router.post(
    "/{runbook}/versions/{number}/withdraw",
    auth=Token(Scope.RULES),
    response={200: BookVersionOut, **_REFUSES},
)
def withdraw_book(request: ApiRequest, runbook: str, number: int) -> BookVersionOut:
    """Take back the version that waits."""
    _writes(request)
    try:
        row = library.withdraw(_found(runbook, number), actor=actor_of(request))
    except library.Refused as refusal:
        raise _refusal(refusal) from refusal
    return _version(row)
