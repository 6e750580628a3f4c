"""What people decide of an incident by API: lower severities, what rules wait to do, merging."""

from datetime import datetime
from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, judgement, lifecycle, looks, merging, objecting
from incidents.api_shapes import IncidentOut
from incidents.models import Incident, RuleFiring, SeverityProposal
from incidents.rule_shapes import FiringOut
from incidents.thresholds_api import firing_out

router = Router(tags=["incidents"])
_MOST = 200


class ProposalOut(Schema):
    """A lower severity that one person proposes and a second one confirms."""

    id: int
    level: int
    reason: str
    full: bool = Field(description="It rests on a full assessment.")
    state: str = Field(description="`open`, `confirmed` or `withdrawn`.")
    proposed_by: str = Field(description="A user name.")
    proposed_at: datetime
    decided_by: str | None = Field(description="A user name; null if it was overtaken.")
    decided_at: datetime | None


class RuleDecisionIn(Sent):
    reason: Text = Field(min_length=1, max_length=objecting.LONGEST_REASON)


class MergeIn(Sent):
    """The incident that this one repeats. The reason stands on the timelines of both."""

    into: Text = Field(max_length=20, description="Another that you run, such as `INC-17`.")
    reason: Text = Field(
        min_length=1,
        max_length=merging.LONGEST_REASON,
        description="Name neither by its number: not everybody who reads one knows the other.",
    )


class OutlookOut(Schema):
    """What merging would do. `level` and `peak` are those of the other one then."""

    into: str
    level: int
    peak: int
    rises: bool
    undetermined: bool
    takes_two: bool = Field(description="To call it milder afterwards.")
    needs_review: bool
    needs_new_review: bool = Field(description="What was written of the other no longer counts.")
    becomes_restricted: bool
    holds: list[str] = Field(description="What is paused for this one, and stays so.")
    moved: int = Field(description="How many that were merged into this one go along.")
    aware_at: datetime | None = Field(description="The earlier awareness that it takes over.")


def _proposal(row: SeverityProposal) -> ProposalOut:
    return ProposalOut(
        id=row.pk,
        level=row.level,
        reason=row.reason,
        full=row.assessed is not None,
        state=row.state,
        proposed_by=row.proposed_by.username,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by.username if row.decided_by else None,
        decided_at=row.decided_at,
    )


@router.get(
    "/{ref}/proposals",
    auth=Token(Scope.READ),
    response={200: list[ProposalOut], **responses(404)},
)
def list_proposals(request: ApiRequest, ref: str) -> list[ProposalOut]:
    """The lower severities that were proposed, the newest first; at most 200."""
    rows = api.get(request, ref).proposals.select_related("proposed_by", "decided_by")
    return [_proposal(row) for row in rows.order_by("-pk")[:_MOST]]


@router.post(
    "/{ref}/proposals/{proposal}/confirm",
    auth=Token(Scope.RESPOND),
    response={200: IncidentOut, **responses(404, 409)},
)
def confirm_proposal(request: ApiRequest, ref: str, proposal: int) -> IncidentOut:
    """Make a proposed lower severity so, as a second person who manages the incident."""
    row = api.child(api.get(request, ref, to="manage").proposals, proposal, "proposal")
    with api.refusing(judgement.Refused):
        incident = judgement.confirm(row, actor=actor_of(request))
    return api.out(incident)


@router.post(
    "/{ref}/proposals/{proposal}/withdraw",
    auth=Token(Scope.RESPOND),
    response={200: IncidentOut, **responses(404, 409)},
)
def withdraw_proposal(request: ApiRequest, ref: str, proposal: int) -> IncidentOut:
    """Drop a proposed lower severity, as whoever manages the incident."""
    incident = api.get(request, ref, to="manage")
    row = api.child(incident.proposals, proposal, "proposal")
    with api.refusing(judgement.Refused):
        judgement.withdraw(row, actor=actor_of(request))
    return api.out(incident)


def _firings(incident: Incident, pk: int) -> RuleFiring:
    return api.child(
        incident.firings.select_related("incident", "program", "dataset"), pk, "firing"
    )


@router.get(
    "/{ref}/firings",
    auth=Token(Scope.READ),
    response={200: list[FiringOut], **responses(404)},
)
def list_own_firings(request: ApiRequest, ref: str) -> list[FiringOut]:
    """What rules did here, wait to do and ask, the newest first; at most 200."""
    rows = api.get(request, ref).firings.select_related("incident", "program", "dataset")
    return [firing_out(row) for row in rows.order_by("-pk")[:_MOST]]


@router.post(
    "/{ref}/firings/{firing}/veto",
    auth=Token(Scope.RESPOND),
    response={200: FiringOut, **responses(404, 409)},
)
def veto_firing(request: ApiRequest, ref: str, firing: int, body: RuleDecisionIn) -> FiringOut:
    """Keep a rule that waits from acting, such as from pausing, while its time is not up."""
    return _decided(request, ref, firing, body, act=objecting.veto)


@router.post(
    "/{ref}/firings/{firing}/allow",
    auth=Token(Scope.RESPOND),
    response={200: FiringOut, **responses(404, 409)},
)
def allow_firing(request: ApiRequest, ref: str, firing: int, body: RuleDecisionIn) -> FiringOut:
    """Agree to what a rule asks for: it acts at once."""
    return _decided(request, ref, firing, body, act=objecting.allow)


def _decided(
    request: ApiRequest, ref: str, pk: int, body: RuleDecisionIn, *, act: objecting.Act
) -> FiringOut:
    incident = api.get(request, ref, to="manage")
    with api.refusing(objecting.Refused, body):
        act(_firings(incident, pk), reason=body.reason, actor=actor_of(request))
    return firing_out(_firings(incident, pk))


def _target(request: ApiRequest, into: str) -> Incident:
    """The incident that a number leads to, if the token opens it and its owner runs it."""
    number = api.number_of(into)
    try:
        found = merging.find(person_of(request), number) if number is not None else None
    except merging.Refused:
        found = None
    if found is None or not api.is_open_to(request, found):
        allowed = "the number of another incident that you run, such as INC-17"
        raise Problem(422, merging.nothing_there(), field="into", allowed=allowed)
    # What is said of merging tells of this one too.
    looks.note(found, person_of(request), via="api")
    return found


@router.get(
    "/{ref}/merge",
    auth=Token(Scope.READ),
    url_name="merge",
    response={200: OutlookOut, **responses(404, 409)},
)
def foresee_merge(
    request: ApiRequest, ref: str, into: Annotated[str, Query(max_length=20)] = ""
) -> OutlookOut:
    """Say what merging this incident into another one would do; nothing is done."""
    source = api.get(request, ref, to="manage")
    target = _target(request, into)
    with api.refusing(merging.Refused, MergeIn(into=into, reason="-")):
        found = merging.outlook(source, target)
    told = {name: getattr(found, name) for name in OutlookOut.model_fields if name != "into"}
    return OutlookOut(**told | {"into": target.ref})


@router.post(
    "/{ref}/merge",
    auth=Token(Scope.RESPOND),
    url_name="merge",
    response={200: IncidentOut, **responses(404, 409)},
)
def merge(request: ApiRequest, ref: str, body: MergeIn) -> IncidentOut:
    """End this incident as the repetition of another one; answers with that. Run both."""
    source = api.get(request, ref, to="manage")
    target = _target(request, body.into)
    refusals = (merging.Refused, judgement.Refused, lifecycle.Refused)
    with api.refusing(refusals, body):
        target = merging.merge(source, target, reason=body.reason, actor=actor_of(request))
    return api.out(target)
