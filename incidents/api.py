"""Incidents by API: report, read, respond. Every incident comes through access.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Manager, Model, QuerySet
from django.urls import reverse
from ninja import Header, Query, Router, Schema, Status
from ninja.throttling import AuthRateThrottle

from accounts.api import ApiRequest, Token, actor_of, bound_to, person_of
from accounts.models import Scope, User
from accounts.naming import person_named
from accounts.problems import Problem, responses
from incidents import access, judgement, lifecycle, looks, meanwhile, reporting, search
from incidents.api_shapes import (
    IncidentOut,
    LevelIn,
    ListIn,
    ReportIn,
    ReportOut,
    StatusIn,
)
from incidents.models import Audience, Incident, StillOpen
from incidents.models import Status as IncidentStatus
from programs import access as program_access
from programs.models import Program
from severity.ladder import Sev

Row = TypeVar("Row", bound=Model)
router = Router(tags=["incidents"])
PAGE = 50
# What a field that names somebody takes.
A_PERSON = "the user name or e-mail address of an active person"


def out(incident: Incident) -> IncidentOut:
    """An incident as the API tells it."""
    return IncidentOut(
        incident=incident.ref,
        codename=incident.codename,
        title=incident.title,
        status=incident.status,
        severity=incident.sev,
        counts_as=incident.counts_as,
        peak=incident.peak_sev,
        program=incident.program.slug if incident.program else None,
        reported_at=incident.reported_at,
        acknowledged_at=incident.acknowledged_at,
        drill=incident.is_drill,
    )


def get(request: ApiRequest, ref: str, *, to: str = "view") -> Incident:
    """Return an incident that the token's owner may see and may do this to; note the look."""
    # Hidden and missing get the same answer, down to the byte.
    missing = Problem(404, "There is no such incident.", field="ref")
    number = number_of(ref)
    if number is None:
        raise missing
    person = person_of(request)
    visible = open_to(request, access.visible_to(person, named=True))
    seen = visible.select_related("program").filter(number=number).first()
    if seen is None:
        raise missing
    if to != "view" and not access.may(person, to, seen):
        raise Problem(403, "You may read this incident but not do this to it.")
    looks.note(seen, person, via="api")
    return seen


def number_of(ref: str) -> int | None:
    """The number in `INC-17` or `17`; None if it is none."""
    number = ref.removeprefix("INC-")
    is_one = number.isascii() and number.isdigit() and len(number) < 10
    return int(number) if is_one else None


