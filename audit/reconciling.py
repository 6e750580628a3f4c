"""Look for what was lost, late or given up, mend what can be mended, and see that it is told.

The only module that writes Finding and Mark. Every engine does this each half minute: whatever a
crash, a bug or a hand in the tables left behind is found here, and not by who was never paged.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Count, Max, Min
from django.db.models.functions import Now

from audit import clockwork, outbox
from audit.models import Due, EngineBeat, Finding, Mark, OutboxEvent
from audit.overdue import TOLERANCE, behind

logger = structlog.get_logger(__name__)

EACH = timedelta(seconds=30)
# Engines take turns: any number that nobody else locks by.
LOCK = 1_207_913_560
# What a check may cost. One that takes longer fails, and is seen to.
MOST_MS = 5_000
MOST_EVENTS, MOST_ROWS, MOST_TOLD = 2_000, 1_000, 50
# After so long nothing that was begun before an event commits behind it.
SETTLED = timedelta(seconds=60)
LET_GO = timedelta(seconds=10)
MARK = "events"


@dataclass(frozen=True)
class Found:
    """One thing that should not be. `key` names it within its check, `says` tells operators.

    What is mended is shown; of all else operators are told by mail.
    """

    key: str
    says: str
    count: int = 1
    mended: bool = False


Check = Callable[[], Iterable[Found]]
Alarm = Callable[[list[Finding]], None]
_checks: dict[str, Check] = {}
_alarms: list[Alarm] = []


def check(name: str) -> Callable[[Check], Check]:
    """Register a check. It runs in a transaction of its own, and may mend what it finds."""

    def register(look: Check) -> Check:
        _checks[name] = look
        return look

    return register


def alarm(tell: Alarm) -> Alarm:
    """Register who tells operators of new findings, by a way that needs no due row."""
    _alarms.append(tell)
    return tell


def names() -> list[str]:
    return sorted(_checks)


def look(*, engine: str = "") -> bool:
    """Run every check once; False if another engine is at it, or a check could not be run.

    Args:
        engine: the name of the engine that looks, for its sign of life.
    """
    ran = [_run(name) for name in _checks]
    _tell()
    if all(ran) and engine:
        EngineBeat.objects.filter(name=engine).update(checked_at=Now())
    return all(ran)


def _run(name: str) -> bool:
    try:
        with transaction.atomic():
            if not _my_turn(name):
                return False
            _note(name, list(_checks[name]()))
    except Exception:
        # One check that fails must not keep the others from looking.
        logger.exception("check_failed", check=name)
        return False
    return True


def _my_turn(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s)),"
            " set_config('statement_timeout', %s, true)",
            [LOCK, name, str(MOST_MS)],
        )
        mine: bool = cursor.fetchone()[0]
    return mine


def _note(name: str, found: list[Found]) -> None:
    still = Finding.objects.filter(check_name=name, over_at=None)
    for one in found:
        seen = still.filter(key=one.key).update(
            says=one.says[:300], count=one.count, mended=one.mended, seen_at=Now()
        )
        if not seen:
            logger.warning("found", check=name, key=one.key, count=one.count, mended=one.mended)
            Finding.objects.create(
                check_name=name,
                key=one.key,
                says=one.says[:300],
                count=one.count,
                mended=one.mended,
                found_at=Now(),
                seen_at=Now(),
                # What is mended is shown, and wakes nobody.
                told_at=Now() if one.mended else None,
            )
    still.exclude(key__in=[one.key for one in found]).update(over_at=Now())


def _tell() -> None:
    """Tell operators of what is new. Not in a transaction: this talks to the outside."""
    new = list(Finding.objects.filter(told_at=None, over_at=None).order_by("pk")[:MOST_TOLD])
    if not new:
        return
    try:
        for tell in _alarms:
            tell(new)
    except Exception as error:
        # Told again in half a minute, by whichever engine looks then.
        logger.exception("alarm_not_told", error=type(error).__name__)
        return
    Finding.objects.filter(pk__in=[one.pk for one in new]).update(told_at=Now())


@check("late")
def late() -> Iterator[Found]:
    """Work that is a minute late, by its kind."""
    rows = (
        Due.objects.filter(behind(Now() - TOLERANCE))
        .values("kind")
        .annotate(n=Count("pk"), since=Min("due_at"))
    )
    for row in rows.order_by("kind"):
        yield Found(
            row["kind"],
            f"{row['n']} of {row['kind']} late, the oldest since {row['since']:%Y-%m-%d %H:%M} UTC",
            count=row["n"],
        )


@check("given up")
def given_up() -> Iterator[Found]:
    """Work that was tried as often as may be, and waits for an operator."""
    for row in Due.objects.filter(state=Due.State.DEAD).order_by("due_at")[:MOST_ROWS]:
        said = f"{row.kind} given up after {row.attempts} attempts: {row.last_error}"
        yield Found(str(row.pk), said)


@check("spent")
def spent() -> Iterator[Found]:
    """Work that was begun as often as may be and never came to an end: it is given up here."""
    long_ago = Now() - LET_GO
    held = Due.objects.filter(state=Due.State.ENQUEUED, lease_until__lt=long_ago, attempts__gt=0)
    for row in held.order_by("pk")[:MOST_ROWS]:
        if row.attempts >= clockwork.attempts_of(row.kind) and clockwork.give_up(row):
            said = f"{row.kind} ended whoever began it, {row.attempts} times"
            yield Found(str(row.pk), said, mended=True)


@check("unsent")
def unsent() -> Iterator[Found]:
    """Events without the work of one of their subscribers; the work is made."""
    mark, is_new = Mark.objects.select_for_update().get_or_create(
        name=MARK, defaults={"reached": _newest_event()}
    )
    if is_new:
        return
    # Younger ones may still be followed by some that were begun before them and commit after.
    ripe = OutboxEvent.objects.filter(pk__gt=mark.reached, created_at__lt=Now() - SETTLED)
    events = list(ripe.order_by("pk")[:MOST_EVENTS])
    for event, kind in outbox.missing(events):
        outbox.send_again(event, kind)
        yield Found(f"{event.pk} {kind}", f"{event.topic} had not reached {kind}", mended=True)
    if events:
        Mark.objects.filter(name=MARK).update(reached=events[-1].pk)


def _newest_event() -> int:
    return OutboxEvent.objects.aggregate(last=Max("pk"))["last"] or 0
