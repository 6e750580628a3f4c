"""Controls by API: how they stand, and the word of a machine."""

from datetime import datetime

from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from accounts.api import ApiRequest, Text, Token, actor_of, person_of
from accounts.asking import Sent
from accounts.models import Scope
from accounts.problems import Problem, of_refusal, responses
from programs import access, api, attestation, controlling, evidence
from programs.controlling import Standing
from programs.controlset import Control, ControlSet
from programs.evidence import Shown
from programs.models import Program

router = Router(tags=["programs"])


class ControlOut(Schema):
    """How one control stands. `valid` leaves days of grace out; `stops_at` counts them in."""

    id: str
    name: str
    state: str
    applies: bool
    blocks: bool = Field(description="Nothing may start because of it.")
    valid: bool
    ends_at: datetime | None
    stops_at: datetime | None


class WordIn(Sent):
    """What a machine found, and what shows it."""

    passed: bool
    note: Text = Field("", max_length=2000)
    link: Text = Field("", max_length=500)
    sha256: Text = Field("", max_length=64, description="Of the report, in small hex digits.")
    as_of: AwareDatetime | None = Field(None, description="When it was found; now if left out.")


def _out(standing: Standing) -> ControlOut:
    return ControlOut(
        id=standing.control.id,
        name=standing.control.name,
        state=standing.stand,
        applies=standing.applies,
        blocks=standing.blocks,
        valid=standing.valid,
        ends_at=standing.ends_at,
        stops_at=standing.stops_at,
    )


@router.get(
    "/{slug}/controls", auth=Token(Scope.READ), response={200: list[ControlOut], **responses(404)}
)
def list_controls(request: ApiRequest, slug: str) -> list[ControlOut]:
    """Every control of a program, in its order."""
    return [_out(each) for each in controlling.standings(api.get(request, slug))]


@router.post(
    "/{slug}/controls/{control}/attest",
    auth=Token(Scope.ATTEST),
    response={200: ControlOut, **responses(404, 409)},
)
def attest_control(request: ApiRequest, slug: str, control: str, body: WordIn) -> ControlOut:
    """Say as a machine that a control is met, which counts at once, or that it fails."""
    program, found = api.get(request, slug), _control(control)
    _refuse_stranger(request, program, found)
    shown = Shown(note=body.note, link=body.link, sha256=body.sha256, as_of=body.as_of)
    try:
        attestation.attest_by_machine(
            program, found, shown, passed=body.passed, actor=actor_of(request)
        )
    except evidence.Refused as refusal:
        raise of_refusal(refusal, file="note") from refusal
    return _out(controlling.standing(program, found))


def _control(id_: str) -> Control:
    found = ControlSet.current().get(id_)
    if found is None:
        allowed = ", ".join(control.id for control in ControlSet.current().controls)
        raise Problem(404, f"There is no control {id_!r}.", field="control", allowed=allowed)
    return found


def _refuse_stranger(request: ApiRequest, program: Program, control: Control) -> None:
    # Not whoever runs the program: its word would then need no second person.
    if not access.has_duty(person_of(request), program, control.owner):
        raise Problem(
            403, f"The owner of this token lacks the function {control.owner} of {control.id}."
        )
