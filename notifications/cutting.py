"""End a call outside when its time is up, whatever it does then.

For whoever opens lines within a `Deadline`, and shows it each by `watched`.
"""

import os
import socket
import threading
import time
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count


class Deadline:
    """Ends what is done within it when its time is up.

    A socket's own time-out begins anew with each byte: who drips an answer would hold us for hours.
    """

    def __init__(self, ends: float) -> None:
        self.ends = ends
        self._line: socket.socket | None = None

    def __enter__(self) -> "Deadline":
        _of_this_thread.deadline = self
        return self

    def __exit__(self, *_: object) -> None:
        _of_this_thread.deadline = None
        if self._line:
            self._line.close()

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self.ends

    def check(self) -> None:
        if self.passed:
            raise TimeoutError

    def watch(self, line: socket.socket) -> None:
        # A descriptor of its own: TLS moves the other one about, and its number may be reused.
        self._line = socket.socket(fileno=os.dup(line.fileno()))
        _watchman.take(self)

    def cut(self) -> None:
        # Of what is over the line is closed, which is such an error.
        with suppress(OSError):
            if self._line:
                self._line.shutdown(socket.SHUT_RDWR)


class _OfThisThread(threading.local):
    deadline: Deadline | None = None


class _Watchman:
    """Cuts the lines whose time is up. One thread for all: one for each call cost a tenth of it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: list[tuple[float, int, Deadline]] = []
        self._numbers = count()
        self._thread: threading.Thread | None = None

    def take(self, deadline: Deadline) -> None:
        with self._changed:
            heappush(self._deadlines, (deadline.ends, next(self._numbers), deadline))
            # In a process that was forked since there is no such thread any more.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="andon-cut", daemon=True)
                self._thread.start()
            elif self._deadlines[0][2] is deadline:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._deadlines or self._deadlines[0][0] > time.monotonic():
                    self._changed.wait(self._seconds_left())
                _ends, _number, deadline = heappop(self._deadlines)
            deadline.cut()

    def _seconds_left(self) -> float | None:
        if not self._deadlines:
            return None
        return max(self._deadlines[0][0] - time.monotonic(), 0)


_of_this_thread = _OfThisThread()
_watchman = _Watchman()


def watched(line: socket.socket) -> socket.socket:
    """Return a line that this thread opened; its deadline, if there is one, cuts it in time."""
    if _of_this_thread.deadline:
        _of_this_thread.deadline.watch(line)
    return line
