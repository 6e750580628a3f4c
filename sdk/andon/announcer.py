"""Decides when a stop is complete, and says so to the gate. The only sender of acknowledgements."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import NamedTuple

from andon.backoff import Backoff, spread
from andon.connection import Line
from andon.permit import Permit, State, Stop
from andon.protocol import BUFFERS, Acknowledgement, is_stored
from andon.timing import Timing
from andon.wire import Malformed, plain, write_time

logger = logging.getLogger("andon")

ACK_PATH = "/v1/ack"

# One for the whole process, so that two gates in it never say the same number.
_counter = itertools.count(1)


class LeftBehind(Exception):
    """The gate was closed while a callback ran: nobody waits for it any more."""


class NotYet(Exception):
    """The state of the buffer cannot be told yet. The acknowledgement waits."""


class Hooks(NamedTuple):
    """What the collector wants to be called for."""

    halt: Callable[[], None] | None
    on_start: Callable[[State], None] | None
    on_stop: Callable[[State], None] | None
    buffer: str | Callable[[], str]


class Task(NamedTuple):
    """What is to be done next: "rest" or "start" of a run, or "acknowledge" of a stop."""

    name: str
    run: int
    stop: Stop | None = None


class Announcer:
    """Follows the permit from run to run: halt, tell, acknowledge; start, tell."""

    def __init__(
        self,
        permit: Permit,
        line: Line,
        hooks: Hooks,
        *,
        clock: Callable[[], float],
        timing: Timing,
    ) -> None:
        self._permit = permit
        self._line = line
        self._hooks = hooks
        self._clock = clock
        self._timing = timing
        self._backoff = Backoff(least=0.1, most=timing.retry)
        self._started = 0
        self._rested = 0
        self._halted_at = float("-inf")
        self._put_off: Task | None = None
        self._not_before = 0.0
        self._stop: Stop | None = None
        self._letter = b""
        self._logged = ""

    def run(self) -> None:
        """Follow until the permit is closed. Never gives up."""
        while not self._permit.closed:
            try:
                self._step()
            except Exception:
                logger.exception("following the gate failed; trying again")
                time.sleep(self._timing.tick)
        self._line.close()

    def _step(self) -> None:
        permit = self._permit
        with permit.changed:
            # No one notifies when a lease runs out, nor when the machine wakes up: hence the tick.
            permit.changed.wait_for(self._is_due, self._patience())
            task = self._task() if self._is_due() and not permit.closed else None
        self._log_change()
        if task is None:
            return
        if task.name == "rest":
            self._bring_to_rest(task)
        elif task.name == "acknowledge":
            self._acknowledge(task)
        else:
            self._started = task.run
            self._call(self._hooks.on_start)

    def _task(self) -> Task | None:
        permit = self._permit
        over = permit.runs_over()
        # Also a run that began and ended between two looks: someone may have asked allowed()
        # in it and begun.
        if over > self._rested:
            return Task("rest", over)
        if permit.stop is not None:
            return Task("acknowledge", over, permit.stop)
        if permit.run > max(over, self._started):
            return Task("start", permit.run)
        return None

    def _is_due(self) -> bool:
        task = self._task()
        waits = task == self._put_off and time.monotonic() < self._not_before
        return self._permit.closed or (task is not None and not waits)

    def _patience(self) -> float:
        waits = (
            self._timing.tick,
            self._not_before - time.monotonic(),
            self._permit.deadline - self._clock(),
        )
        return min(seconds for seconds in waits if seconds > 0)

    def _later(self, task: Task, seconds: float) -> None:
        self._put_off, self._not_before = task, time.monotonic() + seconds

    def _bring_to_rest(self, task: Task) -> None:
        if self._hooks.halt is not None:
            try:
                self._hooks.halt()
            except LeftBehind:
                return
            except BaseException:
                # Acknowledging now would sign that something stands still which may not.
                logger.exception("halt failed; trying again, nothing is acknowledged until then")
                self._later(task, self._backoff.wait())
                return
            self._halted_at = self._clock()
        self._backoff.reset()
        self._rested = task.run
        if self._permit.deadline > 0:
            # The lease ran out: asleep, or cut off. Do not sit out the wait before the question.
            self._permit.ask_now()
        self._call(self._hooks.on_stop)

    def _call(self, hook: Callable[[State], None] | None) -> None:
        if hook is None:
            return
        try:
            hook(self._permit.state())
        except LeftBehind:
            return
        except BaseException:
            logger.exception("a callback of the collector failed")

    def _acknowledge(self, task: Task) -> None:
        stop = task.stop
        assert stop is not None
        if stop is not self._stop:
            self._stop, self._letter = stop, b""
            self._backoff.reset()
            self._later(task, spread(0, self._timing.jitter))
            return
        if self._send(stop):
            self._permit.settle(stop)
            logger.info("stop of generation %s acknowledged", stop.generation)
        else:
            self._later(task, self._backoff.wait())

    def _send(self, stop: Stop) -> bool:
        # Written once: each try says the same, so that saying it twice is harmless.
        try:
            self._letter = self._letter or self._write(stop)
            answer = self._line.post(ACK_PATH, self._letter, timeout=self._timing.answer)
        except LeftBehind:
            return False
        except NotYet as why:
            logger.info("the acknowledgement waits: %s", why)
            return False
        except (OSError, HTTPException, Malformed) as trouble:
            logger.warning("the acknowledgement did not reach the gate: %s", trouble)
            return False
        except Exception:
            logger.exception("the acknowledgement could not be written")
            return False
        if is_stored(answer.status, answer.body, generation=stop.generation):
            return True
        logger.warning(
            "the gate did not store the acknowledgement (%s): %s",
            answer.status,
            plain(answer.body.decode(errors="replace")),
        )
        return False

    def _write(self, stop: Stop) -> bytes:
        buffer = self._hooks.buffer
        state = buffer() if callable(buffer) else buffer
        if state not in BUFFERS:
            raise ValueError(f"buffer must be one of {', '.join(BUFFERS)}, not {plain(state)!r}")
        lease = stop.lease
        stopped = lease.wall_zero + max(stop.stopped_at, self._halted_at)
        acknowledgement = Acknowledgement(
            program=self._permit.program,
            collector=lease.collector,
            generation=stop.generation,
            lease_generation=lease.generation,
            # On the gate's wall clock, as it told it with the lease: a collector's own may be
            # hours off, and a time in the future is refused.
            stopped_at=write_time(max(stopped, stop.captured_until)),
            buffer=state,
            counter=next(_counter),
        )
        return acknowledgement.body(lease.signing_key)

    def _log_change(self) -> None:
        state = self._permit.state()
        if state.reason == self._logged:
            return
        self._logged = state.reason
        trouble = not state.allowed or ";" in state.reason
        logger.log(
            logging.WARNING if trouble else logging.INFO,
            "%s: %s",
            "collecting" if state.allowed else "not collecting",
            state.reason,
        )
