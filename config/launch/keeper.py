"""Ends what a killed launcher leaves behind. The only process that outlives the launcher.

Linux can tell each child that its parent died, but a child may ignore that, a
grandchild never hears it, and other systems have no such signal. So a small
process waits at the end of a pipe that only the launcher holds open.
"""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress

from config.launch.living import lives

PATIENCE = 10.0
KILLED_SECONDS = 2.0
POLL_SECONDS = 0.05


class Keeper:
    """The launcher's end of the pipe. Fork it before anything starts a thread."""

    def __init__(self) -> None:
        read, self._write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._write)
                _keep(read)
            finally:
                os._exit(0)
        os.close(read)

    def watch(self, pid: int, stop: signal.Signals) -> None:
        """Remember a child, which leads its own process group."""
        self._tell(f"{pid} {int(stop)}\n")

    def forget(self, pid: int) -> None:
        self._tell(f"{pid} 0\n")

    def dismiss(self) -> None:
        """Let the keeper go; it ends at once if every child was forgotten."""
        os.close(self._write)
        os.waitpid(self._pid, 0)

    def _tell(self, line: str) -> None:
        # A dead keeper costs the second line of defence, not the children.
        with suppress(BrokenPipeError):
            os.write(self._write, line.encode())


def _keep(pipe: int) -> None:
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    children: dict[int, int] = {}
    with os.fdopen(pipe) as lines:
        for line in lines:
            pid, stop = map(int, line.split())
            children.pop(pid, None)
            if stop:
                children[pid] = stop
    end(children)


def end(children: dict[int, int]) -> None:
    """Stop the groups that these pids lead, last started first; kill what stays after 10 s."""
    for pid in reversed(children):
        with suppress(OSError):
            os.kill(pid, children[pid])
    _wait_for(children, seconds=PATIENCE)
    for pid in children:
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
    # Killed is not gone; until then the next start must not have the lock.
    _wait_for(children, seconds=KILLED_SECONDS)


def _wait_for(pids: Iterable[int], *, seconds: float) -> None:
    give_up = time.monotonic() + seconds
    while any(map(lives, pids)) and time.monotonic() < give_up:
        time.sleep(POLL_SECONDS)
