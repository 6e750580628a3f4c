"""Evidence bundles by API: ask for one, look whether it is ready, take it."""

from datetime import datetime

from django.http import HttpResponseBase
from ninja import Router, Schema, Status
from pydantic import Field

from accounts.api import ApiRequest, Token, actor_of, person_of
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, attachment, bundles
from incidents.models import Bundle

router = Router(tags=["incidents"])

_BYTES = {
    200: {
        "description": "The bundle, a ZIP that `verify_andon.py` checks.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class BundleOut(Schema):
    """One bundle that was made for you. `state` is `waiting`, `ready`, `failed` or `gone`."""

    id: int
    state: str
    said: str = Field(description="Why it could not be made.")
    size: int
    sha256: str
    left_out: int = Field(description="How many files are not in it; its manifest says why.")
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime


def _out(row: Bundle) -> BundleOut:
    return BundleOut(**{name: getattr(row, name) for name in BundleOut.model_fields})


@router.get(
    "/{ref}/bundles",
    auth=Token(Scope.RESPOND),
    url_name="bundles",
    response={200: list[BundleOut], **responses(404)},
)
def list_bundles(request: ApiRequest, ref: str) -> list[BundleOut]:
    """Those that were made for you, the newest first. For who manages the incident."""
    incident = api.get(request, ref, to="manage")
    return [_out(row) for row in bundles.of(incident, person_of(request))]


@router.post(
    "/{ref}/bundles",
    auth=Token(Scope.RESPOND),
    url_name="bundles",
    response={202: BundleOut, **responses(404, 409)},
)
def ask_for_bundle(request: ApiRequest, ref: str) -> Status[BundleOut]:
    """Have one made; who asks again meanwhile gets the same one."""
    incident = api.get(request, ref, to="manage")
    try:
        return Status(202, _out(bundles.ask(incident, actor=actor_of(request))))
    except bundles.Refused as refusal:
        raise Problem(409, str(refusal)) from refusal


@router.get(
    "/{ref}/bundles/{bundle}/file",
    auth=Token(Scope.RESPOND),
    url_name="bundle-file",
    response=responses(404, 409),
    openapi_extra={"responses": _BYTES},
)
def download_bundle(request: ApiRequest, ref: str, bundle: int) -> HttpResponseBase:
    """The bundle that was made for you. The record names you."""
    incident = api.get(request, ref, to="manage")
    mine = Bundle.objects.select_related("incident").filter(
        incident=incident, asked_by=person_of(request)
    )
    row = api.child(mine, bundle, "bundle")
    try:
        return attachment.of_bundle(row, actor=actor_of(request))
    except bundles.Refused as refusal:
        raise Problem(409, str(refusal)) from refusal
