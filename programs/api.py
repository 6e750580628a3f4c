"""Programs by API: how they stand, the cord, and the word of other systems that they stopped."""

from datetime import datetime
from typing import Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from accounts.actors import Actor
from accounts.api import ApiRequest, Text, Token, actor_of, bound_to, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from programs import access, confirmations, pauses, summary
from programs.models import Program, StopProof

router = Router(tags=["programs"])
confirming = Router(tags=["confirmations"])


class StopOut(Schema):
    """A stop order and how far its proof is. Counts are of collectors."""

    generation: int
    ordered_at: datetime
    deadline_at: datetime
    proof: str
    proven_at: datetime | None
    collectors: int
    acknowledged: int
    expired: int
    unknown: int
    violation: int
    stamps_refused: int = Field(description="Where records come in, since this stop.")
    stamps_violating: int = Field(description="Of these, captured after their collector's stop.")


class ProgramOut(Schema):
    slug: str
    name: str
    state: str
    generation: int
    held_by: list[str] = Field(description="Codenames of what keeps it paused.")
    stop: StopOut | None


class PauseIn(Sent):
    reason: Text = Field("", max_length=2000)


class CollectorProofOut(Schema):
    collector: str
    state: str
    stopped_at: datetime | None
    settled_at: datetime | None
    lease_ends_at: datetime


def _stop(told: summary.Told) -> StopOut | None:
    order, count = told.order, told.collectors
    if order is None:
        return None
    return StopOut(
        generation=order.generation,
        ordered_at=order.ordered_at,
        deadline_at=order.deadline_at,
        proof=order.proof,
        proven_at=order.proven_at,
        collectors=sum(count.values()),
        stamps_refused=told.stamps.refused,
        stamps_violating=told.stamps.violations,
        **{state.value: count[state] for state in StopProof.State},
    )


def _out(told: summary.Told) -> ProgramOut:
    program = told.program
    return ProgramOut(
        slug=program.slug,
        name=program.name,
        state=program.state,
        generation=program.generation,
        held_by=told.held_by,
        stop=_stop(told),
    )


def _one(program: Program) -> ProgramOut:
    return _out(*summary.told([program]))


def get(request: ApiRequest, slug: str) -> Program:
    """Return a program that the owner of the token may know of, or answer 404."""
    # A NUL can stand in a path, but not in a query of PostgreSQL.
    program = _open_to(request).filter(slug=slug.replace("\0", " ")).first()
    if program is None:
        raise Problem(404, f"There is no program {slug!r}.", field="slug")
    return program


def _open_to(request: ApiRequest) -> QuerySet[Program]:
    programs, bound = access.visible_to(person_of(request)), bound_to(request)
    return programs.filter(slug__in=bound) if bound else programs


@router.get("", auth=Token(Scope.READ), response={200: list[ProgramOut], **responses()})
def list_programs(request: ApiRequest) -> list[ProgramOut]:
    """Every program that the owner of the token may know of."""
    return [_out(told) for told in summary.told(_open_to(request))]


@router.get("/{slug}", auth=Token(Scope.READ), response={200: ProgramOut, **responses(404)})
def get_program(request: ApiRequest, slug: str) -> ProgramOut:
    """One program: its state, what holds it, and the proof of its latest stop."""
    return _one(get(request, slug))


@router.get(
    "/{slug}/proof",
    auth=Token(Scope.READ),
    response={200: list[CollectorProofOut], **responses(404)},
)
def list_proof(request: ApiRequest, slug: str) -> list[CollectorProofOut]:
    """What is known of each collector after the latest stop. For responders and the owner."""
    program = get(request, slug)
    if not access.sees_machines(person_of(request), program):
        raise Problem(403, "Only responders and the program's owner may see its collectors.")
    order = program.stop_orders.order_by("-generation").first()
    proofs = order.proofs.select_related("collector") if order else StopProof.objects.none()
    return [
        CollectorProofOut(
            collector=proof.collector.name,
            state=proof.state,
            stopped_at=proof.stopped_at,
            settled_at=proof.settled_at,
            lease_ends_at=proof.lease_ends_at,
        )
        for proof in proofs
    ]


@router.post("/{slug}/pause", auth=Token(Scope.PAUSE), response={200: ProgramOut, **responses(404)})
def pause_program(request: ApiRequest, slug: str, body: PauseIn) -> ProgramOut:
    """Pull the cord. Saying it again keeps the pause that is there."""
    program = get(request, slug)
    pauses.pull_the_cord(program, reason=body.reason, actor=actor_of(request))
    program.refresh_from_db()
    return _one(program)


class ConfirmationIn(Schema):
    """What another system says of a call. The state must answer the event."""

    state: Literal["stopped", "frozen", "resumed", "nothing_to_do"]
    detail: Text = Field("", max_length=confirmations.LONGEST_DETAIL)
    count: int | None = Field(None, ge=0, le=confirmations.MOST)


class ConfirmationOut(Schema):
    program: str
    generation: int
    event: str
    state: str
    confirmed_at: datetime


# The token in the path was sent to the one system that may say this.
@confirming.post(
    "/{token}",
    auth=None,
    url_name="confirm",
    response={200: ConfirmationOut, **responses(404, 409)},
)
def confirm(request: HttpRequest, token: str, body: ConfirmationIn) -> ConfirmationOut:  # noqa: ARG001
    """Confirm what a signed webhook asked for, at the address that it named. Saying it again is
    harmless; another word than the first is refused.
    """
    try:
        call = confirmations.call_behind(token)
    except confirmations.BadToken as error:
        raise Problem(404, "No call waits for a confirmation at this address.") from error
    word = confirmations.Word(**body.dict())
    try:
        said = confirmations.confirm(call, word, actor=Actor(name=call.hook.name, via="hook"))
    except confirmations.SaidBefore as refusal:
        raise Problem(409, str(refusal)) from refusal
    except confirmations.Refused as refusal:
        raise Problem(422, str(refusal), field=str(refusal).partition(":")[0]) from refusal
    return ConfirmationOut(
        program=call.hook.program.slug,
        generation=call.generation,
        event=call.event,
        state=said.state,
        confirmed_at=said.confirmed_at,
    )
