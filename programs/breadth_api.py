"""Who responds for a program, and whether they read its incidents, by API."""

from collections.abc import Callable

from django.contrib.auth.models import Group
from ninja import Router, Schema
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.naming import person_named
from accounts.problems import Problem, of_refusal, responses
from programs import access, api, breadth
from programs.breadth import Responder
from programs.models import Program

router = Router(tags=["programs"])


class ResponderOut(Schema):
    person: str | None = Field(description="A user name.")
    team: str | None


class ProgramBreadthOut(Schema):
    responders_read: bool = Field(description="They read its incidents of SEV 2 to 5.")
    responders: list[ResponderOut]


class ResponderIn(Sent):
    """Name a person or a team, and not both."""

    person: Text | None = Field(None, max_length=254, description="User name or e-mail address.")
    team: Text | None = Field(None, max_length=150, description="The name of a team.")
    responds: bool = Field(True, description="False: no more.")
    reason: Text = Field(min_length=1, max_length=breadth.LONGEST_REASON)


class ProgramBreadthIn(Sent):
    responders_read: bool
    reason: Text = Field(min_length=1, max_length=breadth.LONGEST_REASON)


def _out(program: Program) -> ProgramBreadthOut:
    return ProgramBreadthOut(
        responders_read=program.responders_read,
        responders=[
            ResponderOut(
                person=each.person.username if each.person else None,
                team=each.team.name if each.team else None,
            )
            for each in breadth.of(program)
        ],
    )


def _decided(request: ApiRequest, slug: str) -> Program:
    program = api.get(request, slug)
    if not breadth.may_decide(person_of(request), program):
        raise Problem(403, "Only a privacy officer who does not run the program decides this.")
    return program


def _named(body: ResponderIn) -> Responder:
    person = person_named(body.person.strip()) if body.person else None
    if body.person and person is None:
        said = "person: nobody has this user name or e-mail address."
        raise Problem(422, said, field="person", allowed="an active person")
    team = Group.objects.filter(name=body.team).first() if body.team else None
    if body.team and team is None:
        said = f"team: there is no team {body.team!r}."
        raise Problem(422, said, field="team", allowed="the name of a team")
    return Responder(person, team)


def _refusing(act: Callable[[], object]) -> None:
    try:
        act()
    except breadth.Refused as refusal:
        raise of_refusal(refusal) from refusal


@router.get(
    "/{slug}/responders",
    auth=Token(Scope.READ),
    url_name="responders",
    response={200: ProgramBreadthOut, **responses(404)},
)
def get_responders(request: ApiRequest, slug: str) -> ProgramBreadthOut:
    """Who responds for it; for insiders and whoever runs it."""
    program = api.get(request, slug)
    if not access.sees_machines(person_of(request), program):
        raise Problem(403, "Only insiders and who runs the program see its responders.")
    return _out(program)


@router.post(
    "/{slug}/responders",
    auth=Token(Scope.RESPOND),
    url_name="responders",
    response={200: ProgramBreadthOut, **responses(404, 409)},
)
def set_responder(request: ApiRequest, slug: str, body: ResponderIn) -> ProgramBreadthOut:
    """Let a person or a team respond for it, or no more. Saying it again is harmless."""
    program, responder = _decided(request, slug), _named(body)
    act = breadth.add if body.responds else breadth.end
    _refusing(lambda: act(program, responder, reason=body.reason, actor=actor_of(request)))
    return _out(program)


@router.post(
    "/{slug}/breadth",
    auth=Token(Scope.RESPOND),
    response={200: ProgramBreadthOut, **responses(404, 409)},
)
def choose_breadth(request: ApiRequest, slug: str, body: ProgramBreadthIn) -> ProgramBreadthOut:
    """Say whether its responders read its incidents without being let in to each."""
    program = _decided(request, slug)
    wide = body.responders_read
    _refusing(
        lambda: breadth.choose(
            program, responders_read=wide, reason=body.reason, actor=actor_of(request)
        )
    )
    program.refresh_from_db()
    return _out(program)
