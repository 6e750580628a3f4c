"""The dispatcher.

Claims what is due and hands it to workers, or does it itself when there are none.
"""

import os
import signal
import socket
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.db.models import F
from django.db.models.functions import Now
from kombu.exceptions import KombuError

from audit import bundles, claims, clockwork
from audit.claims import Claim
from audit.models import EngineBeat
from audit.outgoing import Outgoing
from audit.tasks import run_bundle, run_due
from audit.watching import Watch

logger = structlog.get_logger(__name__)

TICK_SECONDS = 0.25
BEAT_SECONDS = 1.0
# After the broker did not answer, do the work here for a while before asking it again.
BROKER_REST_SECONDS = 5.0
BATCH = 20
# With workers, which take them in bundles. Still a part of what may wait for them.
BATCH_FOR_WORKERS = 80
# What may wait for a worker: few enough that it is taken before its claim lapses, and that what
# is graver and comes later does not wait long behind it.
AHEAD = 160
# Where workers are too slow for that: every row that comes back was work for nothing.
FEWEST_AHEAD = 20
# Where they take not even those in time, if there are any, the work is done here for a while.
WORKERS_REST_SECONDS = 5.0
# As the settings have it for most work: 20 and 25 of its 30 seconds.
SOFT_BEFORE, HARD_BEFORE = timedelta(seconds=10), timedelta(seconds=5)
# While there is more than may wait, room is looked for this often.
FULL_SECONDS = 0.05


class Engine:
    """One dispatcher process. Two or more at once are harmless; none at all is an alarm."""

    def __init__(self, *, workers: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.workers = workers
        self.clock = clock
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.run_id = uuid.uuid4()
        self.stopping = False
        self._broker_rests_until = 0.0
        self._ahead = AHEAD
        self._learns_from = 0.0
        self._beat_at = 0.0
        self._lively_until = 0.0
        self._came_back = False
        self._outgoing = Outgoing()
        self._watch = Watch(self.name)
        self._ears: psycopg.Connection[tuple[object, ...]] | None = None

    def run(self) -> None:
        """Work until told to stop. No failure of the database ends this loop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        logger.info("engine_started", workers=self.workers, kinds=len(clockwork.kinds()))
        self._watch.start()
        while not self.stopping:
            try:
                busy = self.tick()
                if not busy or self._came_back:
                    self._wait()
            except (DatabaseError, InterfaceError, psycopg.Error) as error:
                logger.warning("engine_database_away", error=type(error).__name__)
                self._hang_up()
                time.sleep(TICK_SECONDS)
        self._watch.stop()
        self._hang_up()
        self._outgoing.close()
        logger.info("engine_stopped")

    def tick(self) -> int:
        """Claim one batch and see it handed over; return how many rows."""
        close_old_connections()
        self._beat()
        taken = self._claim()
        # What came back may wait long for a place of ours: no reason to look again at once.
        self._came_back = all(claim.hand_overs > 1 for claim in taken)
        # In calm times no row waits for another.
        many = self._has_workers() and len(taken) >= BATCH_FOR_WORKERS // 2
        for some in bundles.of(taken) if many else [[claim] for claim in taken]:
            self._hand_over(some)
        if taken:
            self._lively_until = self.clock() + BEAT_SECONDS
        return len(taken)

    def _claim(self) -> list[Claim]:
        if self._has_workers():
            taken = clockwork.claim(BATCH_FOR_WORKERS, ahead=self._ahead)
            self._learn(taken)
            return taken
        return clockwork.claim(BATCH)

    def _learn(self, taken: list[Claim]) -> None:
        """Follow what workers really take before it comes back: down by half, up one by one."""
        # Of what talks outside it says nothing: a service may be slow, and what was handed over
        # twice had no worker the second time.
        came_back = any(
            claim.hand_overs == 2 and not clockwork.is_outward(claim.kind) for claim in taken
        )
        if not came_back:
            self._ahead = min(self._ahead + bool(taken), AHEAD)
        elif self.clock() >= self._learns_from:
            # What comes back until then was handed over before.
            self._learns_from = self.clock() + claims.HAND_OVER_LEASE.total_seconds()
            if self._ahead < 2 * FEWEST_AHEAD:
                self._broker_rests_until = self.clock() + WORKERS_REST_SECONDS
            self._ahead = max(self._ahead // 2, FEWEST_AHEAD)

    def _has_workers(self) -> bool:
        return self.workers and self.clock() >= self._broker_rests_until

    def _hand_over(self, some: list[Claim]) -> None:
        # A row that comes back has met no worker in time: none may be alive.
        if some[0].hand_overs == 1 and self._has_workers():
            try:
                _send(some)
                return
            except (OSError, KombuError) as error:
                logger.warning("engine_broker_away", error=type(error).__name__)
                self._broker_rests_until = self.clock() + BROKER_REST_SECONDS
        for claim in some:
            if clockwork.is_outward(claim.kind):
                self._outgoing.take(claim)
            else:
                clockwork.run(claim.pk, claim.token)

    def _beat(self) -> None:
        if self.clock() < self._beat_at:
            return
        self._beat_at = self.clock() + BEAT_SECONDS
        EngineBeat.objects.update_or_create(
            name=self.name,
            defaults={"run": self.run_id, "ticked_at": Now(), "ticks": F("ticks") + 1},
            create_defaults={"run": self.run_id, "started_at": Now(), "ticked_at": Now()},
        )

    def _wait(self) -> None:
        if self._ears is None:
            self._ears = _listen()
        lively = self.clock() < self._lively_until
        timeout = FULL_SECONDS if lively else TICK_SECONDS
        for _ in self._ears.notifies(timeout=timeout, stop_after=1):
            pass

    def _hang_up(self) -> None:
        connection.close()
        if self._ears is not None:
            self._ears.close()
            self._ears = None

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


def _send(some: list[Claim]) -> None:
    rows = [(claim.pk, str(claim.token)) for claim in some]
    kind = some[0].kind
    # How long it may lie there; it says nothing of how long the work takes.
    how = {"expires": claims.LONGEST_WORK.total_seconds(), "retry": False, **_limits(kind)}
    # A worker does not wait for a call that it can make beside others, nor for one of these.
    if len(rows) == 1 and not bundles.goes_at_once(kind):
        run_due.apply_async(rows[0], **how)
    else:
        run_bundle.apply_async((kind, rows), **how)


def _limits(kind: str) -> dict[str, Any]:
    """When a worker ends a try that hangs, in seconds; empty where the settings' limits fit."""
    longest = clockwork.longest_of(kind)
    if longest <= claims.LONGEST_WORK:
        return {}
    # Both before the claim lapses, so that what was ended is not running beside its next try.
    return {
        "soft_time_limit": (longest - SOFT_BEFORE).total_seconds(),
        "time_limit": (longest - HARD_BEFORE).total_seconds(),
    }


def _listen() -> psycopg.Connection[tuple[object, ...]]:
    parameters = connection.get_connection_params()
    ears = psycopg.connect(
        **{
            k: v
            for k, v in parameters.items()
            if k not in ("cursor_factory", "context", "prepare_threshold")
        },
        autocommit=True,
    )
    ears.execute(f"LISTEN {clockwork.CHANNEL}")
    return ears


def from_settings() -> Engine:
    """Return an engine that uses workers if a broker is configured."""
    return Engine(workers=bool(settings.REDIS_URL))
