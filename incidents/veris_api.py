"""Incidents as VERIS 1.4.1 records by API."""

from typing import Annotated, Any

from ninja import Query, Router

from accounts.api import ApiRequest, Token, actor_of, person_of
from accounts.models import Scope
from accounts.problems import responses
from incidents import access, api, export, verisexport

router = Router(tags=["incidents"])
Texts = Annotated[bool, Query(description="Also what people wrote, with the names in it.")]


@router.get(
    "/incidents/{ref}/veris", auth=Token(Scope.READ), response={200: dict, **responses(404, 409)}
)
def incident_as_veris(request: ApiRequest, ref: str, texts: Texts = False) -> dict[str, Any]:
    """One incident as a VERIS 1.4.1 record; it is recorded that you took it."""
    incident = api.get(request, ref)
    with api.refusing(export.Refused):
        return verisexport.one(incident, actor=actor_of(request), texts=texts)
    raise AssertionError("refusing raises or returns")


@router.get("/veris", auth=Token(Scope.READ), response={200: list[dict], **responses()})  # type: ignore[type-arg]
def list_veris(
    request: ApiRequest,
    before: Annotated[int | None, Query(ge=1, le=2_000_000_000)] = None,
) -> list[dict[str, Any]]:
    """The newest 50 incidents that the token's owner may see, as VERIS 1.4.1 records, no drills.

    Without what people wrote. `before` a number for the page after. Each page taken is recorded.
    """
    person = person_of(request)
    open_to = api.open_to(request, access.visible_to(person))
    return verisexport.page(person, open_to, before=before, actor=actor_of(request))
