"""What must happen later: schedule, claim, run, finish. The only module that writes Due.

A row carries all that is needed. Celery and Redis only speed its handling up,
so either may be emptied or killed at any time. All times are the database's.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from audit.models import Due

logger = structlog.get_logger(__name__)

CHANNEL = "andon_due"
# Long enough for a worker to fetch the message; short enough that a dead worker is noticed.
HAND_OVER_LEASE = timedelta(seconds=3)
WORK_LEASE = timedelta(seconds=30)
FIRST_RETRY = timedelta(seconds=2)
LONGEST_RETRY = timedelta(minutes=10)

Within = Callable[[dict[str, Any]], None]
Outward = Callable[[dict[str, Any]], Callable[[], None]]


@dataclass(frozen=True)
class Handler:
    """How a kind of due row is handled."""

    work: Callable[[dict[str, Any]], Any]
    outward: bool
    attempts: int


@dataclass(frozen=True)
class Claim:
    """The right to handle a row until its lease ends. A stale token writes nothing.

    `lane` names whose work it is: that of one lane may be slow without holding up the others.
    """

    pk: int
    token: uuid.UUID
    kind: str
    hand_overs: int
    lane: str
    priority: int
    due_at: datetime


@dataclass(frozen=True)
class Wish:
    """What to schedule; the arguments of `schedule`."""

    kind: str
    key: str
    payload: dict[str, Any]
    due_at: datetime | None = None
    after: timedelta = timedelta(0)
    priority: int = 5


class Poisoned(Exception):
    """Work was begun as often as it may be and never came to an end."""


def _nobody_does_this(_payload: dict[str, Any]) -> None:
    raise LookupError("no handler is registered for this kind of work")


_NOBODY = Handler(_nobody_does_this, outward=False, attempts=1)
_handlers: dict[str, Handler] = {}
_when_dead: list[Callable[[Due], None]] = []


def within_transaction(kind: str, *, attempts: int = 12) -> Callable[[Within], Within]:
    """Register work on the database alone: it and the finish of its row commit together, once."""

    def register(work: Within) -> Within:
        _handlers[kind] = Handler(work, outward=False, attempts=attempts)
        return work

    return register


def outward(kind: str, *, attempts: int = 8) -> Callable[[Outward], Outward]:
    """Register work that talks to the outside, which may happen twice after a crash.

    The function runs outside any transaction and returns what to write; that
    is written together with the finish of the row, if the claim still holds. The
    payload's `lane` says whose work it is; the same lane is worked off a little at a time.
    """

    def register(work: Outward) -> Outward:
        _handlers[kind] = Handler(work, outward=True, attempts=attempts)
        return work

    return register


def when_dead(tell: Callable[[Due], None]) -> Callable[[Due], None]:
    """Register who is told, in the same transaction, of a row that is given up."""
    _when_dead.append(tell)
    return tell


def is_outward(kind: str) -> bool:
    """True if work of this kind talks to the outside."""
    return _handlers.get(kind, _NOBODY).outward


def kinds() -> list[str]:
    return sorted(_handlers)


def schedule(
    kind: str,
    *,
    key: str,
    payload: dict[str, Any],
    due_at: datetime | None = None,
    after: timedelta = timedelta(0),
    priority: int = 5,
) -> None:
    """Make sure that something happens, now or later. The same key is scheduled once.

    Args:
        key: names this very thing; a second call with it changes nothing.
        due_at: when; the present of the database plus `after` if left out.
        priority: 0 first. Use the severity.
    """
    schedule_all([Wish(kind, key, payload, due_at, after, priority)])


def schedule_all(wishes: Sequence[Wish]) -> None:
    """Make sure that several things happen, each as `schedule` says."""
    for wish in wishes:
        if wish.kind not in _handlers:
            raise LookupError(f"no handler is registered for {wish.kind!r}")
    rows = [
        Due(
            kind=wish.kind,
            key=wish.key,
            payload=wish.payload,
            priority=wish.priority,
            due_at=wish.due_at or Now() + wish.after,
        )
        for wish in wishes
    ]
    Due.objects.bulk_create(rows, ignore_conflicts=True)
    if any(wish.due_at is None and not wish.after for wish in wishes):
        nudge()


def now() -> datetime:
    """Return the time of the database at this moment, whatever this process takes it for."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def nudge() -> None:
    """Wake the engines when, and if, this transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def cancel(*, prefix: str, handed_over: bool = True) -> int:
    """Call off what waits under keys that start so; return how many rows.

    What is being handled at this very moment is left to its handler, which must
    look for itself whether it is still wanted.

    Without `handed_over` what was claimed, and may have begun outside, goes on.
    """
    # Waiting for such a row would be a deadlock: its handler holds it, and wants the incident or
    # the program that our caller has locked.
    free = Due.objects.waiting().filter(key__startswith=prefix).select_for_update(skip_locked=True)
    if not handed_over:
        free = free.filter(state=Due.State.SCHEDULED)
    return Due.objects.filter(pk__in=free.values("pk")).update(
        state=Due.State.CANCELLED, token=None, lease_until=None, finished_at=Now()
    )


# Two locking parts, since PostgreSQL allows no FOR UPDATE inside a UNION.
_CLAIM = """
    WITH fresh AS (
        SELECT id, priority, due_at FROM audit_due
         WHERE state = 'scheduled' AND due_at <= statement_timestamp()
         ORDER BY priority, due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), stale AS (
        SELECT id, priority, due_at FROM audit_due
         WHERE state = 'enqueued' AND lease_until < statement_timestamp()
         ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), free AS (SELECT * FROM fresh UNION ALL SELECT * FROM stale)
    UPDATE audit_due SET state = 'enqueued', token = gen_random_uuid(),
           lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
           hand_overs = hand_overs + 1
      FROM free WHERE audit_due.id = free.id
    RETURNING audit_due.id, audit_due.token, audit_due.kind, audit_due.hand_overs,
              coalesce(audit_due.payload ->> 'lane', audit_due.kind), free.priority, free.due_at
