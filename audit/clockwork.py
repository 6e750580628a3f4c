"""What must happen later: schedule, run, finish. With audit.claims the only writer of Due.

A row carries all that is needed. Celery and Redis only speed its handling up,
so either may be emptied or killed at any time. All times are the database's.
"""

import json
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from audit import claims
from audit.claims import Claim as Claim
from audit.claims import cancel as cancel
from audit.claims import claim as claim
from audit.kinds import Convoy, Handler, Outward, Together, Within
from audit.kinds import Wish as Wish
from audit.models import Due

logger = structlog.get_logger(__name__)

CHANNEL = "andon_due"
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=2), timedelta(minutes=10)
MOST_DOUBLINGS = 20
# How long the result of a call outside is kept in hand while the database is away.
PATIENCE, PAUSE = timedelta(seconds=12), timedelta(seconds=0.25)
# One text, whatever it holds: Django words an expression for each time of each row.
_SCHEDULE = """
    INSERT INTO audit_due (kind, key, payload, priority, due_at, planned_at, state, attempts,
                           hand_overs, last_error, created_at)
    SELECT kind, key, payload, priority, at, at, 'scheduled', 0, 0, '', %s::timestamptz
      FROM json_to_recordset(%s::json) AS wish (kind text, key text, payload jsonb,
               priority smallint, due_at timestamptz, after float8),
           coalesce(due_at, statement_timestamp() + make_interval(secs => after)) AS at
    ON CONFLICT DO NOTHING
"""


class Poisoned(Exception):
    """Work was begun as often as it may be and never came to an end."""


def _nobody_does_this(_payload: dict[str, Any]) -> None:
    raise LookupError("no handler is registered for this kind of work")


_NOBODY = Handler(_nobody_does_this, outward=False, attempts=1)
_handlers: dict[str, Handler] = {}
_when_dead: list[Callable[[Due], None]] = []


def within_transaction(
    kind: str, *, attempts: int = 12, together: Together | None = None
) -> Callable[[Within], Within]:
    """Register work on the database alone: it and the finish of its row commit together, once.

    Args:
        together: does the work of several rows in one transaction, and returns of each whether it
            did it: what must wait for somebody it leaves, to be done by itself. See audit.bundles.
    """

    def register(work: Within) -> Within:
        _handlers[kind] = Handler(work, outward=False, attempts=attempts, together=together)
        return work

    return register


def outward(
    kind: str,
    *,
    attempts: int = 8,
    longest: timedelta | None = None,
    convoy: Convoy | None = None,
    way: str = "",
) -> Callable[[Outward], Outward]:
    """Register work that talks to the outside, which may happen twice after a crash.

    The function runs outside any transaction and returns what to write; that
    is written together with the finish of the row, if the claim still holds. The
    payload's `lane` says whose work it is; the same lane is worked off a little at a time. After
    `longest` the claim ends though its process lives: what hangs is noticed, and begun again.
    With a `convoy` several rows are done at once, of any lanes, see audit.travelling. What names
    its `way`, here or in its payload, is not waited for by workers, see audit.beside.
    """

    def register(work: Outward) -> Outward:
        _handlers[kind] = Handler(
            work, outward=True, attempts=attempts, longest=longest, convoy=convoy, way=way
        )
        return work

    return register


def when_dead(tell: Callable[[Due], None]) -> Callable[[Due], None]:
    """Register who is told, in the same transaction, of a row that is given up."""
    _when_dead.append(tell)
    return tell


def handler_of(kind: str) -> Handler:
    """Return how rows of this kind are handled."""
    return _handlers.get(kind, _NOBODY)


def is_outward(kind: str) -> bool:
    """True if work of this kind talks to the outside."""
    return handler_of(kind).outward


def longest_of(kind: str) -> timedelta:
    """Return how long one try of this kind may take."""
    return handler_of(kind).longest or claims.LONGEST_WORK


def way_of(kind: str, said: str) -> str:
    """Return what carries work outside, such as e-mail; empty if neither it nor its kind says."""
    return said or handler_of(kind).way


