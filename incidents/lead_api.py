"""The figures of leadership by API: one period beside the one before. They name no incident."""

from datetime import UTC, date, datetime

from ninja import Query, Router, Schema
from pydantic import Field

from accounts.api import ApiRequest, Text, Token, bound_to, person_of
from accounts.models import Scope, User
from accounts.problems import Problem, responses
from incidents import leading, leadtiles, spans
from incidents.totals import Scope as What
from programs import access as program_access
from programs.models import Program

router = Router(tags=["figures"])


class FiguresIn(Schema):
    """The days are those of UTC. Without them `preset` counts, and without that 90 days."""

    preset: Text = Field("90", max_length=10, description=f"One of {', '.join(spans.PRESETS)}.")
    since: date | None = None
    until: date | None = None
    program: Text = Field("", max_length=60, description="The slug of a program.")
    worst: int = Field(5, ge=0, le=5, description="Of this level and what is more severe.")


class FigureOut(Schema):
    """One figure; lengths in seconds. `few`: told to nobody who may not see all of so few."""

    value: int | None
    before: int | None
    of: int | None
    few: bool
    exact: bool = Field(description="False for a median that may be 2 % off.")


class SpanOut(Schema):
    since: date
    until: date


class AtOut(Schema):
    """How many in the week or month from `since` at one level; null where that is withheld."""

    since: date
    level: int
    n: int | None


class ProgramFiguresOut(Schema):
    program: str | None
    incidents: int | None
    person_hours: int | None


class ReviewedOut(Schema):
    """How many incidents have a review that stands; null where that is withheld."""

    value: int | None
    before: int | None


class CauseFigureOut(Schema):
    """In how many of the reviewed incidents it contributed; null where that is withheld."""

    cause: str
    incidents: int | None
    before: int | None


class FiguresOut(Schema):
    """What is null is withheld or not known. `pauses`: proven stops by the bounds of the docs."""

    since: date
    until: date
    before: SpanOut
    figures: dict[str, FigureOut]
    by_level: dict[str, int | None]
    over_time: list[AtOut]
    pauses: list[int] | None
    programs: list[ProgramFiguresOut]
    reviewed: ReviewedOut
    causes: list[CauseFigureOut]
    withheld: int
    fewest: int


@router.get("", auth=Token(Scope.READ), response={200: FiguresOut, **responses()})
def figures(request: ApiRequest, wanted: Query[FiguresIn]) -> FiguresOut:
    """The figures of a period, beside those of the same number of days before. For executives."""
    person = leader_of(request)
    program = program_named(request, wanted.program)
    try:
        scope = What(_period(wanted), program.pk if program else None, wanted.worst)
    except spans.Refused as refusal:
        raise Problem(422, str(refusal), field=refusal.field) from refusal
    return FiguresOut(**leadtiles.as_data(leading.of(person, scope)))


def _period(wanted: FiguresIn) -> spans.Period:
    today = datetime.now(tz=UTC).date()
    if wanted.since is None and wanted.until is None:
        return spans.preset(wanted.preset, today)
    if wanted.since is None:
        raise spans.Refused("since", "since: say from which day, or choose a preset.")
    return spans.between(wanted.since, wanted.until or today, today)


def leader_of(request: ApiRequest) -> User:
    """Return the executive who asks.

    Raises:
        Problem: 403 for others, and for a token that is bound to some programs.
    """
    person = person_of(request)
    if not leading.may_lead(person) or bound_to(request):
        raise Problem(403, "Only executives may read figures, by a token for all programs.")
    return person


def program_named(request: ApiRequest, slug: str) -> Program | None:
    """Return the program of this slug; None if none is named.

    Raises:
        Problem: 422 if there is none that the token's owner may know of.
    """
    if not slug:
        return None
    found = program_access.visible_to(person_of(request)).filter(slug=slug).first()
    if found is None:
        raise Problem(
            422, "program: no program with this slug that you may know of.", field="program"
        )
    return found
