"""Rotas by API: which there are, who is on call in one, to put somebody there, and to swap."""

from datetime import datetime
from typing import Literal

from django.http import Http404
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Text, Token, actor_of, bound_to, person_of
from accounts.asking import Sent
from accounts.models import Scope, User
from accounts.problems import Problem, responses
from audit import clockwork
from notifications import access, covers, oncall, rotas, swaps
from notifications.covers import Cover
from notifications.models import Override, Rota, Swap

router = Router(tags=["on-call"])
YEARS = range(2000, 2101)


class PersonOut(Schema):
    username: str
    name: str


class RotaOut(Schema):
    id: int
    name: str
    about: str
    zone: str


class OnCallOut(Schema):
    """Who is on call; nobody is a gap. `until` is when that changes, within 60 days."""

    rota: int
    at: datetime
    people: list[PersonOut]
    until: datetime | None
    next_at: datetime | None = Field(description="When others are on call, gaps passed over.")
    next: list[PersonOut]


class OverrideIn(Sent):
    person: Text = Field(max_length=150, description="The user name of who is on call instead.")
    until: AwareDatetime
    since: AwareDatetime | None = Field(None, description="From now on if left out.")
    reason: Text = Field(max_length=covers.LONGEST_REASON)


class OverrideOut(Schema):
    id: int
    rota: int
    person: PersonOut
    since: datetime
    until: datetime
    reason: str
    withdrawn_at: datetime | None = Field(description="It counts until then, and not after.")


class SwapIn(Sent):
    person: Text = Field(max_length=150, description="The user name of whom you ask.")
    since: AwareDatetime
    until: AwareDatetime
    back_since: AwareDatetime | None = Field(
        None, description="With `back_until`: the shift of theirs that you take in return."
    )
    back_until: AwareDatetime | None = None
    reason: Text = Field("", max_length=covers.LONGEST_REASON)


class SwapAnswer(Sent):
    do: Literal["accept", "decline", "withdraw"]


class SwapOut(Schema):
    id: int
    rota: int
    state: Swap.State
    asker: PersonOut
    asked: PersonOut
    since: datetime
    until: datetime
    back_since: datetime | None
    back_until: datetime | None
    reason: str


@router.get("", auth=Token(Scope.READ), response={200: list[RotaOut], **responses(404)})
def list_rotas(request: ApiRequest) -> list[RotaOut]:
    """Every rota, by name."""
    if not access.may_read(_reader(request)):
        raise Http404
    return [
        RotaOut(id=rota.pk, name=rota.name, about=rota.about, zone=rota.zone)
        for rota in access.rotas_for(person_of(request))
    ]


@router.get("/{rota}/on-call", auth=Token(Scope.READ), response={200: OnCallOut, **responses(404)})
def who_is_on_call(request: ApiRequest, rota: int, at: AwareDatetime | None = None) -> OnCallOut:
    """Who is on call in a rota at a moment, now if left out, and who is next."""
    found = _rota(request, rota)
    moment = at or clockwork.now()
    if moment.year not in YEARS:
        allowed = f"{YEARS[0]} to {YEARS[-1]}"
        raise Problem(422, f"at: a moment from {allowed}.", field="at", allowed=allowed)
    spans = oncall.between(found.pk, moment, moment + oncall.AHEAD)
    change = oncall.change_in(spans)
    return OnCallOut(
        rota=found.pk,
        at=moment,
        people=_people(oncall.people(spans[0].who)) if spans else [],
        until=spans[0].end if len(spans) > 1 else None,
        next_at=change.start if change else None,
        next=_people(oncall.people(change.who)) if change else [],
    )


@router.get(
    "/{rota}/overrides",
    auth=Token(Scope.READ),
    url_name="overrides",
    response={200: list[OverrideOut], **responses(404)},
)
def list_overrides(request: ApiRequest, rota: int) -> list[OverrideOut]:
    """The overrides of a rota that go on or are to come, the earliest first."""
    return [_override(each) for each in covers.coming(_rota(request, rota), clockwork.now())]


@router.post(
    "/{rota}/overrides",
    auth=Token(Scope.RESPOND),
    url_name="overrides",
    response={201: OverrideOut, **responses(404)},
)
def make_override(request: ApiRequest, rota: int, body: OverrideIn) -> Status[OverrideOut]:
    """Put somebody on call for a while, as on the page of the rota."""
    found = _rota(request, rota)
    said = Cover(_person(body.person), body.until, body.reason, body.since)
    try:
        made = covers.take(found, said, actor=actor_of(request))
    except rotas.Refused as refusal:
        raise _refused(str(refusal)) from refusal
    return Status(201, _override(made))


