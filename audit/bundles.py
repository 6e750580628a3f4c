"""Which claimed rows a worker gets in one message, and how it handles them.

A message for each row costs more than many a row's work. What is done together commits together;
of rows that cannot be, each is then done by itself. Writes nothing itself: audit.claims does.
"""

import uuid
from collections.abc import Hashable, Sequence

import structlog
from django.db import transaction

from audit import beside, claims, clockwork, travelling
from audit.claims import URGENT, Claim
from audit.kinds import Convoy, Together
from audit.models import Due

logger = structlog.get_logger(__name__)

# So many steps are done within a fifth of a second: soon what they hold is free, and no claim
# lapses. What talks outside may take ten seconds: those behind it lapse and go alone.
MOST = 20


def of(taken: Sequence[Claim]) -> list[list[Claim]]:
    """Return claims in the bundles in which they are handed over, in their order.

    Those of one bundle are of one kind, and of one lane where one waits for the other: whoever
    answers slowly delays its own alone. Of those that go at once few are of one lane.
    """
    made: list[list[Claim]] = []
    begun: dict[Hashable, list[list[Claim]]] = {}
    for claim in taken:
        open_ones = [] if is_by_itself(claim) else begun.setdefault(_place(claim), [])
        some = next((each for each in open_ones if _has_room(each, claim)), None)
        if some is None:
            some = []
            made.append(some)
            open_ones.append(some)
        some.append(claim)
    return made


def _place(claim: Claim) -> Hashable:
    if goes_at_once(claim.kind):
        return claim.kind, claim.priority <= URGENT
    return claim.kind, claim.lane


def _has_room(some: Sequence[Claim], claim: Claim) -> bool:
    if len(some) == MOST:
        return False
    of_its_lane = sum(each.lane == claim.lane for each in some)
    return not goes_at_once(claim.kind) or of_its_lane < travelling.MOST_OF_A_LANE


def goes_at_once(kind: str) -> bool:
    """True if calls outside of this kind are made beside each other, and nobody waits for them."""
    return clockwork.handler_of(kind).convoy is not None


def is_by_itself(claim: Claim) -> bool:
    """True if a row waits for no other: it came back, may wait for one outside, or takes long.

    What came back may be what ended its worker.
    """
    waits = clockwork.is_outward(claim.kind) and not goes_at_once(claim.kind)
    long = clockwork.longest_of(claim.kind) > claims.LONGEST_WORK
    return claim.hand_overs > 1 or (waits and claim.priority <= URGENT) or long


def run(kind: str, taken: Sequence[tuple[int, uuid.UUID]], *, lapse: bool = True) -> None:
    """Handle claimed rows of one kind: together if that can be, else one after the other.

    What somebody else has, or is done, is left alone.

    Args:
        lapse: as `travelling.run`.
    """
    handler = clockwork.handler_of(kind)
    if handler.convoy:
        left = _travel(kind, taken, handler.convoy, lapse=lapse)
    elif handler.together:
        _do_together(taken, handler.together)
        return
    else:
        left = list(taken)
    for pk, token in left:
        beside.run(pk, token)


def _travel(
    kind: str, taken: Sequence[tuple[int, uuid.UUID]], convoy: Convoy, *, lapse: bool
) -> list[tuple[int, uuid.UUID]]:
    """Do at once what can be; return the claims of what is to be done by itself."""
    begun = claims.begin_all(taken)
    # What was tried before failed in order, as a service that hangs does; what was never heard of
    # again comes back to the engines, one by one. What is spent is given up by its own try.
    fit = [due for due in begun if due.attempts <= clockwork.attempts_of(kind)]
    alone = [due for due in begun if due not in fit]
    alone += travelling.run(fit, convoy, lapse=lapse)
    # Each is begun at its turn, if its claim holds until then.
    claims.let_go(alone)
    return [(due.pk, due.token) for due in alone if due.token]


def _do_together(taken: Sequence[tuple[int, uuid.UUID]], together: Together) -> None:
    begun = claims.begin_all(taken)
    # What failed before, or was never heard of again, is not tried beside others.
    done = _do([due for due in begun if due.attempts == 1], together)
    for due in begun:
        if due.pk not in done:
            clockwork.run_begun(due)


def _do(rows: Sequence[Due], together: Together) -> set[int]:
    """Do the work of rows in one transaction; return the keys of those that are done."""
    try:
        with transaction.atomic():
            held = claims.lock_free([(due.pk, due.token) for due in rows if due.token])
            ours = [due for due in rows if due.pk in held]
            did = together([due.payload for due in ours])
            done = {due.pk for due, is_done in zip(ours, did, strict=True) if is_done}
            claims.finish(*done)
    except Exception:
        # Whose fault it was shows when each is tried by itself.
        logger.exception("due_failed_together", rows=len(rows))
        return set()
    return done
