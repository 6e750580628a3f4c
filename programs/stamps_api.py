"""Stamps by API: for whoever takes records in and runs no verifier."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.security import HttpBearer
from ninja.throttling import AuthRateThrottle
from pydantic import Field

from accounts import secrets
from accounts.actors import Actor
from accounts.api import Text, Token
from accounts.asking import Sent
from accounts.models import ApiToken, Scope
from accounts.problems import Problem, responses
from programs import access, judging, keys
from programs.admission import admit
from programs.judging import Claim
from programs.models import Program, ProgramKey
from programs.stamps import Judgement

router = Router(tags=["stamps"])
MOST_STAMPS = 500


class StampRequest(HttpRequest):
    """A request that passed `IngestKeyOrToken`; for annotations only."""

    auth: ProgramKey | ApiToken


class IngestKeyOrToken(HttpBearer):
    """Let in who shows an ingest key, or a person's token that may read programs."""

    def __call__(self, request: HttpRequest) -> Any:
        presented = secrets.from_header(request.headers.get("Authorization", ""))
        kind = ProgramKey.Kind.INGEST
        if presented is None or presented.kind != kind:
            return Token(Scope.READ)(request)
        return admit(request, presented.key_id, lambda: keys.recognise(presented, kind))

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        raise NotImplementedError("__call__ looks at the header itself, to tell why it refuses")


class StampIn(Sent):
    stamp: str = Field(description="The line of text beside the record.")
    sha256: str | None = Field(
        None,
        pattern="^[0-9a-fA-F]{64}$",
        description="Of the record's bytes, in hex; left out, the record is not compared.",
    )


class StampsIn(Sent):
    program: Text = Field(max_length=60, description="A program's slug.")
    stamps: list[StampIn] = Field(max_length=MOST_STAMPS)


class ResultOut(Schema):
    """What becomes of one record. `reason` is one word, `detail` a sentence."""

    accepted: bool
    reason: str | None = None
    detail: str | None = None


class ResultsOut(Schema):
    program: str
    accepted: int
    refused: int
    results: list[ResultOut] = Field(description="In the order in which they were asked.")


@router.post(
    "/verify",
    auth=IngestKeyOrToken(),
    throttle=AuthRateThrottle("240/m"),
    response={200: ResultsOut, **responses(404)},
    exclude_none=True,
)
def verify_stamps(request: StampRequest, body: StampsIn) -> ResultsOut:
    """Say of up to 500 records whether they may be taken in.

    What is refused because its generation is over is counted on the stop that ended it.
    """
    program = _program(request, body.program)
    claims = [Claim(each.stamp, each.sha256) for each in body.stamps]
    judged = judging.judge(program, claims, by=_caller(request))
    accepted = sum(each.accepted for each in judged)
    return ResultsOut(
        program=program.slug,
        accepted=accepted,
        refused=len(judged) - accepted,
        results=[_result(each) for each in judged],
    )


def _result(judgement: Judgement) -> ResultOut:
    if judgement.accepted:
        return ResultOut(accepted=True)
    return ResultOut(accepted=False, reason=judgement.reason, detail=judgement.detail)


def _program(request: StampRequest, slug: str) -> Program:
    if isinstance(request.auth, ProgramKey):
        found = request.auth.program if request.auth.program.slug == slug else None
    else:
        found = access.visible_to(request.auth.owner).filter(slug=slug).first()
    if found is None:
        raise Problem(404, f"There is no program {slug!r}.", field="program")
    if isinstance(request.auth, ApiToken) and not access.sees_machines(request.auth.owner, found):
        raise Problem(403, "Only responders and the program's owner may see its collectors.")
    return found


def _caller(request: StampRequest) -> Actor:
    if isinstance(request.auth, ProgramKey):
        return Actor(name=f"verifier {request.auth.label}", via="api")
    return Actor.person(request.auth.owner, via="api")
