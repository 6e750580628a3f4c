"""Who runs a program beside its owner: changes it, its collectors and its keys as the owner does.

The only module that gives that right. The owner decides; a privacy officer too, as owners go away.
Whoever has it is, like the owner, none of those who judge the program, and may give it up: else an
owner could keep every officer from judging. What was put forward in their time they never approve
(`programs.lately`).
"""

from django.db import transaction

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import trail
from programs import access, lifecycle
from programs.lately import ENDED
from programs.models import Program, State

LONGEST_REASON = 500
MOST = 20
DECIDES = "Only its owner and privacy officers who do not run the program decide this."
GIVEN = "program.permission_given"


class Refused(Exception):
    """That cannot be done; the message names the field and what is allowed."""


def may_decide(user: User, program: Program) -> bool:
    """True for the owner, and for a privacy officer who does not run the program."""
    if user.pk == program.owner_id:
        return user.is_active
    return user.is_any(Function.PRIVACY_OFFICER) and not access.may_run(user, program)


def may_end(user: User, program: Program, person: User) -> bool:
    """True for who decides, and for whoever gives up their own: none is kept from judging by it."""
    return may_decide(user, program) or (user == person and user.is_active)


def of(program: Program) -> list[User]:
    """Return who runs it beside its owner, by their user names; also who is deactivated."""
    return list(access.who_was_let_run(program).order_by("username"))


@transaction.atomic
def add(program: Program, person: User, *, reason: str, actor: Actor) -> None:
    """Let somebody run a program beside its owner. Safe to call again.

    Raises:
        Refused: if the actor may not decide or names themselves, the person owns the program or is
            deactivated, no reason is given, the program has ended, or there are MOST.
    """
    program = lifecycle.lock(program)
    if actor.user is None or not may_decide(actor.user, program):
        raise Refused(DECIDES)
    _need(reason)
    if person.pk == program.owner_id:
        raise Refused(f"person: {person.name} owns the program and runs it already.")
    if person == actor.user:
        raise Refused("person: nobody lets themselves in; its owner or another officer does.")
    if not person.is_active:
        raise Refused(f"person: {person.name} is deactivated and cannot run it.")
    if program.state == State.RETIRED:
        raise Refused(f"{program.slug} has ended and is changed no more.")
    known = of(program)
    if person in known:
        return
    if len(known) >= MOST:
        raise Refused(f"person: at most {MOST} people run a program beside its owner.")
    access.let_run(person, program)
    _record(GIVEN, program, person, reason=reason, actor=actor)


@transaction.atomic
def end(program: Program, person: User, *, reason: str, actor: Actor) -> None:
    """Let somebody run it no more. Safe to call again.

    Raises:
        Refused: if the actor may neither decide nor is the person, or gives no reason.
    """
    program = lifecycle.lock(program)
    if actor.user is None or not may_end(actor.user, program, person):
        raise Refused(DECIDES)
    _need(reason)
    if person not in of(program):
        return
    access.let_run_no_more(person, program)
    _record(ENDED, program, person, reason=reason, actor=actor)


def _need(reason: str) -> None:
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Refused(f"reason: say why, in at most {LONGEST_REASON} characters.")


def _record(act: str, program: Program, person: User, *, reason: str, actor: Actor) -> None:
    to = f"person:{person.pk}"
    trail.record(act, program, actor=actor, remark=reason, to=to, permission="run_program")
