"""Make the calls of several rows outside at once, and write together what came of them.

A worker waits a moment for all of them. Whoever answers later is waited for beside: what is handed
over next does not wait, and of the lane of those who are slow nothing more is begun here; nor much
of what goes the same way, so that a service that hangs leaves the others their places.
"""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache, partial
from threading import BoundedSemaphore, Lock
from typing import Any, NamedTuple

import structlog
from django.db import DatabaseError, InterfaceError, connections, transaction

from audit import claims, clockwork
from audit.kinds import Convoy, Trip
from audit.models import Due

logger = structlog.get_logger(__name__)

# A bundle and what is late beside it.
THREADS = 120
# Of one lane in a bundle; with so many waited for beside, no more of it is begun.
MOST_OF_A_LANE = 4
# With so many of one way waited for beside what comes next by it is left to the engines, who wait
# for few. As many as that: a service that was away for some seconds would else keep out what it
# takes again until those it did not answer are given up. A bundle more may be begun before that
# shows, and two ways that hang leave the others their places.
MOST_OF_A_WAY, MOST_LATE = 20, 80
# Whoever is there has answered by then.
PROMPT = 1.0
# Few are handed over where little is due, and then what comes next does not come in a bundle: this
# long it waits for a service that hangs.
FEW, PROMPT_OF_FEW = 4, 0.2
# Who hangs is given up at one time, and PostgreSQL has few connections to give.
MOST_WRITING_LATE = 4
# Who answered is written with those who answer as soon after: what is sent and not written yet is
# sent again if this process ends, and each writing costs as much as some pages.
BESIDE = 0.02


class _Journey(NamedTuple):
    due: Due
    trip: Trip
    call: "Future[Any]"


class _Late:
    """Who is waited for beside, by lane and by way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lanes: Counter[str] = Counter()
        self._ways: Counter[str] = Counter()

    def is_full(self, lane: str, way: str) -> bool:
        of_its_own = self._lanes[lane] >= MOST_OF_A_LANE or self._ways[way] >= MOST_OF_A_WAY
        return of_its_own or self._lanes.total() >= MOST_LATE

    def change(self, lane: str, way: str, by: int) -> None:
        with self._lock:
            self._lanes[lane] += by
            self._ways[way] += by
            self._lanes += Counter()
            self._ways += Counter()


_late = _Late()
_writing_late = BoundedSemaphore(MOST_WRITING_LATE)


@cache
def _threads() -> ThreadPoolExecutor:
    # Made at first use: a worker forks before it.
    return ThreadPoolExecutor(THREADS, thread_name_prefix="andon-travelling")


def finish() -> None:
    """Wait for the calls that are under way, before this process ends; begin none after that."""
    if _threads.cache_info().currsize:
        _threads().shutdown()


def run(rows: Sequence[Due], convoy: Convoy, *, lapse: bool = True) -> list[Due]:
    """Do the work of rows whose claims were begun; return those that are to be done alone.

    Args:
        lapse: of what is not begun here the claim ends at once, and the engines go on with it.
    """
    slow = [due for due in rows if _late.is_full(_lane(due), _way(due))]
    claims.let_go(slow, lapse=lapse)
    ours = [due for due in rows if due not in slow]
    if not ours:
        return []
    try:
        begun = convoy.begin([due.payload for due in ours])
    except Exception:
        # Whose fault it was shows when each is tried by itself.
        logger.exception("due_not_begun_together", rows=len(ours))
        return ours
    going = [(due, trip) for due, trip in zip(ours, begun, strict=True) if trip]
    _travel(going, convoy)
    return [due for due, trip in zip(ours, begun, strict=True) if trip is None]


def _lane(due: Due) -> str:
    return str(due.payload.get("lane", due.kind))


def _way(due: Due) -> str:
    return str(due.payload.get("way", due.kind))


def _travel(going: Sequence[tuple[Due, Trip]], convoy: Convoy) -> None:
    journeys = {
        (call := _threads().submit(trip.call)): _Journey(due, trip, call) for due, trip in going
    }
    waiting = set(journeys)
    end = time.monotonic() + (PROMPT_OF_FEW if len(journeys) <= FEW else PROMPT)
    while waiting and (left := end - time.monotonic()) > 0:
        if wait(waiting, timeout=left, return_when=FIRST_COMPLETED).done:
            came, waiting = wait(waiting, timeout=BESIDE)
            _write([journeys[call] for call in journeys if call in came], convoy)
    for call in waiting:
        _wait_beside(journeys[call])


def _write(came: Sequence[_Journey], convoy: Convoy) -> None:
    written = _written([each for each in came if each.call.exception() is None], convoy)
    for due, trip, call in came:
        if due.pk not in written:
            clockwork.conclude(due, partial(trip.came_of, call.result))


def _written(good: Sequence[_Journey], convoy: Convoy) -> set[int]:
    """Write what calls came to, and that their rows are done; return the keys of these rows."""
    if not good:
        return set()
    try:
        with transaction.atomic():
            # Waits for nobody: what somebody holds is written by itself.
            held = claims.lock_free([(due.pk, due.token) for due, *_ in good if due.token])
            ours = [each for each in good if each.due.pk in held]
            did = convoy.write([(each.trip, each.call.result()) for each in ours])
            done = {each.due.pk for each, is_done in zip(ours, did, strict=True) if is_done}
            claims.finish(*done)
    except Exception:
        logger.exception("due_not_written_together", rows=len(good))
        return set()
    return done


def _wait_beside(journey: _Journey) -> None:
    due = journey.due
    assert due.token
    holder = claims.Holder(due.pk, due.token, clockwork.longest_of(due.kind))
    holder.wait()
    _late.change(_lane(due), _way(due), +1)
    journey.call.add_done_callback(partial(_come_late, journey, holder))


def _come_late(journey: _Journey, holder: claims.Holder, call: "Future[Any]") -> None:
    try:
        with _writing_late:
            clockwork.conclude(journey.due, partial(journey.trip.came_of, call.result))
    except (DatabaseError, InterfaceError) as error:
        # The claim lapses, and it is done again.
        logger.warning("travelling_database_away", error=type(error).__name__)
    finally:
        holder.let_go()
        _late.change(_lane(journey.due), _way(journey.due), -1)
        # This thread may rest for days, and PostgreSQL has few connections to give.
        with suppress(DatabaseError, InterfaceError):
            connections.close_all()
