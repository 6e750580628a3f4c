"""Legal clocks by API: what is owed by law, and the facts and moments that it counts from."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.functions import Function
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, legalcase, legalevents, lifecycle
from incidents.models import Incident, Obligation

router = Router(tags=["incidents"])


class ObligationOut(Schema):
    """One duty by law. Not legal advice: `verified` says what was read of the rule."""

    id: int
    rule: str
    rules_version: str
    phase: int = Field(description="1, or more for a filing that follows the first.")
    cited: str
    recipient: str
    verified: str
    clock: str = Field(description="What the facts say, such as `running` or `undetermined`.")
    state: str = Field(description="What people did, such as `reportable` or `submitted`.")
    overdue: bool
    started_at: datetime | None
    due_at: datetime | None
    calendar: str
    why: str
    decision: str
    submitted_at: datetime | None
    reference: str
    proof_sha256: str
    lateness: str
    confirmed_at: datetime | None
    page: str


class EventOut(Schema):
    """A moment from which clocks count, as it was stated."""

    kind: str
    at: datetime | None = Field(description="Null where a correction says it did not happen.")
    rationale: str
    by: str = Field(description="Who stated it, as people read it.")
    recorded_at: datetime | None = Field(description="Null for what is taken as given.")
    counts: bool = Field(description="False once it was corrected.")


class FactsOut(Schema):
    """What is stated for the clocks; what is left out there is not known."""

    facts: dict[str, Any] | None = Field(description="Null while nobody stated any.")
    reason: str = ""
    by: str = ""
    recorded_at: datetime | None = None


class EventIn(Sent):
    """A moment from which clocks count, as `docs/clocks.md` lists them."""

    kind: Text = Field(max_length=30)
    at: AwareDatetime | None = Field(
        None, description="Null says that what was set did not happen after all."
    )
    rationale: Text = Field(min_length=1, max_length=legalevents.LONGEST_RATIONALE)


class FactsIn(Sent):
    """All that is known, in the form of `docs/clocks.md`. What is left out is not known."""

    facts: dict[str, Any]
    reason: Text = Field(min_length=1, max_length=legalevents.LONGEST_REASON)


def _out(row: Obligation) -> ObligationOut:
    path = reverse("incidents:clock", args=[row.incident.number, row.pk])
    told = {name: getattr(row, name) for name in ObligationOut.model_fields if hasattr(row, name)}
    page = f"{settings.ENVIRONMENT.url}{path}"
    return ObligationOut(**told | {"overdue": row.is_overdue, "page": page})


def _all(incident: Incident) -> list[ObligationOut]:
    return [_out(row) for row in incident.obligations.select_related("incident")]


@router.get(
    "/{ref}/obligations",
    auth=Token(Scope.READ),
    response={200: list[ObligationOut], **responses(404)},
)
def list_obligations(request: ApiRequest, ref: str) -> list[ObligationOut]:
    """What is owed by law and what was filed, the first to end first."""
    return _all(api.get(request, ref))


@router.get(
    "/{ref}/legal-events",
    auth=Token(Scope.READ),
    url_name="legal_events",
    response={200: list[EventOut], **responses(404)},
)
def list_legal_events(request: ApiRequest, ref: str) -> list[EventOut]:
    """Every moment that was stated, with who and why, the newest first; corrected ones as well.

    Until somebody states the first signal, the report is it: that comes last.
    """
    incident = api.get(request, ref)
    rows = incident.legal_events.select_related("superseded_by")
    found = [
        EventOut(
            kind=row.kind,
            at=row.at,
            rationale=row.rationale,
            by=row.set_as,
            recorded_at=row.recorded_at,
            counts=not hasattr(row, "superseded_by"),
        )
        for row in rows
    ]
    signal = legalcase.signal_of(incident, legalcase.moments_of(incident))
    return [*found, _assumed(signal)] if signal else found


def _assumed(signal: datetime) -> EventOut:
    why = _("The report, until somebody states an earlier signal.")
    kind = legalcase.SIGNAL
    return EventOut(kind=kind, at=signal, rationale=why, by="Andon", recorded_at=None, counts=True)


@router.post(
    "/{ref}/legal-events",
    auth=Token(Scope.RESPOND),
    url_name="legal_events",
    response={200: list[ObligationOut], **responses(404, 409)},
)
def set_legal_event(request: ApiRequest, ref: str, body: EventIn) -> list[ObligationOut]:
    """Set or correct a moment; answers with every clock as it is then.

    `aware` is a decision of a privacy officer.
    """
    if body.kind == legalevents.AWARE:
        return _decide_awareness(request, ref, body)
    incident = api.get(request, ref, to="contribute")
    try:
        legalevents.set_event(
            incident, body.kind, body.at, rationale=body.rationale, actor=actor_of(request)
        )
    except legalevents.Refused as refusal:
        raise _problem(refusal) from refusal
    return _all(incident)


def _decide_awareness(request: ApiRequest, ref: str, body: EventIn) -> list[ObligationOut]:
    incident = api.get(request, ref)
    if not person_of(request).is_any(Function.PRIVACY_OFFICER):
        raise Problem(403, "Only a privacy officer may decide from when you were aware.")
    if body.at is None:
        allowed = "a moment with its offset"
        raise Problem(
            422, "at: awareness is corrected, not withdrawn.", field="at", allowed=allowed
        )
    try:
        incident = lifecycle.decide_awareness(
            incident, aware_at=body.at, rationale=body.rationale, actor=actor_of(request)
        )
    except lifecycle.Refused as refusal:
        raise _problem(refusal) from refusal
    return _all(incident)


@router.get(
    "/{ref}/legal-facts",
    auth=Token(Scope.READ),
    url_name="legal_facts",
    response={200: FactsOut, **responses(404)},
)
def get_legal_facts(request: ApiRequest, ref: str) -> FactsOut:
    """The facts that count. Whoever states more sends these along: what is left out is unknown."""
    row = legalcase.facts_of(api.get(request, ref))
    if row is None:
        return FactsOut(facts=None)
    return FactsOut(facts=row.facts, reason=row.reason, by=row.set_as, recorded_at=row.recorded_at)


@router.post(
    "/{ref}/legal-facts",
    auth=Token(Scope.RESPOND),
    url_name="legal_facts",
    response={200: list[ObligationOut], **responses(404, 409)},
)
def state_legal_facts(request: ApiRequest, ref: str, body: FactsIn) -> list[ObligationOut]:
    """State all that is known; answers with every clock as it is then."""
    incident = api.get(request, ref, to="contribute")
    try:
        legalevents.state_facts(incident, body.facts, reason=body.reason, actor=actor_of(request))
    except legalevents.Refused as refusal:
        raise _problem(refusal) from refusal
    return _all(incident)


def _problem(refusal: Exception) -> Problem:
    """A sentence that begins with a field is about that field; others about how it stands."""
    sentence = str(refusal).removeprefix("aware_")
    field, colon, words = sentence.partition(": ")
    if colon and field.isidentifier():
        return Problem(422, sentence, field=field, allowed=words)
    return Problem(409, sentence)
