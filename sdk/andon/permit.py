"""Decides whether this process may collect. The only writer of the deadline; knows no network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from andon.protocol import COLLECTING, PAUSED, Lease, News, Refusal
from andon.refusals import Stopped

# Two clocks may drift apart by this share of a lease, and the lease still ends here first.
DRIFT = 0.001

# Answers that name a decision. All others (and no answer) only fail to extend the lease.
_DECISIONS = frozenset({401, 403, 404, 409})


class State(NamedTuple):
    """A picture of the gate at one moment, for logs and pages. Holds no secret."""

    program: str
    generation: int | None
    allowed: bool
    seconds_left: float
    reason: str
    acknowledged: int | None
    run: int  # grows when the gate opens anew, after a gap or under a new generation


class Stop(NamedTuple):
    """A stop that was ordered and wants an acknowledgement."""

    generation: int
    lease: Lease
    stopped_at: float  # lease clock
    captured_until: float = 0.0  # the gate's wall clock: the stop is not told to be earlier


class Changed(threading.Condition):
    """A condition that also tells who cannot wait for it. Watchers must not block."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        super().__init__(self.lock)
        self.watchers: list[Callable[[], None]] = []

    def notify_all(self) -> None:
        """Wake all who wait, and call each watcher."""
        super().notify_all()
        for watcher in self.watchers:
            watcher()


