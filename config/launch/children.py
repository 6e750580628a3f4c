"""One child process: how it starts, where its words go, how it ends. Knows no other child."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from pathlib import Path

from config.launch.places import Account

LARGEST_LOG = 10 * 1024 * 1024
TAIL_LINES = 15
PR_SET_PDEATHSIG = 1


class Stage(IntEnum):
    """What needs what: a stage stops before the one below it."""

    SERVERS = 0
    PRODUCT = 1
    COLLECTORS = 2


def _nothing() -> None:
    """Prepare nothing."""


def _at_once() -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Child:
    """What to start, and how to tell that it works. `patience` is in seconds."""

    name: str
    command: tuple[str, ...]
    stage: Stage
    env: Mapping[str, str]
    cwd: Path
    account: Account | None = None
    stop: signal.Signals = signal.SIGTERM
    hurry: signal.Signals = signal.SIGKILL
    port: int | None = None
    prepare: Callable[[], None] = _nothing
    ready: Callable[[], bool] = _at_once
    patience: float = 60.0


@dataclass
class Backoff:
    """How long to wait before a dead child starts again: 0.5 s, doubling to 30 s."""

    first: float = 0.5
    longest: float = 30.0
    settled: float = 60.0
    _next: float = field(default=0.0, init=False)

    def after(self, lived: float) -> float:
        """Return the seconds to wait, given how many the child lived."""
        if lived >= self.settled or not self._next:
            self._next = self.first
        wait, self._next = self._next, min(self._next * 2, self.longest)
        return wait


class Process:
    """A started child. It leads its own process group and dies with its launcher."""

    def __init__(self, child: Child, *, log: Path) -> None:
        self.child = child
        self.log = log
        self.started_at = time.monotonic()
        self._popen = _spawn(child, log)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        return self._popen.poll()

    @property
    def running(self) -> bool:
        return self.exit_code is None

    @property
    def lived(self) -> float:
        return time.monotonic() - self.started_at

    def signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end, so long at most; tell whether it came."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        return not self.running

    def sweep(self) -> None:
        """Kill what the child left in its group, and the child itself if it still runs."""
        with suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def how_it_ended(self) -> str:
        code = self.exit_code
        if code is None:
            return "still runs"
        return signal.Signals(-code).name if code < 0 else f"exit {code}"

    def last_words(self) -> str:
        """Return the end of its log, for the person who has to find out why."""
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 8192))
            lines = file.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join(f"  | {line}" for line in lines)


def _spawn(child: Child, log: Path) -> "subprocess.Popen[bytes]":
    _rotate(log)
    who = child.account
    # For its owner alone: logs name people.
    with open(log, "ab", opener=partial(os.open, mode=0o600)) as out:
        return subprocess.Popen(
            child.command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=child.cwd,
            env=child.env,
            user=who.uid if who else None,
            group=who.gid if who else None,
            extra_groups=[] if who else None,
            # Its own group: Ctrl-C reaches the launcher alone, which then stops all in order.
            start_new_session=True,
            preexec_fn=dies_with_parent(child.stop),
        )


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_name(log.name + ".1"))


def dies_with_parent(stop: signal.Signals) -> Callable[[], None] | None:
    """Return what a new child runs so that the kernel stops it when its parent dies.

    The kernel means the thread that started the child: start children from one
    that lives as long as they should. Source: prctl(2), PR_SET_PDEATHSIG.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def in_the_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(stop))
        if os.getppid() != parent:
            os.kill(os.getpid(), stop)

    return in_the_child
