"""Threshold rules by API: which are in force, writing versions, and what they did."""

from dataclasses import asdict
from typing import Any

from ninja import Query, Router, Status

from accounts.api import ApiRequest, Token, actor_of, bound_to, person_of
from accounts.models import Scope, User
from accounts.problems import Problem, responses
from incidents import api, duplicates, ledger, rulebook, rulemaking, rulewords, seconding
from incidents.models import RuleFiring
from incidents.rule_shapes import (
    CheckOut,
    FiringOut,
    FloorOut,
    ProposalIn,
    PublishIn,
    RuleOut,
    RulesOut,
    RuleToldOut,
    VersionOut,
    WantedIn,
)
from severity import houserules, inforce
from severity.houserules import BadRule, Rule
from severity.models import ThresholdVersion

router = Router(tags=["thresholds"])
of_incident = Router(tags=["thresholds"])
_REFUSES = responses(404, 409)
_MOST = 200
_WAITING = ThresholdVersion.State.WAITING


def reader(request: ApiRequest) -> User:
    """Return who asks, if they may read rules."""
    person = person_of(request)
    if not rulebook.may_read(person):
        raise Problem(404, "There is nothing at this address.")
    return person


def _rules(request: ApiRequest) -> list[Rule]:
    bound = bound_to(request)
    rules = rulebook.in_force_for(reader(request))
    return [rule for rule in rules if not bound or _lies_in(rule.when.programs, bound)]


def _lies_in(programs: Any, bound: Any) -> bool:
    """True if something names programs, and only those of the token."""
    named = programs if isinstance(programs, (list, tuple)) else ()
    return bool(named) and all(slug in bound for slug in named)


def _versions(request: ApiRequest, rule: str) -> list[ThresholdVersion]:
    bound, rows = bound_to(request), rulebook.visible_to(reader(request))
    is_one = houserules.ID.fullmatch(rule)
    found = [
        row
        for row in (rows.filter(rule=rule).order_by("-number") if is_one else ())
        if not bound or _lies_in(row.document.get("when", {}).get("programs"), bound)
    ]
    if not found:
        raise Problem(404, "There is no such rule.", field="rule")
    return found


def _version(row: ThresholdVersion) -> VersionOut:
    return VersionOut(
        rule=row.rule,
        number=row.number,
        state=row.state,
        retires=row.retires,
        reason=row.reason,
        author=row.author.username,
        written_at=row.written_at,
        decided_by=row.decided_by.username if row.decided_by else None,
        effective_from=row.effective_from,
        document=row.document,
    )


def firing_out(row: RuleFiring) -> FiringOut:
    """One act of a rule as whoever sees its incident may know of it: no draft of another's."""
    tells = row.program is None or duplicates.tells(row.incident, row.program)
    return FiringOut(
        id=row.pk,
        incident=row.incident.ref,
        rule=row.rule,
        rules_version=row.rules_version,
        floor=not row.of_house,
        action=row.action,
        scope=row.scope,
        name=row.name,
        program=row.program.slug if row.program and tells else None,
        dataset=row.dataset.slug if row.dataset and tells else None,
        state=row.state,
        why=row.why,
        facts=row.facts,
        key=duplicates.occasion_of(row),
        outcome=row.outcome,
        created_at=row.created_at,
        due_at=row.due_at,
        fired_at=row.fired_at,
    )


def may_change(request: ApiRequest) -> None:
    """Refuse whoever may read rules and not write them."""
    if not seconding.may_edit(reader(request)):
        said = "Incident commanders, privacy officers and security officers write rules."
        raise Problem(403, said)


def _refusal(refusal: Exception) -> Problem:
    if isinstance(refusal, BadRule):
        field = f"document.{refusal.faults[0].field}"
        return Problem(422, str(refusal), field=field)
    name, colon, _words = str(refusal).partition(": ")
    is_field = bool(colon) and name in ProposalIn.model_fields
    return Problem(422 if is_field else 409, str(refusal), field=name if is_field else "rule")


