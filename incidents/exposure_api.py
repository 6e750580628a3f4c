"""Exposures by API: what an incident exposed, as far as it is known."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from ninja import Router, Schema
from pydantic import Field

from accounts.api import ApiRequest, Token, person_of
from accounts.models import Scope
from accounts.problems import responses
from incidents import api, embargo, looks
from incidents.models import Exposure

router = Router(tags=["incidents"])


class ExposureOut(Schema):
    """One exposure. What is not known is null, empty or `unknown`."""

    id: int
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


def _out(row: Exposure, *, withheld: bool) -> ExposureOut:
    path = reverse("incidents:exposure", args=[row.incident.number, row.pk])
    told = {name: getattr(row, name) for name in ExposureOut.model_fields if hasattr(row, name)}
    told |= {
        "id": row.pk,
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
    response={200: list[ExposureOut], **responses(404)},
)
def list_exposures(request: ApiRequest, ref: str) -> list[ExposureOut]:
    """What was exposed, in the order in which it was written down."""
    incident = api.get(request, ref)
    looks.note(incident, person_of(request), via="api")
    withheld = embargo.withheld_from(person_of(request), incident)
    rows = incident.exposures.select_related("incident", "dataset")
    return [_out(row, withheld=row.pk in withheld and bool(row.location)) for row in rows]
