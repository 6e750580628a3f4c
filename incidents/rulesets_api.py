"""The severity rules by API: which version decides, reading one, writing the next."""

from ninja import Router, Status

from accounts.api import ApiRequest, Token, actor_of, bound_to
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import rulesets
from incidents.rule_shapes import RuleSetIn, RuleSetOut, RuleSetTextOut
from incidents.thresholds_api import may_change, reader
from severity import inforce
from severity.models import RuleSetVersion
from severity.reading import BadRuleSet

router = Router(tags=["severity"])
_REFUSES = responses(404, 409)


def _shipped(version: str) -> RuleSetOut:
    rules = inforce.of(version)
    return RuleSetOut(
        version=version,
        sha256=rules.sha256,
        state="shipped",
        decides=inforce.rules().version == version,
        fault="",
        based_on=None,
        reason="",
        author=None,
        decided_by=None,
        effective_from=None,
    )


def _written(row: RuleSetVersion) -> RuleSetOut:
    return RuleSetOut(
        version=row.version,
        sha256=row.sha256,
        state=row.state,
        decides=inforce.rules().version == row.version,
        fault=inforce.fault_of(row),
        based_on=row.based_on,
        reason=row.reason,
        author=row.author.username,
        decided_by=row.decided_by.username if row.decided_by else None,
        effective_from=row.effective_from,
    )


def _row(version: str) -> RuleSetVersion:
    row = rulesets.versions().filter(version=version).first() if "\0" not in version else None
    if row is None:
        raise Problem(404, "There is no such version that somebody wrote.", field="version")
    return row


def _sentence(refusal: Exception) -> str:
    said = str(refusal)
    return said if said.endswith(".") else f"{said}."


@router.get("", auth=Token(Scope.READ), response={200: list[RuleSetOut], **responses(404)})
def list_rule_sets(request: ApiRequest) -> list[RuleSetOut]:
    """Every version: what people wrote, the newest first, then what came with Andon."""
    reader(request)
    written = [_written(row) for row in rulesets.versions()]
    return [*written, *(_shipped(version) for version in inforce.shipped())]


@router.get("/{version}", auth=Token(Scope.READ), response={200: RuleSetTextOut, **responses(404)})
def get_rule_set(request: ApiRequest, version: str) -> RuleSetTextOut:
    """One version with its text."""
    reader(request)
    is_shipped = version in inforce.shipped()
    out = _shipped(version) if is_shipped else _written(_row(version))
    return RuleSetTextOut(**out.dict(), text=inforce.text_of(version))


@router.post("", auth=Token(Scope.RULES), response={201: RuleSetOut, **_REFUSES})
def propose_rule_set(request: ApiRequest, body: RuleSetIn) -> Status[RuleSetOut]:
    """Write the next version, which waits for a second person."""
    may_change(request)
    if bound_to(request):
        raise Problem(403, "A token for some programs writes no rules for all of them.")
    try:
        row = rulesets.propose(
            body.text,
            reason=body.reason,
            based_on=body.based_on,
            effective_from=body.effective_from,
            actor=actor_of(request),
        )
    except BadRuleSet as bad:
        raise Problem(422, _sentence(bad), field="text") from bad
    except rulesets.Refused as refusal:
        name, colon, _words = str(refusal).partition(": ")
        is_field = bool(colon) and name in RuleSetIn.model_fields
        field = name if is_field else "version"
        raise Problem(422 if is_field else 409, str(refusal), field=field) from refusal
    return Status(201, _written(row))


@router.post("/{version}/publish", auth=Token(Scope.RULES), response={200: RuleSetOut, **_REFUSES})
def publish_rule_set(request: ApiRequest, version: str) -> RuleSetOut:
    """Put the version that waits in force, as a second person: in a minute at the earliest."""
    may_change(request)
    if bound_to(request):
        raise Problem(403, "A token for some programs publishes no rules for all of them.")
    try:
        row = rulesets.publish(_row(version), actor=actor_of(request))
    except (BadRuleSet, rulesets.Refused) as refusal:
        raise Problem(409, _sentence(refusal), field="version") from refusal
    return _written(row)
