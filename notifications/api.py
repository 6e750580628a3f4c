"""Escalations by API: answer, and see who was paged."""

from datetime import datetime

from ninja import Router, Schema

from accounts.api import ApiRequest, Token, actor_of
from accounts.models import Scope
from accounts.problems import responses
from incidents.api import get
from notifications import paging
from notifications.models import Page, PageAttempt

router = Router(tags=["escalation"])


class TryOut(Schema):
    number: int
    started_at: datetime
    ended_at: datetime | None
    answer: str


class PageOut(Schema):
    # The name of whom it was to; of a room if `is_room`.
    person: str
    is_room: bool
    # `ack` and `over` are no pages: they tell where one was sent that it is answered, or over.
    purpose: str
    method: str
    state: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    answer: str
    key: str
    hint: str
    # Held back by quiet hours, or delayed as there were many, until then.
    held_until: datetime | None
    # An attempt began and never ended: sent, maybe twice.
    maybe_twice: bool
    tries: list[TryOut]


class AcknowledgedOut(Schema):
    incident: str
    acknowledged_at: datetime


@router.post(
    "/{ref}/acknowledge",
    auth=Token(Scope.RESPOND),
    response={200: AcknowledgedOut, **responses(404)},
)
def acknowledge(request: ApiRequest, ref: str) -> AcknowledgedOut:
    """Answer the page: paging stops. Saying it again is harmless."""
    incident = get(request, ref, to="contribute")
    incident = paging.acknowledge(incident, actor=actor_of(request))
    assert incident.acknowledged_at
    return AcknowledgedOut(incident=incident.ref, acknowledged_at=incident.acknowledged_at)


@router.get("/{ref}/pages", auth=Token(Scope.READ), response={200: list[PageOut], **responses(404)})
def list_pages(request: ApiRequest, ref: str) -> list[PageOut]:
    """Every page for the incident with what became of it, oldest first."""
    pages = Page.objects.filter(escalation__incident=get(request, ref)).select_related(
        "person", "room"
    )
    pages = pages.prefetch_related("tries")
    return [page_out(page, list(page.tries.all())) for page in pages.order_by("created_at", "pk")]


def page_out(page: Page, tries: list[PageAttempt]) -> PageOut:
    """Return a page with its attempts as callers see it."""
    return PageOut(
        person=page.to,
        is_room=page.room_id is not None,
        purpose=page.purpose,
        method=page.method,
        state=page.state,
        attempts=page.attempts,
        created_at=page.created_at,
        sent_at=page.sent_at,
        answer=page.answer,
        key=page.key,
        hint=page.hint,
        held_until=page.held_until,
        maybe_twice=any(each.ended_at is None for each in tries),
        tries=[
            TryOut(
                number=each.number,
                started_at=each.started_at,
                ended_at=each.ended_at,
                answer=each.answer,
            )
            for each in tries
        ],
    )