class Permit:
    """One deadline, and what was heard last.

    `deadline` may be read without a lock by anyone; everything else under `changed`, which is
    notified on each change.
    """

    __slots__ = (
        "_barred",
        "_captured_until",
        "_heard_stop_at",
        "_ordered",
        "_reason",
        "_stopped_at",
        "_trouble",
        "acknowledged",
        "changed",
        "clock",
        "closed",
        "deadline",
        "generation",
        "hurry",
        "lease",
        "program",
        "run",
        "stop",
    )

    def __init__(
        self, program: str, clock: Callable[[], float], reason: str = "no lease yet"
    ) -> None:
        self.program = program
        self.changed = Changed()
        self.deadline = 0.0
        self.generation: int | None = None
        self.lease: Lease | None = None
        self.stop: Stop | None = None
        self.acknowledged: int | None = None
        # Counts how often the gate opened. A stop and a start between two looks changes it.
        self.run = 0
        self.hurry = False
        self.closed = False
        self.clock = clock
        self._reason = reason
        self._trouble = ""
        self._stopped_at = 0.0
        self._captured_until = 0.0
        self._heard_stop_at = float("-inf")
        self._ordered = -1
        self._barred = -1

    def grant(self, lease: Lease) -> bool:
        """Take a lease over, unless it is news of the past. Returns whether it was taken."""
        with self.changed:
            past = self._why_past(lease)
            if self.closed or past:
                self._trouble = "" if self.closed else past
                self.changed.notify_all()
                return False
            now = self.clock()
            renews = self.lease is not None and self.lease.generation == lease.generation
            if not (renews and now < self.deadline):
                self.run += 1
            if not renews:
                self._captured_until = 0.0
            self.lease = lease
            self.generation = lease.generation
            self.stop = None
            self.hurry = False
            self._reason = f"lease of generation {lease.generation}"
            self._trouble = ""
            self.deadline = lease.asked_at + lease.seconds * (1 - DRIFT)
            self.changed.notify_all()
            return True

    def refuse(self, refusal: Refusal) -> None:
        """Take a *no* over. One that names a decision ends the lease now, any other lets it run."""
        with self.changed:
            if self.closed:
                return
            if refusal.status not in _DECISIONS:
                self._trouble = refusal.reason
            else:
                self._end(refusal.reason)
                # A smaller generation still refuses, as every answer but 200 does, but orders
                # nothing: it comes from a gate that lags behind.
                if refusal.generation is not None and refusal.generation >= self._heard():
                    self.generation = refusal.generation
                    self._order(refusal.generation, refusal.state)
            self.changed.notify_all()

    def hear(self, news: News) -> None:
        """Take a state event over; a smaller generation is ignored."""
        with self.changed:
            if self.closed or news.generation < self._heard():
                return
            self.generation = news.generation
            if news.state != COLLECTING:
                self._end(news.reason)
                self._order(news.generation, news.state)
            elif self.lease is not None and self.lease.generation < news.generation:
                # Whatever lease is in hand belongs to the past: there was a pause in between.
                self._zero(f"generation {news.generation} has begun and needs its own lease")
                self.stop = None
            self.hurry = news.state == COLLECTING and not self.is_open()
            self.changed.notify_all()

    def miss(self, trouble: str) -> None:
        """Note that there was no answer. The lease in hand runs out by itself."""
        with self.changed:
            self._trouble = "" if self.closed else trouble
            self.changed.notify_all()

    def ask_now(self) -> None:
        """End the wait before the next question."""
        with self.changed:
            self.hurry = True
            self.changed.notify_all()

    def settle(self, stop: Stop) -> None:
        """Note that the acknowledgement of this stop is stored."""
        with self.changed:
            self.acknowledged = stop.generation
            if self.stop is stop:
                self.stop = None
            self.changed.notify_all()

    def close(self, reason: str) -> None:
        """End for good: no lease is taken over any more."""
        with self.changed:
            self._end(reason)
            self.closed = True
            self.changed.notify_all()

    def capture(self) -> tuple[Lease, float]:
        """Return the running lease, and now on the gate's wall clock, as seconds since 1970.

        Raises:
            Stopped: if no lease runs.
        """
        with self.changed:
            now = self.clock()
            if self.lease is None or now >= self.deadline:
                raise Stopped(self.state().reason)
            wall = self.lease.wall_zero + now
            # Each renewal guesses the gate's clock anew, a few milliseconds off. A stop told by
            # the next guess must not come out before what was stamped by this one.
            self._captured_until = max(self._captured_until, wall)
            return self.lease, wall

    def is_open(self) -> bool:
        """Say whether the lease in hand still runs."""
        return self.clock() < self.deadline

    def runs_over(self) -> int:
        """Return the number of the last run that has ended."""
        return self.run - 1 if self.is_open() else self.run

    def rest(self, seconds: float) -> None:
        """Wait so long, or until the next question is wanted at once, or for the close."""
        with self.changed:
            self.changed.wait_for(lambda: self.closed or self.hurry, seconds)
            self.hurry = False

    def state(self) -> State:
        """Return the present picture."""
        with self.changed:
            left = self.deadline - self.clock()
            ran_out = self.deadline > 0 and left <= 0
            reason = "the lease ran out" if ran_out else self._reason
            if self._trouble:
                reason += f"; {self._trouble}"
            return State(
                program=self.program,
                generation=self.generation,
                allowed=left > 0,
                seconds_left=max(0.0, left),
                reason=reason,
                acknowledged=self.acknowledged,
                run=self.run,
            )

    def _why_past(self, lease: Lease) -> str:
        if lease.generation < self._heard():
            return f"a lease of generation {lease.generation} came, which is over"
        if lease.generation <= self._barred:
            return f"a lease of generation {lease.generation} came, which is a pause"
        if lease.asked_at <= self._heard_stop_at:
            return "a lease came that was asked for before the stop"
        if self.clock() >= lease.asked_at + lease.seconds * (1 - DRIFT):
            return "the answer took longer than the lease lasts"
        return ""

    def _end(self, reason: str) -> None:
        self._zero(reason)
        self._heard_stop_at = self.clock()

    def _zero(self, reason: str) -> None:
        # The deadline comes first: all that follows may take its time.
        was, self.deadline = self.deadline, 0.0
        if was > 0:
            self._stopped_at = min(self.clock(), was)
        self._reason, self._trouble = reason, ""

    def _order(self, generation: int, state: str | None) -> None:
        if state == PAUSED:
            self._barred = max(self._barred, generation)
        if state in (None, COLLECTING) or self.lease is None:
            return
        if generation > max(self.lease.generation, self._ordered):
            self._ordered = generation
            self.stop = Stop(generation, self.lease, self._stopped_at, self._captured_until)

    def _heard(self) -> int:
        return -1 if self.generation is None else self.generation
