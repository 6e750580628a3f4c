"""The story of an incident for those who lead, by API: as on its page, as of any moment."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Token, person_of
from accounts.models import Scope
from accounts.problems import Problem, responses
from audit import clockwork
from incidents import api, briefs, retelling
from incidents.briefs import Brief, Duty, Exposed, Line, Redaction, Stop

router = Router(tags=["incidents"])


class BriefIn(Schema):
    redaction: Literal["leadership", "whole", "outside"] = "leadership"
    at: AwareDatetime | None = Field(None, description="As it stood then; now if it is left out.")


class BriefLineOut(Schema):
    """One entry, so many seconds after the report. `kind` and `who` are words, as on the page."""

    at: datetime | None
    after: int
    kind: str
    who: str
    text: str


class ExposedOut(Schema):
    """One exposure; `lasted` in seconds. What is not known is null or empty."""

    what: str
    kinds: list[str]
    whose: str
    people_min: int | None
    people_known: int | None
    people_max: int | None
    declared: str
    effective: str
    since: datetime | None
    until: datetime | None
    lasted: int | None
    accessed: str
    is_open: bool


class BriefStopOut(Schema):
    """What stopped; `took`: seconds from the report to the proof, null while there is none."""

    program: str
    ordered: datetime | None
    proven: datetime | None
    took: int | None
    proof: str
    lifted: bool
    page: str | None = Field(description="Where the proof can be read, if you may.")


class DutyOut(Schema):
    cited: str
    recipient: str
    state: str
    due: datetime | None
    submitted: datetime | None
    is_owed: bool
    is_late: bool


class BriefOut(Schema):
    """The story. For people outside it has no `ref`, no names and no days, which are null."""

    redaction: str
    as_of: datetime
    ref: str | None
    title: str
    program: str
    level: int
    peak: int
    status: str
    reported: datetime | None
    lengths: dict[str, int | None] = Field(
        description="Seconds: detect, acknowledge, pause, contain, recover."
    )
    people: int | None
    exposed: list[ExposedOut]
    stops: list[BriefStopOut]
    duties: list[DutyOut]
    decided: list[BriefLineOut]
    told: list[BriefLineOut]
    is_all: bool = Field(description="False if there are more entries than are told here.")


@router.get(
    "/{ref}/brief",
    auth=Token(Scope.READ),
    url_name="brief",
    response={200: BriefOut, **responses(404)},
)
def brief(request: ApiRequest, ref: str, wanted: Query[BriefIn]) -> BriefOut:
    """What happened, what was exposed, what stopped with its proof, what is due and was decided."""
    incident = api.get(request, ref)
    try:
        told = retelling.of(
            person_of(request),
            incident,
            redaction=Redaction(wanted.redaction),
            at=briefs.parse(wanted.at.isoformat()) if wanted.at else None,
            now=clockwork.now(),
        )
    except briefs.Refused as refusal:
        raise Problem(422, f"{refusal}", field="at") from refusal
    return _out(told)


def _out(told: Brief) -> BriefOut:
    incident = told.incident
    return BriefOut(
        redaction=told.redaction.value,
        as_of=told.at,
        ref=None if told.redaction == Redaction.OUTSIDE else incident.ref,
        title=told.title,
        program=told.program,
        level=told.level.value,
        peak=told.peak.value,
        status=incident.status,
        reported=told.reported,
        lengths={name: _seconds(span) for name, span in told.lengths.items()},
        people=told.people,
        exposed=[_exposed(each) for each in told.exposed],
        stops=[_stop(each) for each in told.stops],
        duties=[_duty(each) for each in told.duties],
        decided=[_line(each) for each in told.decided],
        told=[_line(each) for each in told.told],
        is_all=told.is_all,
    )


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())


def _exposed(each: Exposed) -> ExposedOut:
    least, known, most = each.people
    said = asdict(each) | {"lasted": _seconds(each.lasted)}
    return ExposedOut(**said, people_min=least, people_known=known, people_max=most)


def _stop(each: Stop) -> BriefStopOut:
    path = reverse("programs:proof", args=each.path) if each.path else ""
    said = asdict(each) | {"took": _seconds(each.took)}
    return BriefStopOut(**said, page=f"{settings.ENVIRONMENT.url}{path}" if path else None)


def _duty(each: Duty) -> DutyOut:
    return DutyOut(**asdict(each))


def _line(each: Line) -> BriefLineOut:
    return BriefLineOut(**asdict(each) | {"after": round(each.after.total_seconds())})
