"""Ask that a program goes on, agree, and let it go on step by step."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actors import Actor
from accounts.functions import Function
from accounts.models import User
from programs import access, answering, clearance, lifecycle, pauses, stages, violations, wishes
from programs.lately import DAYS
from programs.models import Pause, Program, ResumeApproval, ResumeRequest, State
from programs.pauses import Refused, person_of

# Each by another person in another function. Source: NIST SP 800-53 AC-3(2), dual authorization.
APPROVALS_NEEDED = 2
NEEDED_WITH_AN_EXECUTIVE = 3


@dataclass(frozen=True)
class Standing:
    """How far a request is. `approvals` in the order they came, those that expired included."""

    holds: tuple[Pause, ...]
    approvals: tuple[ResumeApproval, ...]
    now: datetime
    # What was agreed to before the last violation was known, or by whoever may not any more, is
    # no agreement to what is known now.
    learned_at: datetime | None = None
    barred: frozenset[int] = frozenset()

    @property
    def needs_executive(self) -> bool:
        return any(hold.needs_executive for hold in self.holds)

    @property
    def needed(self) -> int:
        return NEEDED_WITH_AN_EXECUTIVE if self.needs_executive else APPROVALS_NEEDED

    @property
    def counting(self) -> list[ResumeApproval]:
        """The approvals that have not expired, of people who could still give them."""
        return [
            approval
            for approval in self.approvals
            if approval.counts(self.now)
            and approval.person_id not in self.barred
            and not (self.learned_at and approval.approved_at <= self.learned_at)
            and approval.person.is_any(Function(approval.function))
        ]

    @property
    def functions(self) -> set[str]:
        return {approval.function for approval in self.counting}

    @property
    def is_enough(self) -> bool:
        executive = Function.EXECUTIVE in self.functions or not self.needs_executive
        return len(self.counting) >= self.needed and executive


def standing(wish: ResumeRequest, *, barred: frozenset[int] = frozenset()) -> Standing:
    """Return what a request would lift now, and who agreed.

    Args:
        barred: people whose word does not count, besides `wishes.parties`.
    """
    holds = tuple(wish.holds.in_force().select_related("dataset", "order").order_by("pk"))
    return Standing(
        holds=holds,
        approvals=tuple(wish.approvals.select_related("person").order_by("approved_at")),
        now=timezone.now(),
        learned_at=violations.learned_at(wish.program),
        barred=barred | wishes.parties(wish, holds),
    )


def can_be_asked(program: Program) -> list[Pause]:
    """The pauses in force that people can ask to lift: those that no part of Andon holds."""
    holds = program.pauses.in_force().select_related("dataset").order_by("since", "pk")
    return [hold for hold in holds if not hold.is_machines]


def digest(wish: ResumeRequest) -> str:
    """Name what whoever agrees must have read: the words, the answers and what would be lifted."""
    covered = wish.holds.in_force().order_by("pk").values_list("pk", "needs_executive")
    learned = violations.learned_at(wish.program)
    said = [wish.pk, wish.reason, wish.criteria_version, wish.answers, list(covered), str(learned)]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


@transaction.atomic
def request(
    program: Program,
    *,
    reason: str,
    answers: Mapping[str, Mapping[str, str]],
    holds: Collection[int] | None = None,
    actor: Actor,
) -> ResumeRequest:
    """Ask that pauses of a program are lifted.

    Args:
        answers: `state`, `note` and `link` by the id of each criterion.
        holds: the keys of the pauses; all that can be asked about if left out.

    Raises:
        Refused: if it is not paused, its stop is not proven, a control or a criterion is
            missing, or somebody asked already.
    """
    program = lifecycle.lock(program)
    covered = _covered(program, holds)
    if not reason.strip():
        raise Refused("reason: say what was fixed and how that was checked.")
    try:
        answered = answering.read(answers)
    except answering.BadAnswer as wrong:
        raise Refused(str(wrong)) from wrong
    _refuse_without_controls(program)
    if why := violations.in_the_way(program):
        raise Refused(why)
    if wishes.of(program):
        raise Refused("There is an open request to resume already.")
    return wishes.write(
        program,
        covered,
        person=person_of(actor),
        actor=actor,
        reason=reason,
        criteria_version=answering.CURRENT,
        answers=answered,
    )


def _covered(program: Program, named: Collection[int] | None) -> list[Pause]:
    found = can_be_asked(program)
    if not program.pauses.in_force().exists():
        raise Refused(f"{program.slug} is not paused.")
    if not found:
        raise Refused(f"What holds {program.slug} lets go by itself; nobody can ask for it.")
    if named is None:
        return found
    covered = [hold for hold in found if hold.pk in named]
    if not covered or len(covered) < len(set(named)):
        raise Refused("holds: name pauses that are in force and that people may lift.")
    return covered


@transaction.atomic
def withdraw(wish: ResumeRequest, *, actor: Actor) -> None:
    """Take a request back, or send it back to whoever asked. Whoever may, is the caller's to say.

    Raises:
        Refused: if it is closed already.
    """
    program = lifecycle.lock(wish.program)
    _still_open(wish)
    wishes.withdraw(program, actor=actor, why="taken back")


def _still_open(wish: ResumeRequest) -> ResumeRequest:
    wish = ResumeRequest.objects.select_for_update(of=("self",)).get(pk=wish.pk)
    if wish.state != ResumeRequest.State.OPEN:
        raise Refused(f"This request is {wish.state} already.")
    return wish


@transaction.atomic
def approve(
    wish: ResumeRequest, *, read: str, actor: Actor, barred: frozenset[int] = frozenset()
) -> ResumeRequest:
    """Agree to a request; when enough people of as many functions do, the program goes on.

    Args:
        read: the `digest` of what the person has read.
        barred: people who may not decide, such as the commanders of the incident.

    Raises:
        Refused: if the request is closed or has changed, or this person may not decide on it.
    """
    program = lifecycle.lock(wish.program)
    wish = _still_open(wish)
    # Held until we commit: nobody demands an executive between the count and the lifting.
    holds = list(wish.holds.in_force().select_for_update(of=("self",)).select_related("order"))
    if not holds:
        raise Refused("Nothing of what it names is in force any more: ask anew.")
    if read != digest(wish):
        raise Refused("What you read has changed since: read the criteria again.")
    if why := violations.in_the_way(program):
        raise Refused(why)
    person = person_of(actor)
    function = _function_for(person, wish, barred | wishes.parties(wish, holds))
    _refuse_without_controls(program)
    wishes.sign(wish, person=person, function=function, actor=actor)
    if standing(wish, barred=barred).is_enough:
        wishes.grant(wish, actor=actor)
        pauses.lift(program, holds, actor=actor, why="those who must have agreed")
    return wish


def _refuse_without_controls(program: Program) -> None:
    # What has not begun is asked when it starts.
    begun = program.runs or program.state == State.PAUSED
    missing = clearance.blocking(program) if begun else []
    if missing:
        raise Refused(f"Controls that are not valid: {clearance.names(missing)}.")


def _function_for(person: User, wish: ResumeRequest, barred: frozenset[int]) -> Function:
    if person.pk in barred:
        raise Refused(
            f"Whoever asks, runs the program or did in the {DAYS} days before the pause or"
            " since, or commands the incident or did since the pause, cannot approve its"
            " resumption."
        )
    so_far = standing(wish, barred=barred)
    if any(approval.person_id == person.pk for approval in so_far.counting):
        raise Refused("You have approved this already; a second person of another function must.")
    left = [function for function in access.RESUMING if function.value not in so_far.functions]
    free = [function for function in left if person.is_any(function)]
    if not free:
        names = ", ".join(str(function.label) for function in left)
        raise Refused(f"Approval needs one of these functions: {names}.")
    if so_far.needs_executive and Function.EXECUTIVE in free:
        return Function.EXECUTIVE
    return free[0]


@transaction.atomic
def go_further(program: Program, *, read: int, actor: Actor) -> Program:
    """Let the next stage of collectors go on. Who may, is the caller's to say.

    Args:
        read: the open seats that the person has seen, so that two who ask skip no stage.

    Raises:
        Refused: if it does not resume, has gone further meanwhile, or something is not clean
            since: a violation, a stop without proof, a new pause.
    """
    program = lifecycle.lock(program)
    if program.state != State.RESUMING:
        raise Refused(f"{program.slug} is {program.state}; there is no next stage.")
    if program.open_seats != read:
        raise Refused(f"{program.slug} went further meanwhile: look at how it stands now.")
    person_of(actor)
    unclean = why_not_further(program)
    if unclean:
        raise Refused(unclean)
    _refuse_without_controls(program)
    seats = program.collectors.filter(retired_at=None).values_list("seat", flat=True)
    opening = stages.next_opening(seats, open_seats=program.open_seats)
    return lifecycle.let_more_go_on(program, open_seats=opening, actor=actor, why="next stage")


def why_not_further(program: Program) -> str:
    """Say what keeps a program that resumes from its next stage; nothing if it is clean."""
    if violations.in_the_way(program):
        return "A collector went on after a stop, or a stop is not proven: look into that first."
    granted = program.resume_requests.filter(state=ResumeRequest.State.GRANTED)
    last = granted.order_by("-closed_at").first()
    newer = program.pauses.in_force().filter(since__gt=last.closed_at) if last else None
    if newer and newer.exists():
        return "It was paused in part since it began to go on: that must be lifted first."
    return ""


@dataclass(frozen=True)
class Stage:
    """How many of a program's collectors may collect, and how many after the next step."""

    collecting: int
    then: int
    all: int


def stage(program: Program) -> Stage | None:
    """Return where a program that resumes stands."""
    if program.state != State.RESUMING:
        return None
    seats = list(program.collectors.filter(retired_at=None).values_list("seat", flat=True))
    opening = stages.next_opening(seats, open_seats=program.open_seats)
    return Stage(
        stages.how_many(seats, open_seats=program.open_seats),
        stages.how_many(seats, open_seats=opening),
        len(seats),
    )