def kinds() -> list[str]:
    return sorted(_handlers)


def attempts_of(kind: str) -> int:
    """Return how often work of this kind is tried before it is given up."""
    return handler_of(kind).attempts


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
    said = [
        {
            "kind": wish.kind,
            "key": wish.key,
            "payload": wish.payload,
            "priority": wish.priority,
            "due_at": wish.due_at.isoformat() if wish.due_at else None,
            "after": wish.after.total_seconds(),
        }
        for wish in wishes
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SCHEDULE, [timezone.now(), json.dumps(said)])
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


def run(pk: int, token: uuid.UUID) -> bool:
    """Handle a claimed row; False if somebody else has it or it is done, which is harmless."""
    due = claims.begin(pk, token)
    return due is not None and run_begun(due)


def run_begun(due: Due) -> bool:
    """Handle a row that `claims` began; False if the claim is somebody else's by now."""
    return _try(due, partial(_carry_out, handler_of(due.kind)))


def conclude(due: Due, came_of: Callable[[], Callable[[], None]]) -> bool:
    """Write what a call outside came to, or put its row off; False as in `run_begun`.

    Args:
        came_of: returns what to write, or raises if it is to be tried again.
    """
    return _try(due, lambda due, token: _write_surely(came_of(), due, token))


def _try(due: Due, how: Callable[[Due, uuid.UUID], bool]) -> bool:
    assert due.token
    most = attempts_of(due.kind)
    try:
        if due.attempts > most:
            # Each try before ended without a word: this work kills its worker.
            raise Poisoned(due.kind)
        return how(due, due.token)
    except Exception as error:
        logger.exception("due_failed", due=due.pk, kind=due.kind, attempt=due.attempts)
        _put_off(due.pk, due.token, error=error, attempts=most)
    return True


def _carry_out(handler: Handler, due: Due, token: uuid.UUID) -> bool:
    if not handler.outward:
        return _write(lambda: handler.work(due.payload), due, token)
    with claims.held(due.pk, token, longest=longest_of(due.kind)):
        write = handler.work(due.payload)
        return _write_surely(write, due, token)


def _write(write: Callable[[], None], due: Due, token: uuid.UUID) -> bool:
    with transaction.atomic():
        # Lock first: a zombie whose claim was given to another must not write.
        if not claims.lock(due.pk, token):
            return False
        write()
        claims.finish(due.pk)
    return True


def _write_surely(write: Callable[[], None], due: Due, token: uuid.UUID) -> bool:
    """Write what came of a call, also when the database is just being restarted.

    Else all that was under way outside at that moment would be done a second time.
    """
    end = time.monotonic() + PATIENCE.total_seconds()
    while True:
        try:
            return _write(write, due, token)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > end:
                raise
            connection.close()
            time.sleep(PAUSE.total_seconds())


@transaction.atomic
def _put_off(pk: int, token: uuid.UUID, *, error: Exception, attempts: int) -> None:
    if not claims.lock(pk, token):
        return
    due = Due.objects.get(pk=pk)
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
        # Some work is tried for weeks, and no length of time can be doubled as often.
        wait = min(FIRST_RETRY * 2 ** min(due.attempts - 1, MOST_DOUBLINGS), LONGEST_RETRY)
        due.due_at = Now() + wait
    due.save()


def give_up(due: Due) -> bool:
    """Give up a row whose tries are spent and whose lease has ended; False if it lives again."""
    if due.token is None:
        return False
    _put_off(due.pk, due.token, error=Poisoned(due.kind), attempts=due.attempts)
    return Due.objects.filter(pk=due.pk, state=Due.State.DEAD).exists()


def _tell_of_death(due: Due) -> None:
    for tell in _when_dead:
        try:
            with transaction.atomic():
                tell(due)
        except Exception:
            # Else the row could never be given up, and would end each engine that tries.
            logger.exception("death_not_told", due=due.pk, kind=due.kind)