def open_to(request: ApiRequest, incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Those of the incidents that lie in the programs of the token, if it is bound to some."""
    bound = bound_to(request)
    return incidents.filter(program__slug__in=bound) if bound else incidents


def is_open_to(request: ApiRequest, incident: Incident) -> bool:
    """True if the incident lies in the programs of the token, if it is bound to some."""
    bound = bound_to(request)
    return not bound or (incident.program is not None and incident.program.slug in bound)


def child(rows: "QuerySet[Row] | Manager[Row]", pk: int, what: str) -> Row:
    """Return the row of this incident, or answer that this incident has none such."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise no_such(what)
    return found


def no_such(what: str, *, field: str = "", of: str = "This incident has") -> Problem:
    return Problem(404, f"{of} no such {what}.", field=field or what)


def named(who: str | None, field: str) -> User | None:
    """Return the active person with this user name or address; None if nobody is named."""
    person = person_named(who.strip()) if who else None
    if who and person is None:
        said = f"{field}: nobody has this user name or e-mail address."
        raise Problem(422, said, field=field, allowed=A_PERSON)
    return person


@contextmanager
def refusing(
    refusals: type[Exception] | tuple[type[Exception], ...],
    body: Schema | None = None,
    **names: str,
) -> Iterator[None]:
    """Do one thing as a whole; where the domain says no, answer with its sentence.

    Args:
        body: what was sent. A sentence that begins with one of its fields blames that: 422, else
            it is a matter of how things stand: 409, as is a clash with what another changed.
        names: what the API calls a field that the domain has another word for.
    """
    try:
        # A refusal in the middle must leave nothing behind.
        with transaction.atomic():
            yield
    except meanwhile.NotRead as refusal:
        raise Problem(422, str(refusal), field="based_on", allowed=refusal.allowed) from refusal
    except meanwhile.Clash as clash:
        name, _colon, said = str(clash).partition(": ")
        field = names.get(name, name)
        raise Problem(409, f"{field}: {said}", field=field) from clash
    except refusals as refusal:
        name, colon, allowed = str(refusal).partition(": ")
        field = names.get(name, name)
        if not colon or body is None or field not in type(body).model_fields:
            raise Problem(409, str(refusal)) from refusal
        raise Problem(422, f"{field}: {allowed}", field=field, allowed=allowed) from refusal


_Key = Annotated[str, Header(alias="Idempotency-Key", max_length=reporting.LONGEST_KEY)]


@router.post(
    "",
    auth=Token(Scope.REPORT),
    throttle=AuthRateThrottle("240/m"),
    response={200: ReportOut, 201: ReportOut, **responses(409)},
)
def report_incident(
    request: ApiRequest, body: ReportIn, idempotency_key: _Key = ""
) -> Status[ReportOut]:
    """File a report.

    The same `Idempotency-Key` twice, or the same words within ten minutes, make one incident.
    """
    program = _program(request, body.program)
    dataset = program.datasets.filter(slug=body.dataset).first() if program else None
    if body.dataset and dataset is None:
        said = f"dataset: {body.program!r} has no {body.dataset!r}."
        allowed = "the slug of a dataset of the program, or null if you do not know"
        raise Problem(422, said, field="dataset", allowed=allowed)
    report = reporting.Report(
        title=body.title,
        program=program,
        dataset=dataset,
        audience=Audience(body.audience),
        still_open=StillOpen(body.still_open),
        pull_cord=body.pause,
        detail=body.detail,
        found_how=body.found_how,
        reference=body.reference,
        occurred_from=body.occurred_from,
        is_drill=_is_drill(body.drill, program),
    )
    try:
        filed = reporting.file_report(
            report, reporter=person_of(request), actor=actor_of(request), key=idempotency_key
        )
    except reporting.KeyUsedBefore as refusal:
        raise Problem(409, str(refusal), field=refusal.field) from refusal
    except reporting.Refused as refusal:
        field = _NAMES.get(refusal.field, refusal.field)
        sentence = f"{field}: {refusal.message}"
        raise Problem(422, sentence, field=field, allowed=refusal.message) from refusal
    return Status(201 if filed.is_new else 200, _receipt(filed))


# Where the report has another word for a field than the API.
_NAMES = {"pull_cord": "pause", "is_drill": "drill"}


def _is_drill(said: bool | None, program: Program | None) -> bool:
    if said is None:
        return program is not None and program.is_drill
    return said


def _program(request: ApiRequest, slug: str | None) -> Program | None:
    bound = bound_to(request)
    if not slug and bound:
        allowed = ", ".join(bound)
        sentence = f"program: this token reports for {allowed} alone."
        raise Problem(422, sentence, field="program", allowed=allowed)
    if not slug:
        return None
    program = program_access.visible_to(person_of(request)).filter(slug=slug).first()
    if program is None or (bound and slug not in bound):
        raise Problem(
            422,
            f"program: there is no program {slug!r}.",
            field="program",
            allowed="the slug of a program, or null if you do not know",
        )
    return program


def _receipt(filed: reporting.Filed) -> ReportOut:
    incident = filed.incident
    path = reverse("incidents:receipt", args=[incident.uuid])
    return ReportOut(
        incident=incident.ref,
        codename=incident.codename,
        severity=filed.severity,
        counts_as=filed.counts_as,
        new=filed.is_new,
        paused=filed.paused,
        receipt=f"{settings.ENVIRONMENT.url}{path}",
    )


@router.get("", auth=Token(Scope.READ), response={200: list[IncidentOut], **responses()})
def list_incidents(request: ApiRequest, asked: Annotated[ListIn, Query()]) -> list[IncidentOut]:
    """The newest 50 incidents that the token's owner may see and asked for.

    `before` a number for the page after.
    """
    allowed = (search.ALL_OPEN, *IncidentStatus.values)
    if asked.status and asked.status not in allowed:
        said = f"status: {asked.status!r} is none."
        raise Problem(422, said, field="status", allowed=", ".join(allowed))
    if asked.program:
        _program(request, asked.program)
    return [out(incident) for incident in _newest(request, asked)]


def _newest(request: ApiRequest, asked: ListIn) -> QuerySet[Incident]:
    person, wanted, before = person_of(request), asked.wanted(), asked.before
    if bound_to(request) or wanted != search.Wanted():
        rows = open_to(request, search.find(person, wanted))
        return (rows.filter(number__lt=before) if before else rows)[:PAGE]
    keys = access.newest(person, limit=PAGE, before=before)
    return Incident.objects.filter(pk__in=keys).select_related("program").order_by("-number")


@router.get("/{ref}", auth=Token(Scope.READ), response={200: IncidentOut, **responses(404)})
def get_incident(request: ApiRequest, ref: str) -> IncidentOut:
    """One incident by its number, such as `INC-17`. That you read it is noted."""
    return out(get(request, ref))


@router.post(
    "/{ref}/severity", auth=Token(Scope.RESPOND), response={200: IncidentOut, **responses(404, 409)}
)
def set_severity(request: ApiRequest, ref: str, body: LevelIn) -> IncidentOut:
    """Set the severity. Lowering from SEV 0 to 2 is only proposed: a second person confirms it."""
    incident = get(request, ref, to="manage")
    with refusing(judgement.Refused):
        incident = judgement.set_level(
            incident, Sev(body.level), reason=body.reason, actor=actor_of(request)
        )
    return out(incident)


@router.post(
    "/{ref}/status", auth=Token(Scope.RESPOND), response={200: IncidentOut, **responses(404, 409)}
)
def set_status(request: ApiRequest, ref: str, body: StatusIn) -> IncidentOut:
    """Move the incident along its life; a refusal says what is missing."""
    incident = get(request, ref, to="close" if body.to == IncidentStatus.CLOSED else "manage")
    if body.to not in IncidentStatus.values:
        allowed = ", ".join(IncidentStatus.values)
        raise Problem(422, f"to: {body.to!r} is no status.", field="to", allowed=allowed)
    with refusing(lifecycle.Refused):
        incident = lifecycle.move(
            incident,
            IncidentStatus(body.to),
            actor=actor_of(request),
            reason=body.reason,
            exception=body.exception,
        )
    return out(incident)
