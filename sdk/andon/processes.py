"""Starts a command, and decides when it and all that it started are really gone."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from andon import clock

logger = logging.getLogger("andon")

_HERE = Path(__file__).parent
_PR_SET_CHILD_SUBREAPER = 36

# Group members that are not our children announce their end to nobody here: hence looking.
_LOOK_EVERY = 0.02
_KILL_AGAIN_AFTER = 1.0


class Process(NamedTuple):
    """One row of the process table."""

    pid: int
    parent: int
    group: int
    is_zombie: bool


def adopt_orphans() -> None:
    """Become the parent of whatever a command leaves behind, so that none escapes (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Watchdog:
    """A process of its own that kills the command's group if this one is killed or frozen."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start it, if it does not run (any more)."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_HERE / "_watch.py"), str(clock.ID)],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        # A watchdog that does not read must not hold up who stops the command.
        os.set_blocking(self._process.stdin.fileno(), False)

    def watch(self, group: int, *, until: float) -> None:
        """Let the group live until then (lease clock) without another word; 0 is no group."""
        if self._process is not None:
            assert self._process.stdin is not None
            with suppress(OSError):
                os.write(self._process.stdin.fileno(), b"%d %.3f\n" % (group, until))

    def close(self) -> None:
        """End it. Call only when no command is left."""
        if self._process is not None:
            assert self._process.stdin is not None
            with suppress(OSError):
                self._process.stdin.close()
            self._process.wait()
            self._process = None


class Tree:
    """A running command in its own process group, with everything that it started.

    Make and use it from the main thread: the kernel ties the command's life to the thread that
    started it.
    """

    def __init__(
        self,
        command: list[str],
        *,
        environment: dict[str, str],
        watchdog: Watchdog,
        until: float,
    ) -> None:
        self._watchdog = watchdog
        # Before the command, so that there is no moment without one.
        watchdog.start()
        become = [sys.executable, "-I", "-S", str(_HERE / "_become.py"), str(os.getpid())]
        self._process = subprocess.Popen(
            become + command,
            env=environment,
            start_new_session=True,
            # In its own session the command has no terminal; two readers would share the keys.
            stdin=subprocess.DEVNULL if sys.stdin is None or sys.stdin.isatty() else None,
        )
        self.extend(until)

    @property
    def pid(self) -> int:
        return self._process.pid

    def extend(self, until: float) -> None:
        """Let the watchdog wait until then, on the lease clock, before it kills."""
        self._watchdog.watch(self.pid, until=until)

    def exit_code(self) -> int | None:
        """Return the command's exit code, 128 + n if signal n ended it, None while it runs."""
        # Not Popen.poll(): orphans of this group that were adopted must be buried too, or the
        # group would never look empty.
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-self.pid, os.WNOHANG)
                if pid == 0:
                    break
                if pid == self.pid:
                    self._process.returncode = os.waitstatus_to_exitcode(status)
        code = self._process.returncode
        return code if code is None or code >= 0 else 128 - code

    def bury(self) -> None:
        """Take the exit status of adopted orphans that left the group."""
        self._strays()

    def signal(self, number: int) -> None:
        """Send a signal to the command's group, as a terminal does."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def end(self, grace: float) -> None:
        """Return only when nothing of the command is left: SIGTERM, after `grace` s SIGKILL."""
        self._signal_all(signal.SIGTERM)
        patience, began = grace, time.monotonic()
        while not self._is_gone_within(patience):
            left = ", ".join(str(process.pid) for process in self._strays()) or str(self.pid)
            logger.warning("still there after %.1f s, killing: %s", time.monotonic() - began, left)
            self._signal_all(signal.SIGKILL)
            patience = _KILL_AGAIN_AFTER
        self._watchdog.watch(0, until=0)

    def _is_gone_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self._is_gone():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_EVERY)
        return True

    def _is_gone(self) -> bool:
        if self.exit_code() is None:
            return False
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            # Whoever left the group is still in our tree, because orphans are adopted.
            return not self._strays()
        except PermissionError:
            pass
        return False

    def _signal_all(self, number: int) -> None:
        self.signal(number)
        for process in self._strays():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)

    def _strays(self) -> list[Process]:
        spared = {self.pid, self._watchdog.pid}
        strays = []
        for process in _descendants(os.getpid()):
            if process.pid in spared or process.group == self.pid:
                continue
            if process.is_zombie and process.parent == os.getpid():
                with suppress(ChildProcessError):
                    os.waitpid(process.pid, os.WNOHANG)
            else:
                strays.append(process)
        return strays


def _descendants(ancestor: int) -> list[Process]:
    """Return all below `ancestor`; none where there is no /proc."""
    children: dict[int, list[Process]] = {}
    for process in _table():
        children.setdefault(process.parent, []).append(process)
    found, unseen = [], list(children.get(ancestor, []))
    while unseen:
        process = unseen.pop()
        found.append(process)
        unseen.extend(children.get(process.pid, []))
    return found


def _table() -> list[Process]:
    table = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # The name in brackets may itself hold spaces and brackets.
            fields = entry.read_text(errors="replace").rpartition(")")[2].split()
            state, parent, group = fields[0], int(fields[1]), int(fields[2])
            table.append(Process(int(entry.parent.name), parent, group, state == "Z"))
    return table
