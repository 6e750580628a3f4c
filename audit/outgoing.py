"""Do what talks to the outside beside the dispatcher, so that nobody slow holds up the rest."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from django.db import DatabaseError, InterfaceError, connections

from audit import bundles, clockwork
from audit.claims import URGENT

logger = structlog.get_logger(__name__)

MOST = 8
# Of one program's calls, or one person's pages: whoever answers slowly delays its own.
MOST_OF_A_LANE = 2
# Of what one way carries, such as chat: a service that hangs leaves places to what others carry.
MOST_OF_A_WAY = 4
# Places that only the most urgent may take.
KEPT = 2


class Outgoing:
    """A few threads, and the claims that wait for one of them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST, thread_name_prefix="andon-outgoing")
        self._lock = threading.Lock()
        # By row: the claim of one that waited too long lapses, and it comes with a new one.
        self._waiting: dict[int, clockwork.Claim] = {}
        self._busy: Counter[str] = Counter()
        self._ways: Counter[str] = Counter()

    def take(self, claim: clockwork.Claim) -> None:
        """Do the work as soon as there is a free place; what finds none in time stays due."""
        with self._lock:
            self._waiting[claim.pk] = claim
            self._begin()

    def close(self) -> None:
        """Begin nothing more, and wait for what was begun."""
        with self._lock:
            self._waiting.clear()
        self._threads.shutdown()

    def _begin(self) -> None:
        while claim := self._pick():
            self._threads.submit(self._do, claim)

    def _pick(self) -> clockwork.Claim | None:
        """Return the most urgent claim for which there is a place, which it has from here on."""
        if self._busy.total() >= MOST:
            return None
        for claim in sorted(self._waiting.values(), key=lambda each: (each.priority, each.due_at)):
            if self._busy.total() >= (MOST if claim.priority <= URGENT else MOST - KEPT):
                return None
            if self._has_room(claim):
                del self._waiting[claim.pk]
                self._busy[claim.lane] += 1
                self._ways[_way(claim)] += 1
                return claim
        return None

    def _has_room(self, claim: clockwork.Claim) -> bool:
        way, kept = _way(claim), KEPT if claim.priority <= URGENT else 0
        is_free = not way or self._ways[way] < MOST_OF_A_WAY + kept
        return is_free and self._busy[claim.lane] < MOST_OF_A_LANE

    def _do(self, claim: clockwork.Claim) -> None:
        # On with what waits: a connection for each row would cost more than the row.
        more: clockwork.Claim | None = claim
        try:
            while more:
                self._run(more)
                with self._lock:
                    more = self._pick()
        finally:
            # This thread may rest for days, and PostgreSQL has few connections to give.
            _hang_up()

    def _run(self, claim: clockwork.Claim) -> None:
        try:
            if bundles.goes_at_once(claim.kind):
                # It holds its place for no longer than a worker waits for it. There is nobody to
                # leave it to: what is not begun comes back when its claim ends.
                bundles.run(claim.kind, [(claim.pk, claim.token)], lapse=False)
            else:
                clockwork.run(claim.pk, claim.token)
        except (DatabaseError, InterfaceError) as error:
            logger.warning("outgoing_database_away", error=type(error).__name__)
            _hang_up()
        except Exception:
            # Nobody asks for the result; what waits here must not wait for the next claim.
            logger.exception("outgoing_failed", due=claim.pk, kind=claim.kind)
        finally:
            self._leave(claim)

    def _leave(self, claim: clockwork.Claim) -> None:
        with self._lock:
            self._busy.subtract([claim.lane])
            self._ways.subtract([_way(claim)])
            self._busy += Counter()
            self._ways += Counter()


def _way(claim: clockwork.Claim) -> str:
    return clockwork.way_of(claim.kind, claim.way)


def _hang_up() -> None:
    with suppress(DatabaseError, InterfaceError):
        connections.close_all()
