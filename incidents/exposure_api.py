"""Exposures by API: what an incident exposed, as far as it is known."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.api import LARGEST_KEY, ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, embargo, exposures, meanwhile
from incidents.exposures import Refused, Said
from incidents.models import Exposure, Incident
from programs.models import Dataset
from severity.facts import MOST_PEOPLE

router = Router(tags=["incidents"])


class ExposureOut(Schema):
    """One exposure. What is not known is null, empty or `unknown`."""

    id: int
    version: int = Field(description="Grows with each correction; what a correction is `based_on`.")
    what: str
    dataset: str | None = Field(description="A dataset's slug in the incident's program.")
    kinds: list[str]
    whose: str
    people_min: int | None
    people_known: int | None
    people_max: int | None
    declared_audience: str
    effective_audience: str
    since: datetime | None
    since_is_estimate: bool
    until: datetime | None = Field(description="When it was closed; null while it is open.")
    until_is_estimate: bool
    accessed: str
    accessed_source: str
    evidence: list[int]
    location: str | None = Field(description="Null where it is not known, or withheld.")
    location_withheld: bool = Field(description="It is told once the fix is verified.")
    verified_at: datetime | None
    page: str


class ExposureIn(Sent):
    """What is known; all of it may be left out but one of `dataset` and `what`."""

    dataset: Text | None = Field(None, max_length=60, description="A slug in its program.")
    what: Text = Field("", max_length=exposures.LONGEST_WHAT)
    kinds: list[Text] = Field([], max_length=50)
    whose: Text = Field("unknown", max_length=20)
    people_min: int | None = Field(None, ge=0, le=MOST_PEOPLE)
    people_known: int | None = Field(None, ge=0, le=MOST_PEOPLE)
    people_max: int | None = Field(None, ge=0, le=MOST_PEOPLE)
    declared_audience: Text = Field("", max_length=exposures.LONGEST_AUDIENCE)
    effective_audience: Text = Field("unknown", max_length=20)
    since: AwareDatetime | None = None
    since_is_estimate: bool = False
    until: AwareDatetime | None = Field(None, description="When it was closed.")
    until_is_estimate: bool = False
    accessed: Text = Field("unknown", max_length=20)
    accessed_source: Text = Field("", max_length=exposures.LONGEST_SOURCE)
    evidence: list[int] = Field([], max_length=200, description="Ids of evidence kept here.")
    location: Text | None = Field(
        None,
        max_length=exposures.LONGEST_LOCATION,
        description="Where they lie; null says nothing.",
    )


class ExposureCorrectionIn(ExposureIn):
    """What is known now, and why it is corrected. What is left out stays as it is."""

    based_on: int = Field(ge=1, le=LARGEST_KEY, description="The `version` that you read.")
    reason: Text = Field(min_length=1, max_length=exposures.LONGEST_REASON)


class VerifiedIn(Sent):
    how: Text = Field(
        min_length=1,
        max_length=exposures.LONGEST_REASON,
        description="How it was checked that the fix holds.",
    )


def _out(row: Exposure, *, withheld: bool) -> ExposureOut:
    path = reverse("incidents:exposure", args=[row.incident.number, row.pk])
    told = {name: getattr(row, name) for name in ExposureOut.model_fields if hasattr(row, name)}
    told |= {
        "id": row.pk,
        "version": meanwhile.version_of(row),
        "dataset": row.dataset.slug if row.dataset else None,
        "evidence": row.files,
        "location": None if withheld else row.location or None,
        "location_withheld": withheld,
        "page": f"{settings.ENVIRONMENT.url}{path}",
    }
    return ExposureOut(**told)


@router.get(
    "/{ref}/exposures",
    auth=Token(Scope.READ),
    url_name="exposures",
    response={200: list[ExposureOut], **responses(404)},
)
def list_exposures(request: ApiRequest, ref: str) -> list[ExposureOut]:
    """What was exposed, in the order in which it was written down."""
    incident = api.get(request, ref)
    withheld = embargo.withheld_from(person_of(request), incident)
    rows = meanwhile.numbered(incident.exposures.select_related("incident", "dataset"))
    return [_out(row, withheld=row.pk in withheld and bool(row.location)) for row in rows]


@router.post(
    "/{ref}/exposures",
    auth=Token(Scope.RESPOND),
    url_name="exposures",
    response={201: ExposureOut, **responses(404, 409)},
)
def add_exposure(request: ApiRequest, ref: str, body: ExposureIn) -> Status[ExposureOut]:
    """Write down what was exposed."""
    incident = api.get(request, ref, to="contribute")
    said = Said(**_said(incident, body, set(ExposureIn.model_fields)))
    with api.refusing(Refused, body, files="evidence"):
        row = exposures.add(incident, said, actor=actor_of(request))
    return Status(201, _told(request, row))


@router.post(
    "/{ref}/exposures/{exposure}",
    auth=Token(Scope.RESPOND),
    response={200: ExposureOut, **responses(404, 409)},
)
def correct_exposure(
    request: ApiRequest, ref: str, exposure: int, body: ExposureCorrectionIn
) -> ExposureOut:
    """Correct what is known; only what is sent. The old values stay in the history.

    Two who correct different parts at once both do. Of the same part the second gets 409, with what
    it says by now.
    """
    row = _found(api.get(request, ref, to="contribute"), exposure)
    sent = _said(row.incident, body, body.model_fields_set)
    by, reason = actor_of(request), body.reason
    with api.refusing(Refused, body, files="evidence"):
        read = exposures.said_of(meanwhile.as_of(row, body.based_on))
        said = replace(read, **{"location": None} | sent)
        row = exposures.correct(row, said, reason=reason, actor=by, read=read)
    return _told(request, row)


@router.post(
    "/{ref}/exposures/{exposure}/verify",
    auth=Token(Scope.RESPOND),
    response={200: ExposureOut, **responses(404, 409)},
)
def verify_exposure(request: ApiRequest, ref: str, exposure: int, body: VerifiedIn) -> ExposureOut:
    """Say that the fix was checked and holds. It lifts the embargo of where the data lay."""
    row = _found(api.get(request, ref, to="manage"), exposure)
    with api.refusing(Refused, body):
        row = exposures.verify(row, how=body.how, actor=actor_of(request))
    return _told(request, row)


def _found(incident: Incident, pk: int) -> Exposure:
    return api.child(incident.exposures.select_related("incident", "dataset"), pk, "exposure")


def _told(request: ApiRequest, row: Exposure) -> ExposureOut:
    withheld = not embargo.reads(person_of(request), row)
    return _out(row, withheld=withheld and bool(row.location))


def _said(incident: Incident, body: ExposureIn, names: set[str]) -> dict[str, Any]:
    """What was sent, as the domain has it."""
    said = {name: getattr(body, name) for name in names - {"reason", "based_on"}}
    if "dataset" in said:
        said["dataset"] = _dataset(incident, said["dataset"])
    if "kinds" in said:
        said["kinds"] = tuple(said["kinds"])
    if "evidence" in said:
        said["files"] = tuple(said.pop("evidence"))
    return said


def _dataset(incident: Incident, slug: str | None) -> Dataset | None:
    theirs = incident.program.datasets.filter(slug=slug) if incident.program else None
    found = theirs.first() if theirs and slug else None
    if slug and found is None:
        allowed = "the slug of a dataset of the incident's program"
        raise Problem(
            422, f"dataset: its program has no {slug!r}.", field="dataset", allowed=allowed
        )
    return found
