"""Take what is due, and keep hold of it while it is worked on. Writes Due, as audit.clockwork does.

A claim is a token and a lease that ends by itself: whoever dies lets go within seconds.
"""

import json
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from audit.models import Due

logger = structlog.get_logger(__name__)

# Long enough for a worker to fetch the message; short enough that a dead worker is noticed.
HAND_OVER_LEASE = timedelta(seconds=3)
# What a killed worker held is done by another after this time, so it is short; a call outside may
# take longer, and is held on to as long as its process lives, up to LONGEST_WORK or what its kind
# is known to need.
WORK_LEASE = timedelta(seconds=6)
RENEWED_EACH = timedelta(seconds=2)
LONGEST_WORK = timedelta(seconds=30)
# Each renewal is a session of its own, and PostgreSQL has few to give.
MOST_RENEWING = 4
# A process that is frozen in its transaction holds the row's lock: PostgreSQL ends its session.
LONGEST_SILENCE = timedelta(seconds=10)


@dataclass(frozen=True)
class Claim:
    """The right to handle a row until its lease ends. A stale token writes nothing.

    `lane` names whose work it is: that of one lane may be slow without holding up the others.
    `way` names what carries it outside, where others carry the same kind, such as e-mail.
    """

    pk: int
    token: uuid.UUID
    kind: str
    hand_overs: int
    lane: str
    priority: int
    due_at: datetime
    way: str = ""


NO_BOUND = 2**31 - 1
# Of this priority and before: a stop that must be told, a page for the gravest.
URGENT = 1

# Two locking parts, since PostgreSQL allows no FOR UPDATE inside a UNION.
_CLAIM = """
    WITH ahead AS (
        SELECT count(*) AS rows, count(*) FILTER (WHERE priority <= %(urgent)s) AS urgent,
               count(*) FILTER (WHERE priority <= 0) AS gravest
          FROM audit_due WHERE state = 'enqueued' AND hand_overs = 1
           AND lease_until BETWEEN statement_timestamp()
                           AND statement_timestamp() + make_interval(secs => %(lease)s)
    ), room AS (
        SELECT CASE WHEN rows < %(ahead)s THEN 32767 WHEN urgent < %(ahead)s THEN %(urgent)s
                    WHEN gravest < %(ahead)s THEN 0 ELSE -1 END AS mildest FROM ahead
    ), fresh AS (
        SELECT id, priority, due_at FROM audit_due
         WHERE state = 'scheduled' AND due_at <= statement_timestamp()
           AND priority <= (SELECT mildest FROM room)
         ORDER BY priority, due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), stale AS (
        SELECT id, priority, due_at FROM audit_due
         WHERE state = 'enqueued' AND lease_until < statement_timestamp()
         ORDER BY priority, lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), free AS (SELECT * FROM fresh UNION ALL SELECT * FROM stale)
    UPDATE audit_due SET state = 'enqueued', token = gen_random_uuid(),
           lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
           hand_overs = hand_overs + 1
      FROM free WHERE audit_due.id = free.id
    RETURNING audit_due.id, audit_due.token, audit_due.kind, audit_due.hand_overs,
              coalesce(audit_due.payload ->> 'lane', audit_due.kind), free.priority, free.due_at,
              coalesce(audit_due.payload ->> 'way', '')
"""
_RENEW = """
    UPDATE audit_due SET lease_until = clock_timestamp() + make_interval(secs => %s)
     WHERE id = %s AND token = %s AND state = 'enqueued'
"""
# A token is of one row alone, so that each row is compared with its own.
_BEGIN = """
    UPDATE audit_due SET attempts = attempts + 1,
           lease_until = statement_timestamp() + make_interval(secs => %s)
     WHERE id = ANY(%s) AND token = ANY(%s) AND state = 'enqueued'
    RETURNING id, token, kind, payload, priority, attempts
"""
# Of a try that was not made.
_LET_GO = """
    UPDATE audit_due SET attempts = attempts - 1, lease_until =
           CASE WHEN %s THEN least(lease_until, statement_timestamp()) ELSE lease_until END
     WHERE id = ANY(%s) AND token = ANY(%s) AND state = 'enqueued' AND attempts > 0
"""
_LOCK = """
    SELECT id, set_config('idle_in_transaction_session_timeout', %s, true) FROM audit_due
     WHERE id = ANY(%s) AND token = ANY(%s) AND state = 'enqueued' FOR UPDATE
"""
_FINISH = """
    UPDATE audit_due SET state = 'done', token = NULL, lease_until = NULL, last_error = '',
           finished_at = clock_timestamp()
     WHERE id = ANY(%s)
"""