@router.post(
    "/{rota}/overrides/{override}/withdraw",
    auth=Token(Scope.RESPOND),
    response={200: OverrideOut, **responses(404)},
)
def withdraw_override(request: ApiRequest, rota: int, override: int) -> OverrideOut:
    """Let an override count no more; of a swap of two shifts both go back."""
    made = _rota(request, rota).overrides.filter(pk=override).first()
    if made is None:
        raise Http404
    try:
        return _override(covers.withdraw(made, actor=actor_of(request)))
    except rotas.Refused as refusal:
        raise _refused(str(refusal)) from refusal


def _override(made: Override) -> OverrideOut:
    return OverrideOut(
        id=made.pk,
        rota=made.rota_id,
        person=_people([made.person])[0],
        since=made.starts_at,
        until=made.ends_at,
        reason=made.reason,
        withdrawn_at=made.withdrawn_at,
    )


@router.get(
    "/{rota}/swaps",
    auth=Token(Scope.READ),
    url_name="swaps",
    response={200: list[SwapOut], **responses(404)},
)
def list_swaps(request: ApiRequest, rota: int) -> list[SwapOut]:
    """The swaps of a rota that wait for an answer, the earliest shift first."""
    return [_swap(each) for each in swaps.waiting(_rota(request, rota))]


@router.post(
    "/{rota}/swaps",
    auth=Token(Scope.RESPOND),
    url_name="swaps",
    response={201: SwapOut, **responses(404)},
)
def ask_swap(request: ApiRequest, rota: int, body: SwapIn) -> Status[SwapOut]:
    """Ask a colleague to take a shift of yours, for one of theirs or for nothing."""
    found = _rota(request, rota)
    person = _person(body.person)
    if (body.back_since is None) != (body.back_until is None):
        field = "back_since" if body.back_since is None else "back_until"
        raise Problem(422, f"{field}: give both of the shift in return, or neither.", field=field)
    back = (body.back_since, body.back_until) if body.back_since and body.back_until else None
    said = Cover(person, body.until, body.reason, body.since)
    try:
        made = swaps.ask(found, said, back=back, actor=actor_of(request))
    except rotas.Refused as refusal:
        raise _refused(str(refusal)) from refusal
    return Status(201, _swap(made))


_ANSWERS = {"accept": swaps.accept, "decline": swaps.decline, "withdraw": swaps.withdraw}


@router.post(
    "/{rota}/swaps/{swap}", auth=Token(Scope.RESPOND), response={200: SwapOut, **responses(404)}
)
def answer_swap(request: ApiRequest, rota: int, swap: int, body: SwapAnswer) -> SwapOut:
    """Accept or decline a swap that you are asked for, or withdraw yours."""
    found = _rota(request, rota).swaps.filter(pk=swap).first()
    if found is None:
        raise Http404
    try:
        return _swap(_ANSWERS[body.do](found, actor=actor_of(request)))
    except rotas.Refused as refusal:
        raise _refused(str(refusal)) from refusal


def _swap(made: Swap) -> SwapOut:
    return SwapOut(
        id=made.pk,
        rota=made.rota_id,
        state=Swap.State(made.state),
        asker=_people([made.asker])[0],
        asked=_people([made.asked])[0],
        since=made.starts_at,
        until=made.ends_at,
        back_since=made.back_starts_at,
        back_until=made.back_ends_at,
        reason=made.note,
    )


# Where a refusal has another word for a field than the API.
_NAMES = {
    "starts_at": "since",
    "ends_at": "until",
    "back_starts_at": "back_since",
    "back_ends_at": "back_until",
}


def _refused(sentence: str) -> Problem:
    field, _colon, allowed = sentence.partition(": ")
    field = _NAMES.get(field, field)
    return Problem(422, f"{field}: {allowed}", field=field, allowed=allowed)


def _reader(request: ApiRequest) -> User:
    if bound_to(request):
        raise Problem(403, "This token is for programs and their incidents alone, not for rotas.")
    return person_of(request)


def _rota(request: ApiRequest, pk: int) -> Rota:
    return access.get_rota(_reader(request), pk)


def _person(username: str) -> User:
    person = rotas.who_may_be_on_call().filter(username=username).first()
    if person is None:
        raise Problem(422, "person: nobody who may be on call has this user name.", field="person")
    return person


def _people(found: list[User]) -> list[PersonOut]:
    return [PersonOut(username=each.username, name=each.name) for each in found]
