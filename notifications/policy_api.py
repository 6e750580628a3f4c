"""Escalation policies by API: read them, write versions, and ask who would be told."""

from datetime import datetime

from django.db.models import QuerySet
from ninja import Router, Status

from accounts.api import ApiRequest, Text, Token, actor_of, bound_to, person_of
from accounts.models import Scope, User
from accounts.problems import Problem, responses
from audit import clockwork
from notifications import access, policymaking, rehearsal
from notifications.models import EscalationPolicy
from notifications.policy_shapes import (
    PolicyChangeIn,
    PolicyIn,
    PolicyOut,
    ReasonIn,
    RehearsalOut,
    draft_of,
    out,
    rehearsed,
)
from notifications.policychecks import Refused
from notifications.policydraft import Draft, Fault
from programs import access as program_access
from programs.models import Program

router = Router(tags=["policies"])
_REFUSES = responses(404, 409)
# Where the domain has another word for a field than the API.
_NAMES = {"repeat_after": "repeat_after_minutes", "wait": "after_minutes", "policy": "id"}
_HOURS = ("zone", "days", "closes")


def _reader(request: ApiRequest) -> User:
    person = person_of(request)
    if not access.may_read(person):
        raise Problem(404, "There is nothing at this address.")
    return person


def _policies(request: ApiRequest) -> QuerySet[EscalationPolicy]:
    found, bound = access.policies_for(_reader(request)), bound_to(request)
    return found.filter(program__slug__in=bound) if bound else found


def _get(request: ApiRequest, pk: int) -> EscalationPolicy:
    policy = _policies(request).filter(pk=pk).first()
    if policy is None:
        raise Problem(404, "There is no such policy.", field="id")
    return policy


def _may_change(request: ApiRequest) -> None:
    if not access.may_make(_reader(request)):
        raise Problem(403, "Operators and incident commanders write policies.")


def _program(request: ApiRequest, slug: str | None) -> Program | None:
    bound = bound_to(request)
    if slug is None and not bound:
        return None
    program = program_access.visible_to(person_of(request)).filter(slug=slug).first()
    if program is None or (bound and slug not in bound):
        allowed = ", ".join(bound) or "the slug of a program, or null for all"
        said = f"program: there is no program {slug!r} that this token is for."
        raise Problem(422, said, field="program", allowed=allowed)
    return program


def _draft(request: ApiRequest, body: PolicyIn) -> Draft:
    bound, fallback = bound_to(request), body.fallback
    if bound and fallback is not None and not _policies(request).filter(pk=fallback).exists():
        # Else a token for one program could have the people of another paged.
        raise Problem(422, "fallback: there is no such policy.", field="fallback")
    program = _program(request, body.program)
    return draft_of(body, program=program.pk if program else None)


def _refusal(refusal: Refused) -> Problem:
    first = refusal.faults[0]
    # How the policy stands is in the way, not what was sent.
    status = 409 if first.field in ("version", "policy") else 422
    return Problem(status, " ".join(map(_sentence, refusal.faults)), field=_field(first))


def _sentence(fault: Fault) -> str:
    return f"{_field(fault)}: {fault.sentence}"


def _field(fault: Fault) -> str:
    name = _NAMES.get(fault.field, fault.field)
    if fault.step:
        return f"steps.{fault.step - 1}.{name}"
    return f"hours.{name}" if name in _HOURS else name


@router.get("", auth=Token(Scope.READ), response={200: list[PolicyOut], **responses(404)})
def list_policies(request: ApiRequest) -> list[PolicyOut]:
    """The policies in force, by name. `finding` says what is wrong with whom one reaches."""
    return [out(policy) for policy in _policies(request).filter(active=True).order_by("name")]


@router.get("/dry-run", auth=Token(Scope.READ), response={200: RehearsalOut, **responses(404)})
def dry_run(
    request: ApiRequest,
    level: int | None = None,
    at: datetime | None = None,
    program: Text | None = None,
) -> RehearsalOut:
    """Who would be told, when and how, of an incident that began then and nobody answered.

    `level` is 0 to 5, `program` a slug, `at` a time with its offset; left out, it is now. Nothing
    is sent or written.
    """
    _reader(request)
    if level is None or level not in range(6):
        raise Problem(422, "level: from 0 to 5.", field="level", allowed="0 to 5")
    at = at or clockwork.now()
    if at.tzinfo is None:
        said = "at: give the offset, such as 2026-12-06T03:00:00Z."
        raise Problem(422, said, field="at", allowed="a time with its offset")
    if said := rehearsal.why_not(at):
        raise Problem(422, f"at: {said}", field="at", allowed=said)
    return rehearsed(rehearsal.rehearse(level, _program(request, program), at))


@router.get("/{int:id}", auth=Token(Scope.READ), response={200: PolicyOut, **responses(404)})
def get_policy(request: ApiRequest, id: int) -> PolicyOut:
    """One policy as it is now, also if it is retired."""
    return out(_get(request, id))


@router.post("", auth=Token(Scope.POLICIES), response={201: PolicyOut, **responses(404)})
def make_policy(request: ApiRequest, body: PolicyIn) -> Status[PolicyOut]:
    """Make a policy, in force from now on. Everything that is wrong is said at once."""
    _may_change(request)
    try:
        draft = _draft(request, body)
        policy = policymaking.make(draft, reason=body.reason, actor=actor_of(request))
    except Refused as refusal:
        raise _refusal(refusal) from refusal
    return Status(201, out(policy))


@router.put("/{int:id}", auth=Token(Scope.POLICIES), response={200: PolicyOut, **_REFUSES})
def change_policy(request: ApiRequest, id: int, body: PolicyChangeIn) -> PolicyOut:
    """Make the next version of a policy. `version` is the one that you read; what is left out is
    as in a new policy.
    """
    _may_change(request)
    policy = _get(request, id)
    try:
        draft = _draft(request, body)
        policy = policymaking.change(
            policy, draft, based_on=body.version, reason=body.reason, actor=actor_of(request)
        )
    except Refused as refusal:
        raise _refusal(refusal) from refusal
    return out(policy)


@router.post("/{int:id}/retire", auth=Token(Scope.POLICIES), response={200: PolicyOut, **_REFUSES})
def retire_policy(request: ApiRequest, id: int, body: ReasonIn) -> PolicyOut:
    """Let nothing begin by a policy any more. What it began goes on."""
    _may_change(request)
    policy = _get(request, id)
    try:
        policymaking.retire(policy, reason=body.reason, actor=actor_of(request))
    except Refused as refusal:
        raise _refusal(refusal) from refusal
    return out(_get(request, id))