"""


def claim(limit: int = 20) -> list[Claim]:
    """Take what is due, most urgent first; two engines never get the same row."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"limit": limit, "lease": HAND_OVER_LEASE.total_seconds()})
        rows = cursor.fetchall()
    claims = [Claim(*row) for row in rows]
    return sorted(claims, key=lambda claim: (claim.priority, claim.due_at))


def run(pk: int, token: uuid.UUID) -> bool:
    """Handle a claimed row; False if somebody else has it or it is done, which is harmless."""
    due = _begin(pk, token)
    if due is None:
        return False
    handler = _handlers.get(due.kind, _NOBODY)
    try:
        if due.attempts > handler.attempts:
            # Each try before ended without a word: this work kills its worker.
            raise Poisoned(due.kind)
        return _carry_out(handler, due, token)
    except Exception as error:
        logger.exception("due_failed", due=pk, kind=due.kind, attempt=due.attempts)
        _put_off(pk, token, error=error, attempts=handler.attempts)
    return True


def _carry_out(handler: Handler, due: Due, token: uuid.UUID) -> bool:
    write = handler.work(due.payload) if handler.outward else lambda: handler.work(due.payload)
    with transaction.atomic():
        # Lock first: a zombie whose claim was given to another must not write.
        if not _still_mine(due.pk, token):
            return False
        write()
        _finish(due.pk)
    return True


def _begin(pk: int, token: uuid.UUID) -> Due | None:
    # Counted and committed before the try: work that kills its process must not be tried for ever.
    begun = Due.objects.filter(pk=pk, token=token, state=Due.State.ENQUEUED).update(
        attempts=F("attempts") + 1, lease_until=Now() + WORK_LEASE
    )
    return Due.objects.get(pk=pk) if begun else None


def _still_mine(pk: int, token: uuid.UUID) -> bool:
    mine = Due.objects.select_for_update().filter(pk=pk, token=token, state=Due.State.ENQUEUED)
    return mine.exists()


def _finish(pk: int) -> None:
    Due.objects.filter(pk=pk).update(
        state=Due.State.DONE, token=None, lease_until=None, finished_at=Now(), last_error=""
    )


@transaction.atomic
def _put_off(pk: int, token: uuid.UUID, *, error: Exception, attempts: int) -> None:
    due = (
        Due.objects.select_for_update().filter(pk=pk, token=token, state=Due.State.ENQUEUED).first()
    )
    if due is None:
        return
    # The class only: the message may quote incident text.
    due.last_error = type(error).__name__
    due.token = due.lease_until = None
    if due.attempts >= attempts:
        due.state = Due.State.DEAD
        due.finished_at = Now()
        _tell_of_death(due)
    else:
        due.state = Due.State.SCHEDULED
        # A try of its own, for workers first: only what they did not take is done by the engine.
        due.hand_overs = 0
        wait = min(FIRST_RETRY * 2 ** (due.attempts - 1), LONGEST_RETRY)
        due.due_at = Now() + wait
    due.save()


def _tell_of_death(due: Due) -> None:
    for tell in _when_dead:
        try:
            with transaction.atomic():
                tell(due)
        except Exception:
            # Else the row could never be given up, and would end each engine that tries.
            logger.exception("death_not_told", due=due.pk, kind=due.kind)
