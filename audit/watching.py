"""What an engine does beside its work: looks for what was lost, and says outside that it is well.

In a thread of its own: a slow check or a slow mail server holds up no page.
"""

import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import connections

from audit import clockwork, overdue, reconciling

logger = structlog.get_logger(__name__)

PULSE_EACH = timedelta(seconds=60)
_pulses: list[Callable[[], None]] = []


def pulse(tell: Callable[[], None]) -> Callable[[], None]:
    """Register who is told each minute outside that the engine is well, and only while it is."""
    _pulses.append(tell)
    return tell


class Watch:
    """The thread. `start` it with the engine, `stop` it with it."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._over = threading.Event()
        self._turns = 0
        self._thread = threading.Thread(target=self._run, name="andon-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end. Nothing that it does is lost by that: the next engine does it anew."""
        self._over.set()

    def turn(self) -> None:
        """Look once; every second time say outside that all is well, if it is."""
        reconciling.look(engine=self._engine)
        each = max(PULSE_EACH // reconciling.EACH, 1)
        if self._turns % each == 0 and _pulses and overdue.look(now=clockwork.now()).well:
            for tell in _pulses:
                tell()
        self._turns += 1

    def _run(self) -> None:
        while True:
            try:
                self.turn()
            except Exception:
                # The database may be away for a while; the next look is half a minute off.
                logger.exception("watch_failed")
            finally:
                connections.close_all()
            if self._over.wait(reconciling.EACH.total_seconds()):
                return
