"""Paging by hand by API: hand over, put off, escalate, page a person."""

from collections.abc import Callable
from datetime import datetime

from ninja import Router, Schema
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of
from accounts.asking import Sent
from accounts.models import Scope, User
from accounts.naming import person_named
from accounts.problems import Problem, responses
from incidents.api import get
from incidents.models import Incident
from notifications import answering, reading, summoning

router = Router(tags=["escalation"])
_REFUSES = responses(404, 409)


class WithReason(Sent):
    reason: Text = Field(max_length=answering.LONGEST_REASON)


class PersonIn(WithReason):
    person: Text = Field(max_length=254, description="A user name or e-mail address.")


class SnoozeIn(WithReason):
    minutes: int


class EscalateIn(WithReason):
    step: int | None = Field(None, description="Its number, from 1; null is the next one.")


class PagingOut(Schema):
    """How the paging stands now. Null where nobody is, or nothing comes by itself."""

    incident: str
    state: str | None
    acknowledged_by: str | None
    offered_to: str | None
    snoozed_until: datetime | None
    next_due_at: datetime | None


def _out(incident: Incident) -> PagingOut:
    newest = reading.newest(incident)
    run = newest.escalation if newest else None
    return PagingOut(
        incident=incident.ref,
        state=run.state if run else None,
        acknowledged_by=run.acknowledged_by.name if run and run.acknowledged_by else None,
        offered_to=run.offered_to.name if run and run.offered_to else None,
        snoozed_until=run.snoozed_until if run else None,
        next_due_at=run.next_due_at if run else None,
    )


def _do(request: ApiRequest, ref: str, act: Callable[[Incident], object]) -> PagingOut:
    incident = get(request, ref, to="contribute")
    try:
        act(incident)
    except answering.Refused as refusal:
        # What names a field is wrong in what was sent, else in how the paging stands.
        field = str(refusal).partition(": ")[0]
        is_field = field in ("person", "minutes", "step", "reason")
        status, name = (422, field) if is_field else (409, "")
        raise Problem(status, str(refusal), field=name) from refusal
    return _out(incident)


def _person(named: str) -> User:
    person = person_named(named)
    if person is None:
        said = "person: nobody has this user name or e-mail address."
        raise Problem(422, said, field="person")
    return person


@router.post("/{ref}/hand-over", auth=Token(Scope.RESPOND), response={200: PagingOut, **_REFUSES})
def hand_over(request: ApiRequest, ref: str, body: PersonIn) -> PagingOut:
    """Ask a person to take over the answer; name the token's owner to take it over at once."""
    return _do(
        request,
        ref,
        lambda incident: answering.hand_over(
            incident, _person(body.person), reason=body.reason, actor=actor_of(request)
        ),
    )


@router.post("/{ref}/snooze", auth=Token(Scope.RESPOND), response={200: PagingOut, **_REFUSES})
def snooze(request: ApiRequest, ref: str, body: SnoozeIn) -> PagingOut:
    """Put the paging off, for as long as the severity allows; answers if nobody has."""
    return _do(
        request,
        ref,
        lambda incident: answering.snooze(
            incident, minutes=body.minutes, reason=body.reason, actor=actor_of(request)
        ),
    )


@router.post("/{ref}/escalate", auth=Token(Scope.RESPOND), response={200: PagingOut, **_REFUSES})
def escalate(request: ApiRequest, ref: str, body: EscalateIn) -> PagingOut:
    """Take the next step now, or a certain one. An answer that was given is taken back."""
    return _do(
        request,
        ref,
        lambda incident: summoning.escalate(
            incident, reason=body.reason, number=body.step, actor=actor_of(request)
        ),
    )


@router.post("/{ref}/page-person", auth=Token(Scope.RESPOND), response={200: PagingOut, **_REFUSES})
def page_person(request: ApiRequest, ref: str, body: PersonIn) -> PagingOut:
    """Page one person now, beside the steps, and let them in."""
    return _do(
        request,
        ref,
        lambda incident: summoning.page_person(
            incident, _person(body.person), reason=body.reason, actor=actor_of(request)
        ),
    )
