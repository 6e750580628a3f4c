"""The register of breaches by API, for privacy officers, counsel and auditors."""

from datetime import datetime
from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Text, Token, person_of
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, register, registerexport, registerline
from incidents.register import Wanted

router = Router(tags=["incidents"])
TOLD = (register.YES, register.NO, register.UNDECIDED, register.LATE)


class BreachOut(Schema):
    """One breach. Each list holds sentences; null in `…_told` says that nobody decided."""

    incident: str
    codename: str
    title: str
    kind: str
    severity: int | None
    status: str
    program: str | None
    reported_at: datetime
    aware_at: datetime | None
    facts: list[str]
    effects: list[str]
    remedy: list[str]
    decisions: list[str]
    authority_told: bool | None
    authority_told_at: datetime | None
    people_told: bool | None
    people_told_at: datetime | None
    lateness: list[str]


class RegisterIn(Schema):
    """Which part of the register."""

    before: int | None = Field(None, ge=1, le=2_000_000_000)
    told: Text = Field("", description=f"One of {', '.join(TOLD)}; all if left out.")
    program: Text = Field("", max_length=80)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


@router.get("", auth=Token(Scope.READ), response={200: list[BreachOut], **responses()})
def list_register(request: ApiRequest, asked: Annotated[RegisterIn, Query()]) -> object:
    """The newest 25 breaches that the token's owner may read of, notified or not.

    `before` a number for the page after.
    """
    person = person_of(request)
    if not register.may_read(person):
        raise Problem(403, "Privacy officers, counsel and auditors read the register of breaches.")
    if asked.told and asked.told not in TOLD:
        allowed = ", ".join(TOLD)
        raise Problem(422, f"told: {asked.told!r} is none.", field="told", allowed=allowed)
    wanted = Wanted(program=asked.program, told=asked.told, since=asked.since, until=asked.until)
    found = api.open_to(request, register.find(person, wanted))
    if asked.before:
        found = found.filter(number__lt=asked.before)
    lines = registerline.lines(found[: register.PER_PAGE])
    return [registerexport.plain(line) for line in lines]
