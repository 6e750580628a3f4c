"""Do work that talks to the outside beside a worker, which waits a moment for it and goes on.

For work that says which way it goes, whose calls end within seconds. What goes one way takes a
part of the places: mail that hangs holds up neither other work nor other ways.
"""

import uuid
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache
from threading import Lock

import structlog
from django.db import DatabaseError, InterfaceError, connections

from audit import claims, clockwork
from audit.models import Due

logger = structlog.get_logger(__name__)

MOST, MOST_OF_A_WAY = 16, 4
# Whoever is there has answered by then, and what is handed over next had better wait for it.
PROMPT = 1.0


class _Places:
    """How much goes on beside, by way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken: Counter[str] = Counter()

    def take(self, way: str) -> bool:
        with self._lock:
            if self._taken.total() >= MOST or self._taken[way] >= MOST_OF_A_WAY:
                return False
            self._taken[way] += 1
            return True

    def leave(self, way: str) -> None:
        with self._lock:
            self._taken[way] -= 1


_places = _Places()


@cache
def _threads() -> ThreadPoolExecutor:
    # Made at first use: a worker forks before it.
    return ThreadPoolExecutor(MOST, thread_name_prefix="andon-beside")


def finish() -> None:
    """Wait for what is under way, before this process ends; begin none after that."""
    if _threads.cache_info().currsize:
        _threads().shutdown()


def run(pk: int, token: uuid.UUID) -> bool:
    """Handle a claimed row, beside if it goes some way; False as in `clockwork.run`.

    Where no place is free the claim ends at once, and the engines go on with the row.
    """
    due = claims.begin(pk, token)
    if due is None:
        return False
    way = clockwork.way_of(due.kind, due.payload.get("way", ""))
    if not way or clockwork.handler_of(due.kind).convoy:
        # What travels is here only if it could not be begun, as somebody holds it.
        return clockwork.run_begun(due)
    if _places.take(way):
        wait([_begun(due, way)], timeout=PROMPT)
    else:
        claims.let_go([due], lapse=True)
    return True


def _begun(due: Due, way: str) -> "Future[None]":
    try:
        return _threads().submit(_do, due, way)
    except RuntimeError:
        # No thread is to be had, or this process ends: the claim lapses, and it is done again.
        _places.leave(way)
        raise


def _do(due: Due, way: str) -> None:
    try:
        clockwork.run_begun(due)
    except (DatabaseError, InterfaceError) as error:
        # The claim lapses, and it is done again.
        logger.warning("beside_database_away", error=type(error).__name__)
    except Exception:
        # Nobody asks for the result.
        logger.exception("beside_failed", due=due.pk, kind=due.kind)
    finally:
        _places.leave(way)
        # This thread may rest for days, and PostgreSQL has few connections to give.
        with suppress(DatabaseError, InterfaceError):
            connections.close_all()
