"""Incidents by API: report, read, respond. Every incident comes through access.py."""

from typing import Annotated

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from ninja import Header, Query, Router, Status
from ninja.throttling import AuthRateThrottle

from accounts.api import ApiRequest, Token, actor_of, bound_to, person_of
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import access, judgement, lifecycle, looks, reporting, timeline
from incidents.api_shapes import (
    EntryOut,
    IncidentOut,
    LevelIn,
    ReportIn,
    ReportOut,
    StatusIn,
    UpdateIn,
)
from incidents.models import Audience, Incident, StillOpen
from incidents.models import Status as IncidentStatus
from programs import access as program_access
from programs.models import Program
from severity.ladder import Sev

router = Router(tags=["incidents"])
PAGE = 50


def _out(incident: Incident) -> IncidentOut:
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
    number = ref.removeprefix("INC-")
    # Hidden and missing get the same answer, down to the byte.
    missing = Problem(404, "There is no such incident.", field="ref")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise missing
    person = person_of(request)
    visible = _open_to(request, access.visible_to(person, named=True))
    seen = visible.select_related("program").filter(number=int(number)).first()
    if seen is None:
        raise missing
    if to != "view" and not access.may(person, to, seen):
        raise Problem(403, "You may read this incident but not do this to it.")
    looks.note(seen, person, via="api")
    return seen


def _open_to(request: ApiRequest, incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    bound = bound_to(request)
    return incidents.filter(program__slug__in=bound) if bound else incidents


@router.post(
    "",
    auth=Token(Scope.REPORT),
    throttle=AuthRateThrottle("240/m"),
    response={200: ReportOut, 201: ReportOut, **responses(409)},
)
def report_incident(
    request: ApiRequest,
    body: ReportIn,
    idempotency_key: Annotated[
        str, Header(alias="Idempotency-Key", max_length=reporting.LONGEST_KEY)
    ] = "",
) -> Status[ReportOut]:
    """File a report.

    The same `Idempotency-Key` twice, or the same words within ten minutes, make one incident.
    """
    program = _program(request, body.program)
    dataset = program.datasets.filter(slug=body.dataset).first() if program else None
    if body.dataset and dataset is None:
        raise Problem(422, f"dataset: {body.program!r} has no {body.dataset!r}.", field="dataset")
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
def list_incidents(
    request: ApiRequest, before: Annotated[int | None, Query(ge=1, le=2_000_000_000)] = None
) -> list[IncidentOut]:
    """The newest 50 incidents that the token's owner may see.

    `before` a number for the page after.
    """
    return [_out(incident) for incident in _newest(request, before)]


def _newest(request: ApiRequest, before: int | None) -> QuerySet[Incident]:
    person = person_of(request)
    if bound_to(request):
        rows = _open_to(request, access.visible_to(person))
        rows = rows.filter(number__lt=before) if before else rows
        return rows.select_related("program").order_by("-number")[:PAGE]
    keys = access.newest(person, limit=PAGE, before=before)
    return Incident.objects.filter(pk__in=keys).select_related("program").order_by("-number")


@router.get("/{ref}", auth=Token(Scope.READ), response={200: IncidentOut, **responses(404)})
def get_incident(request: ApiRequest, ref: str) -> IncidentOut:
    """One incident by its number, such as `INC-17`. That you read it is noted."""
    return _out(get(request, ref))


@router.get(
    "/{ref}/timeline", auth=Token(Scope.READ), response={200: list[EntryOut], **responses(404)}
)
def list_timeline(request: ApiRequest, ref: str) -> list[EntryOut]:
    """The story so far, oldest first; corrected entries are left out."""
    entries = timeline.current(get(request, ref)).order_by("occurred_at", "pk")
    return [
        EntryOut(
            kind=entry.kind,
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            actor=entry.actor_name,
            text=entry.text,
        )
        for entry in entries
    ]


@router.post(
    "/{ref}/severity", auth=Token(Scope.RESPOND), response={200: IncidentOut, **responses(404, 409)}
)
def set_severity(request: ApiRequest, ref: str, body: LevelIn) -> IncidentOut:
    """Set the severity. Lowering from SEV 0 to 2 is only proposed: a second person confirms it."""
    incident = get(request, ref, to="manage")
    try:
        incident = judgement.set_level(
            incident, Sev(body.level), reason=body.reason, actor=actor_of(request)
        )
    except judgement.Refused as refusal:
        raise Problem(409, str(refusal)) from refusal
    return _out(incident)


@router.post(
    "/{ref}/status", auth=Token(Scope.RESPOND), response={200: IncidentOut, **responses(404, 409)}
)
def set_status(request: ApiRequest, ref: str, body: StatusIn) -> IncidentOut:
    """Move the incident along its life; a refusal says what is missing."""
    incident = get(request, ref, to="close" if body.to == IncidentStatus.CLOSED else "manage")
    if body.to not in IncidentStatus.values:
        allowed = ", ".join(IncidentStatus.values)
        raise Problem(422, f"to: {body.to!r} is no status.", field="to", allowed=allowed)
    try:
        incident = lifecycle.move(
            incident,
            IncidentStatus(body.to),
            actor=actor_of(request),
            reason=body.reason,
            exception=body.exception,
        )
    except lifecycle.Refused as refusal:
        raise Problem(409, str(refusal)) from refusal
    return _out(incident)


@router.post(
    "/{ref}/updates", auth=Token(Scope.RESPOND), response={201: EntryOut, **responses(404, 409)}
)
def post_update(request: ApiRequest, ref: str, body: UpdateIn) -> Status[EntryOut]:
    """Write on the timeline."""
    incident = get(request, ref, to="contribute")
    try:
        entry = timeline.write(
            incident,
            "update",
            body.text,
            actor=actor_of(request),
            occurred_at=body.occurred_at,
            audience=body.audience,
        )
    except timeline.Refused as refusal:
        field, colon, allowed = str(refusal).partition(": ")
        if not colon:
            raise Problem(409, str(refusal)) from refusal
        raise Problem(422, str(refusal), field=field, allowed=allowed) from refusal
    return Status(
        201,
        EntryOut(
            kind=entry.kind,
            occurred_at=entry.occurred_at,
            recorded_at=entry.recorded_at,
            actor=entry.actor_name,
            text=entry.text,
        ),
    )
