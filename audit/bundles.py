"""Which claimed rows a worker gets in one message, and how it handles them.

A message for each row costs more than many a row's work. What is done together commits together;
of rows that cannot be, each is then done by itself. Writes nothing itself: audit.claims does.
"""

import uuid
from collections.abc import Sequence

import structlog
from django.db import transaction

from audit import claims, clockwork
from audit.claims import URGENT, Claim
from audit.clockwork import Together
from audit.models import Due

logger = structlog.get_logger(__name__)

# So many steps are done within a tenth of a second: soon what they hold is free, and no claim
# lapses. What talks outside may take ten seconds: those behind it lapse and go alone.
MOST = 10


def of(taken: Sequence[Claim]) -> list[list[Claim]]:
    """Return claims in the bundles in which they are handed over, in their order.

    Those of one bundle are of one kind and one lane: whoever answers slowly delays its own alone.
    """
    made: list[list[Claim]] = []
    begun: dict[tuple[str, str], list[Claim]] = {}
    for claim in taken:
        place = (claim.kind, claim.lane)
        if is_by_itself(claim) or len(begun.get(place, ())) in (0, MOST):
            made.append([])
            if not is_by_itself(claim):
                begun[place] = made[-1]
            made[-1].append(claim)
        else:
            begun[place].append(claim)
    return made


def is_by_itself(claim: Claim) -> bool:
    """True if a row waits for no other: it came back, is urgent and talks outside, or takes long.

    What came back may be what ended its worker.
    """
    urgent = claim.priority <= URGENT and clockwork.is_outward(claim.kind)
    long = clockwork.longest_of(claim.kind) > claims.LONGEST_WORK
    return claim.hand_overs > 1 or urgent or long


def run(kind: str, taken: Sequence[tuple[int, uuid.UUID]]) -> None:
    """Handle claimed rows of one kind: together if that can be, else one after the other.

    What somebody else has, or is done, is left alone.
    """
    together = clockwork.handler_of(kind).together
    if together is None:
        for pk, token in taken:
            clockwork.run(pk, token)
        return
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
