"""Boards on a wall by API: make and end them, and read one by the secret in its address."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import Field

from accounts import strangers
from accounts.api import ApiRequest, Text, Token, actor_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, responses
from incidents import api, fewness, leadtiles, wallboards
from incidents.lead_api import AtOut, FigureOut, SpanOut, leader_of, program_named
from incidents.models import Wallboard
from programs import summary
from severity.ladder import Sev

router = Router(tags=["figures"])
walls = Router(tags=["figures"])


class BoardIn(Sent):
    """What it shows, as for `/figures`; it has no days of its own."""

    name: Text = Field(max_length=80, description="Where it hangs.")
    preset: Text = Field("90", max_length=10)
    program: Text = Field("", max_length=60, description="The slug of a program.")
    worst: int = Field(Sev.SEV5.value, ge=0, le=5)


class BoardOut(Schema):
    id: int
    name: str
    preset: str
    program: str | None
    worst: int
    made_by: str
    made_at: datetime


class MadeOut(BoardOut):
    """`address` is for a browser, `api` for a program. They hold the secret and are told once."""

    address: str
    api: str


class NowOut(Schema):
    """How many are open at one level; null for fewer than `fewest`, and for none."""

    level: int
    n: int | None


class WallOut(Schema):
    """What the page of the board tells, and no more. What is null is withheld or not known."""

    name: str
    program: str | None
    since: date
    until: date
    before: SpanOut
    programs_paused: int
    programs_running: int
    open: list[NowOut]
    figures: dict[str, FigureOut]
    over_time: list[AtOut]
    fewest: int


@router.get(
    "", auth=Token(Scope.READ), url_name="boards", response={200: list[BoardOut], **responses()}
)
def list_boards(request: ApiRequest) -> list[BoardOut]:
    """The boards that were not ended. For executives, by a token for all programs."""
    leader_of(request)
    return [BoardOut(**_said(board)) for board in wallboards.standing()]


@router.post(
    "",
    auth=Token(Scope.RESPOND),
    url_name="boards",
    response={201: MadeOut, **responses(409)},
)
def make_board(request: ApiRequest, body: BoardIn) -> Status[MadeOut]:
    """Make one. Its address opens without signing in, and is told this once."""
    leader_of(request)
    program = program_named(request, body.program)
    terms = wallboards.Terms(body.name, body.preset, program, body.worst)
    with api.refusing(wallboards.Refused, body):
        board, secret = wallboards.make(terms, actor=actor_of(request))
    ours = settings.ENVIRONMENT.url
    address = f"{ours}{reverse('incidents:wall', args=[secret])}"
    by_api = f"{ours}{reverse('api:wall', args=[secret])}"
    return Status(201, MadeOut(**_said(board), address=address, api=by_api))


@router.post(
    "/{board}/end",
    auth=Token(Scope.RESPOND),
    url_name="end-board",
    response={204: None, **responses(404)},
)
def end_board(request: ApiRequest, board: int) -> Status[None]:
    """End one at once. Safe to call again."""
    leader_of(request)
    found = Wallboard.objects.filter(pk=board).first()
    if found is None:
        raise Problem(404, "There is no such board.", field="board")
    wallboards.revoke(found, actor=actor_of(request))
    return Status(204, None)


# The secret in the path opens it, as it does the page; `auth=None` asks for nothing else.
@walls.get("/{secret}", auth=None, url_name="wall", response={200: WallOut, **responses(404)})
def wall(request: HttpRequest, secret: str) -> WallOut:
    """What a board shows, for whoever has its secret: as on its page, without signing in."""
    try:
        board = wallboards.opened(secret, place=request.META.get("REMOTE_ADDR", ""))
    except strangers.TooMany as refusal:
        raise Problem(429, str(refusal)) from refusal
    if board is None:
        raise Problem(404, "There is no such board.")
    said = leadtiles.as_data(wallboards.shown(board))
    stands = summary.standstill(board.made_by)
    told = ("since", "until", "before", "figures", "over_time")
    return WallOut(
        name=board.name,
        program=board.program.slug if board.program else None,
        programs_paused=stands["paused"],
        programs_running=stands["running"],
        open=[NowOut(level=level, n=n) for level, n in wallboards.open_now(board).items()],
        fewest=fewness.FEWEST,
        **{name: said[name] for name in told},
    )


def _said(board: Wallboard) -> dict[str, Any]:
    return {
        "id": board.pk,
        "name": board.name,
        "preset": board.preset,
        "program": board.program.slug if board.program else None,
        "worst": board.worst,
        "made_by": board.made_by.name,
        "made_at": board.made_at,
    }
