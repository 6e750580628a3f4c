"""Keep the wishes that programs go on, and who agreed.

The only module that writes ResumeRequest and ResumeApproval. Below programs.pauses, as a
new pause ends the wish.
"""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accounts.actors import Actor
from accounts.models import User
from audit import history, outbox, trail
from programs import access, lately
from programs.models import Pause, Program, ResumeApproval, ResumeRequest

OPEN = ResumeRequest.State.OPEN


def of(program: Program) -> ResumeRequest | None:
    """The wish that is open, of which there is one at most."""
    return program.resume_requests.filter(state=OPEN).select_related("requested_by").first()


def parties(wish: ResumeRequest, holds: Iterable[Pause]) -> frozenset[int]:
    """Return the keys of people who would judge their own if they agreed.

    They asked, run the program, or ran it when the first of these pauses began, `lately.DAYS`
    before or since.
    """
    began = min([wish.requested_at, *(hold.since for hold in holds)])
    ran = access.runners(wish.program) | lately.left(wish.program, put_forward=began)
    return ran | {wish.requested_by_id}


def write(
    program: Program, holds: Iterable[Pause], *, person: User, actor: Actor, **said: Any
) -> ResumeRequest:
    """Write down what somebody asks of a locked program."""
    holds = list(holds)
    wish: ResumeRequest = history.create(
        ResumeRequest, actor=actor, program=program, requested_by=person, **said
    )
    wish.holds.set(holds)
    trail.record(
        "program.resume_requested",
        program,
        actor=actor,
        remark=wish.reason,
        holders=sorted(hold.holder for hold in holds),
        criteria=wish.criteria_version,
        answers={answer["id"]: answer["state"] for answer in wish.answers},
    )
    outbox.publish("program.resume_requested", program=program.pk, request=wish.pk)
    return wish


def sign(wish: ResumeRequest, *, person: User, function: str, actor: Actor) -> None:
    """Write down that a person agrees."""
    ResumeApproval.objects.create(request=wish, person=person, function=function)
    trail.record("program.resume_approved", wish.program, actor=actor, function=function)


def grant(wish: ResumeRequest, *, actor: Actor) -> None:
    _close(wish, ResumeRequest.State.GRANTED, actor=actor)


def withdraw(program: Program, *, actor: Actor, why: str) -> None:
    """Drop what is asked of a locked program, if anything is."""
    wish = of(program)
    if wish:
        _close(wish, ResumeRequest.State.WITHDRAWN, actor=actor, why=why)
        trail.record("program.resume_withdrawn", program, actor=actor, request=wish.pk)


def _close(wish: ResumeRequest, to: ResumeRequest.State, *, actor: Actor, why: str = "") -> None:
    wish.state, wish.closed_at = to, timezone.now()
    history.save(wish, "state", "closed_at", actor=actor, why=why)
