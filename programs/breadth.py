"""Who responds for a program, and whether they read its incidents without being let in to each.

The only module that writes either. Privacy officers decide: whoever runs a program may be part of
what went wrong there.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from audit import history, outbox, trail
from programs import access, lifecycle
from programs.models import Program, State

LONGEST_REASON = 500
MOST = 50
ADDED, ENDED = "program.responder_added", "program.responder_ended"


class Refused(Exception):
    """That cannot be done; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Responder:
    """A person or a team that responds for a program; one of the two is None."""

    person: User | None
    team: Group | None

    @property
    def key(self) -> str:
        """Who it is, as the record names them."""
        return f"person:{self.person.pk}" if self.person else f"team:{self.team and self.team.pk}"


def may_decide(user: User, program: Program) -> bool:
    """True for a privacy officer who does not run the program."""
    return user.is_any(Function.PRIVACY_OFFICER) and not access.may_run(user, program)


def of(program: Program) -> list[Responder]:
    """Return who responds for it, people by their user names and then teams."""
    people, teams = access.who_responds(program)
    return [
        *(Responder(person, None) for person in people.order_by("username")),
        *(Responder(None, team) for team in teams.order_by("name")),
    ]


@transaction.atomic
def add(program: Program, responder: Responder, *, reason: str, actor: Actor) -> None:
    """Let a person or a team respond for a program. Safe to call again.

    Raises:
        Refused: if the person may not decide, names themselves, neither or both, or somebody who is
            deactivated, gives no reason, the program has ended, or there are MOST.
    """
    program = _decided(program, reason, actor)
    person, team = responder.person, responder.team
    if (person is None) == (team is None):
        raise Refused("person: name a person or a team, and not both.")
    is_own = team is not None and actor.user in User.objects.filter(groups=team)
    if person == actor.user or is_own:
        raise Refused("person: nobody lets themselves in; another privacy officer does.")
    if person and not person.is_active:
        raise Refused(f"person: {person.name} is deactivated and cannot respond.")
    known = of(program)
    if responder in known:
        return
    if len(known) >= MOST:
        raise Refused(f"person: at most {MOST} people and teams respond for a program.")
    access.let_respond(person or team, program)
    _record(ADDED, program, responder, reason=reason, actor=actor)


@transaction.atomic
def end(program: Program, responder: Responder, *, reason: str, actor: Actor) -> None:
    """Let them respond no more. Safe to call again.

    Raises:
        Refused: if the person may not decide, or gives no reason.
    """
    program = _decided(program, reason, actor, also_ended=True)
    if responder not in of(program):
        return
    access.let_respond_no_more(responder.person or responder.team, program)
    _record(ENDED, program, responder, reason=reason, actor=actor)


@transaction.atomic
def choose(program: Program, *, responders_read: bool, reason: str, actor: Actor) -> Program:
    """Say whether its responders read its incidents. Safe to call again.

    Those that were open to them are restricted again once they no longer do.

    Raises:
        Refused: if the person may not decide, gives no reason, or the program has ended.
    """
    program = _decided(program, reason, actor, also_ended=not responders_read)
    if program.responders_read == responders_read:
        return program
    program.responders_read = responders_read
    history.save(program, "responders_read", actor=actor, why=reason[:80])
    trail.record("program.breadth", program, actor=actor, remark=reason, wide=responders_read)
    outbox.publish("program.breadth", program=program.pk, wide=responders_read)
    return program


def _decided(program: Program, reason: str, actor: Actor, *, also_ended: bool = False) -> Program:
    program = lifecycle.lock(program)
    if actor.user is None or not may_decide(actor.user, program):
        raise Refused("Only a privacy officer who does not run the program decides this.")
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Refused(f"reason: say why, in at most {LONGEST_REASON} characters.")
    if program.state == State.RETIRED and not also_ended:
        raise Refused(f"{program.slug} has ended and is changed no more.")
    return program


def _record(act: str, program: Program, responder: Responder, *, reason: str, actor: Actor) -> None:
    trail.record(act, program, actor=actor, remark=reason, to=responder.key)