@router.get("", auth=Token(Scope.READ), response={200: RulesOut, **responses(404)})
def list_thresholds(request: ApiRequest) -> RulesOut:
    """The floor, and every rule in force that you may read."""
    rules, current = _rules(request), inforce.rules()
    return RulesOut(
        rules_version=current.version,
        floor=[FloorOut(**rulewords.floor(each)) for each in current.thresholds],
        rules=[
            RuleOut(
                id=rule.id,
                version=rule.version,
                program=rule.of_program or None,
                document=houserules.plain(rule),
            )
            for rule in rules
        ],
    )


@router.get("/firings", auth=Token(Scope.READ), response={200: list[FiringOut], **responses(404)})
def list_firings(request: ApiRequest, wanted: Query[WantedIn]) -> list[FiringOut]:
    """The newest 200 acts by rule in incidents that you may see."""
    person, bound = reader(request), bound_to(request)
    rows = ledger.firings(person, ledger.Wanted(**wanted.dict()))
    if bound:
        rows = rows.filter(incident__program__slug__in=bound)
    return [firing_out(row) for row in rows[:_MOST]]


@router.get("/{rule}", auth=Token(Scope.READ), response={200: list[VersionOut], **responses(404)})
def list_versions(request: ApiRequest, rule: str) -> list[VersionOut]:
    """What was written of a rule, the newest first."""
    return [_version(row) for row in _versions(request, rule)]


@router.post("/{rule}", auth=Token(Scope.RULES), response={201: VersionOut, **_REFUSES})
def propose_threshold(request: ApiRequest, rule: str, body: ProposalIn) -> Status[VersionOut]:
    """Write a version, which waits for a second person. What would loosen the floor is refused."""
    may_change(request)
    bound, when = bound_to(request), body.document.get("when")
    if bound and not (isinstance(when, dict) and _lies_in(when.get("programs"), bound)):
        said = "document.programs: name programs that this token is for."
        raise Problem(422, said, field="document.programs", allowed=", ".join(bound))
    if houserules.ID.fullmatch(rule) and rulebook.versions(rule).exists():
        _versions(request, rule)
    try:
        row = rulemaking.propose(
            rule,
            body.document,
            reason=body.reason,
            based_on=body.based_on,
            effective_from=body.effective_from,
            actor=actor_of(request),
        )
    except (BadRule, rulemaking.Refused) as refusal:
        raise _refusal(refusal) from refusal
    return Status(201, _version(row))


@router.post("/{rule}/publish", auth=Token(Scope.RULES), response={200: VersionOut, **_REFUSES})
def publish_threshold(request: ApiRequest, rule: str, body: PublishIn) -> VersionOut:
    """Put the version that waits in force, as a second person."""
    may_change(request)
    rows = {row.number: row for row in _versions(request, rule)}
    if body.number not in rows:
        raise Problem(404, "There is no such version.", field="number")
    try:
        row = rulemaking.publish(rows[body.number], actor=actor_of(request))
    except (BadRule, rulemaking.Refused) as refusal:
        raise Problem(409, str(refusal)) from refusal
    return _version(row)


@of_incident.get(
    "/{ref}/rules", auth=Token(Scope.READ), response={200: list[RuleToldOut], **responses(404)}
)
def explain_rules(request: ApiRequest, ref: str) -> list[RuleToldOut]:
    """Why each rule acts on an incident or does not, and what it did there."""
    told = ledger.explain(api.get(request, ref), person_of(request))
    return [
        RuleToldOut(
            id=each.id,
            version=each.version,
            floor=each.is_floor,
            why=each.why,
            applies=each.applies,
            checks=[CheckOut(**asdict(check)) for check in each.checks],
            firings=[row.pk for row in each.firings],
        )
        for each in told
    ]
