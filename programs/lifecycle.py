"""Draft, approve, start, halt and end a program.

Only writer of Program.state, its generations and its open seats.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history, outbox, trail
from programs import access, clearance, lately, news
from programs.models import NEXT, Program, State
from programs.reach import SEATS

_PAUSE_AT = range(2, 6)


class Refused(Exception):
    """The program may not do this now; the message says what is missing."""


def lock(program: Program) -> Program:
    """Return the program as it is now, held until the transaction ends.

    Pausing, resuming and granting leases all start here, so one of them is
    always first and the others see what it did.
    """
    return Program.objects.select_for_update(no_key=True).get(pk=program.pk)


@transaction.atomic
def draft(*, slug: str, owner: User, actor: Actor, **fields: Any) -> Program:
    """Write down a program. It may not collect yet.

    Raises:
        Refused: if the slug is taken or a field is wrong; the message names it.
    """
    program = Program(slug=slug, owner=owner, **fields)
    _check(program)
    if Program.objects.filter(slug=slug).exists():
        raise Refused(f"slug: there is a program {slug!r} already; choose another.")
    try:
        history.save_new(program, actor=actor)
    except IntegrityError as error:
        raise Refused(f"slug: there is a program {slug!r} already; choose another.") from error
    trail.record("program.drafted", program, actor=actor, slug=slug)
    return program


def _check(program: Program) -> None:
    if program.pause_at not in _PAUSE_AT:
        raise Refused("pause_at: SEV 2 to 5; a program may stop earlier than the rest, not later.")
    try:
        program.clean_fields()
    except ValidationError as error:
        wrong = (f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items())
        raise Refused(" ".join(wrong)) from error


@transaction.atomic
def approve(program: Program, *, actor: Actor) -> Program:
    """Approve a draft.

    Raises:
        Refused: if it is no draft, or the actor drafted, runs or ran it, or is no privacy officer.
    """
    program = lock(program)
    person = actor.user
    if person is None or not person.is_any(Function.PRIVACY_OFFICER):
        raise Refused("A program is approved by a privacy officer.")
    if access.may_run(person, program):
        raise Refused("Whoever runs a program cannot approve it: a second person must.")
    # A draft is approved as a whole, and all of it was written since it is one.
    if person.pk in lately.left(program, put_forward=None):
        raise Refused("Whoever ran a program as a draft cannot approve it: a second person must.")
    if person.pk == program.history.earliest().history_user_id:
        raise Refused("Whoever drafted a program cannot approve it: a second person must.")
    return _move(program, State.APPROVED, actor=actor)


@transaction.atomic
def start(program: Program, *, actor: Actor) -> Program:
    """Let an approved program collect.

    Raises:
        Refused: if it is not approved, somebody holds a pause on it, or a control that
            must be valid is not; the message names each.
    """
    program = lock(program)
    hold = program.pauses.whole().first()
    if hold:
        raise Refused(f"{program.slug} is held by {hold.label}; that pause must be lifted first.")
    if program.state != State.APPROVED:
        raise Refused(f"{program.slug} is {program.state}; only an approved program can start.")
    missing = clearance.blocking(program)
    if missing:
        raise Refused(f"Controls that are not valid: {clearance.names(missing)}.")
    clearance.reckon(program, actor=actor)
    return _move(program, State.COLLECTING, actor=actor, started_at=timezone.now())


def halt(program: Program, *, actor: Actor, why: str) -> Program:
    """Stop a locked program that runs: the next generation begins paused.

    How far it had gone on in stages is kept for whatever stops it without people.
    """
    return _turn(program, State.PAUSED, actor=actor, why=why, open_seats=program.open_seats)


def begin_for_a_part(program: Program, *, actor: Actor, why: str) -> Program:
    """Begin the next generation of a locked program for a part of it; the others keep theirs."""
    program.generation += 1
    history.save(program, "generation", actor=actor, why=why)
    news.announce(program)
    return program


def go_on(program: Program, *, actor: Actor, why: str) -> Program:
    """Let a locked, paused program collect again, in a new generation."""
    clearance.reckon(program, actor=actor)
    return _turn(program, State.COLLECTING, actor=actor, why=why)


def go_on_in_stages(program: Program, *, open_seats: int, actor: Actor, why: str) -> Program:
    """Let the lower seats of a locked, paused program collect again, in a new generation.

    Args:
        open_seats: seats below this one begin, 1 to SEATS - 1; the others stay paused.
    """
    clearance.reckon(program, actor=actor)
    return _turn(program, State.RESUMING, actor=actor, why=why, open_seats=open_seats)


def let_more_go_on(program: Program, *, open_seats: int, actor: Actor, why: str) -> Program:
    """Open more seats of a locked program that resumes; with SEATS it collects as a whole."""
    if open_seats >= SEATS:
        return _move(program, State.COLLECTING, actor=actor, why=why, open_seats=SEATS)
    if program.state != State.RESUMING or open_seats <= program.open_seats:
        raise Refused(f"{program.slug} is {program.state} with {program.open_seats} seats open.")
    program.open_seats = open_seats
    history.save(program, "open_seats", actor=actor, why=why)
    trail.record("program.seats_opened", program, actor=actor, open_seats=open_seats)
    news.announce(program)
    return program


def end(program: Program, *, actor: Actor, why: str) -> Program:
    """End a locked program for good. Whoever calls this orders its collectors to stop."""
    return _turn(program, State.RETIRED, actor=actor, why=why)


def _turn(
    program: Program, to: State, *, actor: Actor, why: str, open_seats: int = SEATS
) -> Program:
    """Move to a state in a generation that begins for every collector."""
    begins = program.generation + 1
    return _move(
        program,
        to,
        actor=actor,
        why=why,
        generation=begins,
        whole_generation=begins,
        open_seats=open_seats,
    )


def _move(program: Program, to: State, *, actor: Actor, why: str = "", **changes: Any) -> Program:
    if to not in NEXT[State(program.state)]:
        raise Refused(f"{program.slug} is {program.state} and cannot become {to}.")
    before = program.state
    program.state = to
    for name, value in changes.items():
        setattr(program, name, value)
    history.save(program, "state", *changes, actor=actor, why=why)
    trail.record(f"program.{to}", program, actor=actor, was=before, generation=program.generation)
    now = {"program": program.pk, "generation": program.generation}
    outbox.publish(f"program.{to}", was=before, **now)
    news.announce(program)
    return program
