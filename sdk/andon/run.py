"""Runs a command only while its gate allows it. Decides when to start, stop and start again."""

from __future__ import annotations

import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple

from andon import clock
from andon.backoff import Backoff
from andon.gate import Gate
from andon.permit import State
from andon.processes import Tree, Watchdog, adopt_orphans

logger = logging.getLogger("andon.run")

# Says to a command that it runs under a wrapper, and which generation its data belong to.
GENERATION_VARIABLE = "ANDON_RUN_GENERATION"

EXIT_STOPPED = 3
EXIT_CANNOT_START = 126

_ENDING = ("SIGINT", "SIGTERM", "SIGQUIT")
# A word to the command: nothing to this wrapper, which would die of it.
_FOR_THE_COMMAND = ("SIGUSR1", "SIGUSR2", "SIGWINCH")
_PASSED_ON = (*_ENDING, "SIGHUP", *_FOR_THE_COMMAND)
_TICK = 0.5
_REMIND_EVERY = 30.0
_GOOD_LIFE = 60.0
_ACKNOWLEDGE_WITHIN = 5.0
# The watchdog comes after the lease and the grace, so that a live wrapper always comes first.
_SLACK = 1.0


def _numbers() -> list[signal.Signals]:
    # By name: Windows, where this module is only imported, lacks most of them.
    return [signal.Signals[name] for name in _PASSED_ON]


class Plan(NamedTuple):
    """What to run, and how."""

    command: list[str]
    grace: float = 5.0
    restart: str = "never"
    once: bool = False


class Event(NamedTuple):
    """What the main thread is to look at: "signal", "halt", "start", "child" or "tick"."""

    name: str
    number: int = 0
    gone: threading.Event | None = None
    came_at: float = 0.0


class Supervisor:
    """Carries out what the gate decides. All but `halt` and `start` runs in the main thread."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._over = False
        self._watchdog = Watchdog()
        self._tree: Tree | None = None
        self._began = 0.0
        self._run = 0
        self._may = False
        self._ending = 0
        self._start_at = 0.0
        self._remind_at = time.monotonic() + _REMIND_EVERY
        self._backoff = Backoff(least=0.5, most=30.0)

    def halt(self) -> None:
        """Return when nothing of the command is left. Called by the gate, in its thread."""
        gone = threading.Event()
        self._events.put(Event("halt", gone=gone))
        while not (gone.wait(_TICK) or self._over):
            pass

    def start(self, _: State) -> None:
        """Note that the gate allows again. Called by the gate, in its thread."""
        self._events.put(Event("start"))

    def run(self, gate: Gate) -> int:
        """Supervise until the command has ended for good. Returns the exit code to end with."""
        adopt_orphans()
        self._take_signals()
        # The gate's threads inherit what is blocked here: a signal that one of them took would
        # not wake the main thread, and might be looked at only after a start.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _numbers())
        gate.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        code = None
        try:
            while code is None:
                code = self._next(gate)
        finally:
            if self._tree is not None:
                self._tree.end(self._plan.grace)
            self._over = True
            self._watchdog.close()
            if not gate.wait_acknowledged(_ACKNOWLEDGE_WITHIN):
                logger.warning("ending although the stop could not be acknowledged")
            gate.close()
        return code

    def _next(self, gate: Gate) -> int | None:
        try:
            event = self._events.get(timeout=_TICK)
        except queue.Empty:
            event = Event("tick")
        if event.name == "signal":
            return self._pass_on(event.number, event.came_at)
        if event.gone is not None:
            return self._halt(gate, event.gone)
        if event.name == "child" and self._tree is not None:
            self._tree.bury()
        if event.name == "start":
            # Only now: what is started before the gate says so, it would not stop.
            self._may, self._start_at = True, 0.0
        return self._look(gate)

    def _look(self, gate: Gate) -> int | None:
        if self._tree is not None:
            return self._look_after(self._tree, gate)
        if self._may and time.monotonic() >= self._start_at and gate.allowed():
            return self._start(gate)
        if time.monotonic() >= self._remind_at:
            self._remind_at = time.monotonic() + _REMIND_EVERY
            logger.warning("the command does not run: %s", gate.state.reason)
        return None

    def _look_after(self, tree: Tree, gate: Gate) -> int | None:
        state, code = gate.state, tree.exit_code()
        if not state.allowed or state.run != self._run:
            # The halt is on its way and is what counts, whatever has ended the command: perhaps
            # the watchdog, while this process was frozen.
            return None
        if code is not None:
            return self._ended(code)
        tree.extend(self._patience(state.seconds_left))
        return None

    def _patience(self, left: float) -> float:
        """Return until when the command may live if this process falls silent now."""
        return clock.now() + left + self._plan.grace + _SLACK

    def _start(self, gate: Gate) -> int | None:
        # Without the token: the command and this wrapper would acknowledge for each other.
        environment = {name: value for name, value in os.environ.items() if name != "ANDON_TOKEN"}
        state = gate.state
        environment[GENERATION_VARIABLE] = str(state.generation)
        self._began, self._run = time.monotonic(), state.run
        try:
            self._tree = Tree(
                self._plan.command,
                environment=environment,
                watchdog=self._watchdog,
                until=self._patience(state.seconds_left),
            )
        except OSError as trouble:
            logger.error("cannot start %s: %s", self._plan.command[0], trouble)
            return self._decide(EXIT_CANNOT_START)
        logger.info("started %s, pid %s", self._plan.command[0], self._tree.pid)
        return None

    def _halt(self, gate: Gate, gone: threading.Event) -> int | None:
        tree, self._may = self._tree, False
        if tree is not None:
            logger.warning("stopping %s: %s", self._plan.command[0], gate.state.reason)
            began = time.monotonic()
            tree.end(self._plan.grace)
            self._tree = None
            logger.warning("stopped after %.2f s", time.monotonic() - began)
        gone.set()
        self._remind_at = time.monotonic() + _REMIND_EVERY
        if tree is None or not (self._plan.once or self._ending):
            return None
        return 128 + self._ending if self._ending else EXIT_STOPPED

    def _ended(self, code: int) -> int | None:
        assert self._tree is not None
        # A command that puts itself into the background would go on unsupervised.
        self._tree.end(self._plan.grace)
        self._tree = None
        return self._decide(code)

    def _decide(self, code: int) -> int | None:
        lived = time.monotonic() - self._began
        again = self._plan.restart == "always" or (self._plan.restart == "on-failure" and code)
        if self._ending or not again:
            return code
        if lived > _GOOD_LIFE:
            self._backoff.reset()
        pause = self._backoff.wait()
        self._start_at = time.monotonic() + pause
        logger.warning("ended with %s after %.1f s; next start in %.1f s", code, lived, pause)
        return None

    def _pass_on(self, number: int, came_at: float) -> int | None:
        name, tree = signal.Signals(number).name, self._tree
        if name in _FOR_THE_COMMAND and came_at < self._began:
            # It was not for this command, which may not be ready for it yet.
            return None
        if name in _ENDING:
            self._ending = number
        if tree is not None:
            tree.signal(number)
        elif name not in _FOR_THE_COMMAND:
            return 128 + number
        return None

    def _take_signals(self) -> None:
        def note(name: str) -> Callable[[int, FrameType | None], None]:
            # SimpleQueue.put() is made to be called from a signal handler; logging is not.
            return lambda number, _: self._events.put(Event(name, number, came_at=time.monotonic()))

        for number in _numbers():
            # What was ignored when we began (nohup) stays ignored, as for any command.
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, note("signal"))
        signal.signal(signal.SIGCHLD, note("child"))
