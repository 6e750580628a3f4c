"""Keeps several gate processes on one socket alive. Decides only when one is started again."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from types import FrameType

import structlog
from django.conf import settings
from prometheus_client import multiprocess

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
# A process that dies at once is started again no more often than this.
AGAIN_SECONDS = 1.0
LEAVE_SECONDS = 12.0


class Workers:
    """The processes. Each is this command again, with the socket handed down.

    Each reads from a pipe that never says anything; its end tells the process that
    this one died, so that no gate outlives the one who would stop it.
    """

    def __init__(self, listener: socket.socket, *, count: int) -> None:
        self._listener = listener
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * count
        self._started_at = [float("-inf")] * count
        self._stopping = False

    def run(self) -> None:
        """Keep them alive until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        with tempfile.TemporaryDirectory(prefix="andon-gate-") as figures:
            # Where the processes leave their figures, so that a scrape of one adds up all.
            environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": figures}
            while not self._stopping:
                for place in range(len(self._processes)):
                    self._keep(place, environment)
                time.sleep(LOOK_SECONDS)
            self._end()

    def _keep(self, place: int, environment: Mapping[str, str]) -> None:
        process = self._processes[place]
        if process and process.poll() is None:
            return
        if process:
            logger.error("gate_process_died", pid=process.pid, status=process.returncode)
            multiprocess.mark_process_dead(  # type: ignore[no-untyped-call]
                process.pid, environment["PROMETHEUS_MULTIPROC_DIR"]
            )
            _close_pipe(process)
            self._processes[place] = None
        if time.monotonic() - self._started_at[place] >= AGAIN_SECONDS:
            self._started_at[place] = time.monotonic()
            self._processes[place] = self._start(environment)

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        descriptor = self._listener.fileno()
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "django", "run_gate", "--socket", str(descriptor)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            pass_fds=[descriptor],
            # Ctrl-C reaches the whole group of a terminal; only this process acts on it.
            process_group=0,
        )

    def _end(self) -> None:
        self._listener.close()
        running = [process for process in self._processes if process]
        for process in running:
            process.terminate()
        until = time.monotonic() + LEAVE_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.error("gate_process_killed", pid=process.pid)
                process.kill()
                process.wait()
            _close_pipe(process)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
