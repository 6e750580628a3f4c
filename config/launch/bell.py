"""Wakes the launcher when a child ends or someone asks it to stop. Main thread only."""

import select
import signal
import socket
import time
from types import TracebackType

# make passes a signal on that its whole group has got already: both copies are one request.
ONE_REQUEST_SECONDS = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Bell:
    """Signals set a flag and ring; nothing else happens inside a signal handler."""

    def __init__(self) -> None:
        self.stopping = False
        self.hurried = False
        self._asked_at = 0.0

    def __enter__(self) -> "Bell":
        self._ear, self._clapper = socket.socketpair()
        for end in (self._ear, self._clapper):
            end.setblocking(False)
        self._fd_before = signal.set_wakeup_fd(self._clapper.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._asked) for number in STOP_SIGNALS}
        # Without a handler a child's end would not interrupt the wait.
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd_before)
        self._ear.close()
        self._clapper.close()

    def wait(self, seconds: float) -> None:
        """Sleep until something happens, at most this long."""
        ready, _, _ = select.select([self._ear], [], [], max(seconds, 0))
        if ready:
            self._ear.recv(4096)

    def _asked(self, *_: object) -> None:
        now = time.monotonic()
        if self.stopping and now - self._asked_at >= ONE_REQUEST_SECONDS:
            self.hurried = True
        if not self.stopping:
            self.stopping, self._asked_at = True, now