def claim(limit: int = 20, *, ahead: int = NO_BOUND) -> list[Claim]:
    """Take what is due, most urgent first; two engines never get the same row.

    Args:
        ahead: once so many wait for a worker only what is urgent is taken: whatever becomes due
            now would stand in line behind them, however grave. What was begun has a longer lease
            and does not count: whoever is slow outside may be waited for beside. Once so many that
            are urgent wait, only the gravest is, and of that no more than as many: the rest would
            come back.
    """
    wanted = {
        "limit": limit,
        "lease": HAND_OVER_LEASE.total_seconds(),
        "urgent": URGENT,
        "ahead": ahead,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, wanted)
        rows = cursor.fetchall()
    taken = [Claim(*row) for row in rows]
    return sorted(taken, key=lambda each: (each.priority, each.due_at))


def begin(pk: int, token: uuid.UUID) -> Due | None:
    """Count a try and return the row; None if somebody else has it or it is done."""
    return next(iter(begin_all([(pk, token)])), None)


def begin_all(taken: Sequence[tuple[int, uuid.UUID]]) -> list[Due]:
    """Count a try of each row and return those whose claims hold, the most urgent first."""
    # Counted and committed before the try: work that kills its process must not be tried for ever.
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [WORK_LEASE.total_seconds(), *_apart(taken)])
        found = cursor.fetchall()
    rows = [
        Due(
            pk=pk,
            token=token,
            kind=kind,
            payload=json.loads(payload),
            priority=priority,
            attempts=attempts,
            state=Due.State.ENQUEUED,
        )
        for pk, token, kind, payload, priority, attempts in found
    ]
    return sorted(rows, key=lambda due: (due.priority, due.pk))


def let_go(rows: Sequence[Due], *, lapse: bool = False) -> None:
    """Take back that a try of each row was begun: it was not made.

    Args:
        lapse: the claim ends at once, and the engines go on with the row.
    """
    taken = [(due.pk, due.token) for due in rows if due.token]
    if taken:
        with connection.cursor() as cursor:
            cursor.execute(_LET_GO, [lapse, *_apart(taken)])


def _apart(taken: Sequence[tuple[int, uuid.UUID]]) -> tuple[list[int], list[uuid.UUID]]:
    return [pk for pk, _token in taken], [token for _pk, token in taken]


def lock(pk: int, token: uuid.UUID) -> bool:
    """Hold the row until the transaction ends; False if the claim is somebody else's by now."""
    return bool(_locked([(pk, token)], _LOCK))


def lock_free(taken: Sequence[tuple[int, uuid.UUID]]) -> set[int]:
    """Hold those rows whose claims hold and whom nobody else holds; return their keys."""
    return _locked(taken, f"{_LOCK} SKIP LOCKED")


def _locked(taken: Sequence[tuple[int, uuid.UUID]], how: str) -> set[int]:
    silence = str(int(LONGEST_SILENCE.total_seconds() * 1000))
    with connection.cursor() as cursor:
        cursor.execute(how, [silence, *_apart(taken)])
        return {pk for pk, _set in cursor.fetchall()}


def finish(*pks: int) -> None:
    """Note that rows are done which the caller has locked."""
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [list(pks)])


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


@contextmanager
def held(pk: int, token: uuid.UUID, *, longest: timedelta) -> Iterator[None]:
    """Renew the lease of a claim as long as this process lives, and no longer than may be."""
    holder = Holder(pk, token, longest)
    holder.wait()
    try:
        yield
    finally:
        holder.let_go()


_renewing = threading.BoundedSemaphore(MOST_RENEWING)


class Holder:
    """A timer that renews and starts the next. Most work is over before the first one ends."""

    def __init__(self, pk: int, token: uuid.UUID, longest: timedelta) -> None:
        self.pk, self.token = pk, token
        self.left = longest
        self.over = False
        self._timer: threading.Timer | None = None

    def wait(self) -> None:
        self._timer = threading.Timer(RENEWED_EACH.total_seconds(), self._renew)
        self._timer.daemon = True
        self._timer.start()

    def let_go(self) -> None:
        self.over = True
        if self._timer:
            self._timer.cancel()

    def _renew(self) -> None:
        self.left -= RENEWED_EACH
        if self.over or self.left <= timedelta(0):
            return
        try:
            with _renewing, connection.cursor() as cursor:
                cursor.execute(_RENEW, [WORK_LEASE.total_seconds(), self.pk, self.token])
        except (DatabaseError, InterfaceError) as error:
            logger.warning("lease_not_renewed", due=self.pk, error=type(error).__name__)
        finally:
            # Of this timer's thread, which ends here.
            connection.close()
        self.wait()
