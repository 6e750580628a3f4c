"""Who runs a program beside its owner, by API."""

from ninja import Router, Schema
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope, User
from accounts.naming import person_named
from accounts.problems import Problem, of_refusal, responses
from programs import access, api, running
from programs.models import Program

router = Router(tags=["programs"])


class RunnersOut(Schema):
    owner: str = Field(description="A user name.")
    runners: list[str] = Field(description="User names of those who run it beside its owner.")


class RunnerIn(Sent):
    person: Text = Field(min_length=1, max_length=254, description="User name or e-mail address.")
    runs: bool = Field(True, description="False: no more.")
    reason: Text = Field(min_length=1, max_length=running.LONGEST_REASON)


def _out(program: Program) -> RunnersOut:
    runners = [person.username for person in running.of(program)]
    return RunnersOut(owner=program.owner.username, runners=runners)


def _named(program: Program, who: str) -> User:
    # Those who run it first: one who was deactivated since must not have the right for good.
    runners = {name: each for each in running.of(program) for name in (each.username, each.email)}
    person = runners.get(who) or person_named(who)
    if person is None:
        said = "person: nobody has this user name or e-mail address."
        raise Problem(422, said, field="person", allowed="an active person")
    return person


@router.get(
    "/{slug}/runners",
    auth=Token(Scope.READ),
    url_name="runners",
    response={200: RunnersOut, **responses(404)},
)
def get_runners(request: ApiRequest, slug: str) -> RunnersOut:
    """Who runs it; for insiders and whoever runs it."""
    program = api.get(request, slug)
    if not access.sees_machines(person_of(request), program):
        raise Problem(403, "Only insiders and who runs the program see who runs it.")
    return _out(program)


@router.post(
    "/{slug}/runners",
    auth=Token(Scope.RESPOND),
    url_name="runners",
    response={200: RunnersOut, **responses(404, 409)},
)
def set_runner(request: ApiRequest, slug: str, body: RunnerIn) -> RunnersOut:
    """Let somebody run it beside its owner, or no more. Saying it again is harmless.

    Whoever runs it may say of themselves that they no longer do.
    """
    program = api.get(request, slug)
    me, who = person_of(request), body.person.strip()
    gives_up = not body.runs and who in (me.username, me.email)
    if not (gives_up or running.may_decide(me, program)):
        raise Problem(403, running.DECIDES)
    person = me if gives_up else _named(program, who)
    try:
        act = running.add if body.runs else running.end
        act(program, person, reason=body.reason, actor=actor_of(request))
    except running.Refused as refusal:
        raise of_refusal(refusal) from refusal
    return _out(program)
