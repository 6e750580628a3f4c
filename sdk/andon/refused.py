"""Decides which refused stamps the gate is told of, and when. Keeps a bounded number."""

from __future__ import annotations

import json
import logging
import threading
import time
from http.client import HTTPException

from andon.backoff import Backoff
from andon.connection import Line
from andon.timing import Timing
from andon.wire import Malformed, plain

logger = logging.getLogger("andon")

REFUSED_PATH = "/v1/refused"

# What the gate takes in one question.
MOST_STAMPS = 500
MOST_BYTES = 120_000

# What is kept here: a gate that is away for long must not fill the memory.
MOST_WAITING = 10_000

# The batch itself is at fault: the same one is refused for ever.
_NEVER = frozenset({400, 413, 422})


class Refused:
    """Stamps of a generation that is over, on their way to the gate. Each is told once."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.closed = False
        self.lost = 0  # for want of room, or because the gate does not take them
        # Dictionaries for their order: the oldest is told, and forgotten, first.
        self._waiting: dict[str, None] = {}
        self._told: dict[str, None] = {}

    @property
    def waiting(self) -> int:
        """How many the gate has not confirmed yet."""
        return len(self._waiting)

    def add(self, stamp: str) -> None:
        """Take one in, unless it was told already."""
        with self.changed:
            if stamp in self._waiting or stamp in self._told:
                return
            if len(self._waiting) >= MOST_WAITING:
                self.lost += 1
                return
            self._waiting[stamp] = None
            self.changed.notify_all()

    def batch(self, at_most: int) -> list[str]:
        """Return the oldest, as many as fit into one question."""
        with self.changed:
            found: list[str] = []
            size = 0
            for stamp in self._waiting:
                size += len(json.dumps(stamp)) + 2
                if len(found) == at_most or size > MOST_BYTES:
                    break
                found.append(stamp)
            return found

    def settle(self, batch: list[str], *, lost: bool = False) -> None:
        """Forget what the gate has confirmed, or will never take."""
        with self.changed:
            self.lost += len(batch) if lost else 0
            for stamp in batch:
                self._waiting.pop(stamp, None)
                self._told[stamp] = None
            while len(self._told) > MOST_WAITING:
                del self._told[next(iter(self._told))]
            self.changed.notify_all()

    def close(self) -> None:
        """Take nothing more in."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()


class Reporter:
    """Tells the gate, batch by batch, until each is confirmed."""

    def __init__(self, refused: Refused, line: Line, *, program: str, timing: Timing) -> None:
        self._refused = refused
        self._line = line
        self._program = program
        self._timing = timing
        self._at_most = MOST_STAMPS
        self._backoff = Backoff(least=0.2, most=timing.report)

    def run(self) -> None:
        """Tell until closed, then once more all that is left, if the gate listens."""
        refused = self._refused
        while not refused.closed:
            with refused.changed:
                refused.changed.wait_for(lambda: refused.closed or refused.waiting)
                # A moment for others to come: one batch instead of a hundred.
                refused.changed.wait_for(lambda: refused.closed, self._timing.gather)
            if not self._tell_all():
                with refused.changed:
                    refused.changed.wait_for(lambda: refused.closed, self._backoff.wait())
        self._tell_all()
        self._line.close()

    def _tell_all(self) -> bool:
        while batch := self._refused.batch(self._at_most):
            if not self._tell(batch):
                return False
        return True

    def _tell(self, batch: list[str]) -> bool:
        said = json.dumps({"program": self._program, "stamps": batch}).encode()
        try:
            answer = self._line.post(REFUSED_PATH, said, timeout=self._timing.answer)
        except (OSError, HTTPException, Malformed) as trouble:
            logger.warning("refused stamps could not be reported: %s", trouble)
            return False
        except Exception:
            logger.exception("reporting refused stamps failed")
            return False
        if answer.status == 200:
            self._backoff.reset()
            self._at_most = MOST_STAMPS
            self._refused.settle(batch)
            return True
        why = plain(answer.body.decode(errors="replace"))
        logger.warning("the gate did not take the refused stamps (%s): %s", answer.status, why)
        return self._part(batch) if answer.status in _NEVER else False

    def _part(self, batch: list[str]) -> bool:
        # One stamp that the gate chokes on must not hold up the others: halve until it is alone.
        self._at_most = max(1, len(batch) // 2)
        if len(batch) == 1:
            self._refused.settle(batch, lost=True)
            self._at_most = MOST_STAMPS
        time.sleep(0.05)
        return True
