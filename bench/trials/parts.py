"""The processes that a round of trials breaks: servers, gates behind wires, and the web."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from bench import stand
from bench.trials.wires import Exchange, Wire
from config.launch.children import Process
from config.launch.fresh import free_ports
from config.launch.stack import Stack, answers
from config.launch.supervisor import until_ready

SOCKET = ".s.PGSQL.5432"
ANSWER_SECONDS = 2.0


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with suppress(OSError):
            for file in Path(f"/proc/{one}/task").glob("*/children"):
                waiting += [int(word) for word in file.read_text().split()]
    return found


def tell(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process and all below it."""
    for one in family(pid):
        with suppress(ProcessLookupError):
            os.kill(one, number)


class Server:
    """PostgreSQL or Redis, killed and started again on the same data."""

    def __init__(self, server: Any, logs: Path) -> None:
        self._child = server.child()
        self._log = logs / f"{self._child.name}.log"
        self.process: Process | None = None

    def start(self) -> None:
        self._child.prepare()
        self.process = Process(self._child, log=self._log)
        until_ready(self.process, wait=time.sleep)

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        tell(self.process.pid, number)
        if number == signal.SIGKILL:
            self.process.sweep()


class Ground(NamedTuple):
    """Where gates stand: their folder, what runs their wires, and the sockets of the servers."""

    folder: Path
    exchange: Exchange
    sockets: Path
    redis_socket: Path


class Gate:
    """One gate, with wires to its database, its Redis, and from its collectors."""

    def __init__(self, name: str, ground: Ground, *, flaw: str | None) -> None:
        self.name = name
        self.port, self.public = free_ports(2)
        folder = ground.folder / name
        folder.mkdir(mode=0o711)
        own = os.environ
        self.database = Wire(ground.exchange, folder / SOCKET, ground.sockets / SOCKET)
        self.redis = Wire(ground.exchange, folder / "redis.sock", ground.redis_socket)
        self.collectors = Wire(ground.exchange, self.public, self.port)
        self._env = own | {
            "DATABASE_URL": own["DATABASE_URL"].replace(
                stand.quoted(ground.sockets), stand.quoted(folder)
            ),
            "REDIS_URL": f"unix://{folder}/redis.sock?db=0",
        }
        self._command = (
            ["-m", "bench.trials.flawed_gate", flaw] if flaw else ["manage.py", "run_gate"]
        )
        self.log = ground.folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self._command, "--port", str(self.port)],
                cwd=stand.ROOT,
                env=self._env,
                stderr=log,
                stdout=log,
            )

    def ready(self) -> bool:
        return answers(self.port, host="localhost")

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait()


class Web:
    """The pages and the API, as `make run` starts them, without wires to break."""

    def __init__(self, logs: Path) -> None:
        (self.port,) = free_ports(1)
        child = Stack(self.port, 0, dict(os.environ)).web()
        self.process = Process(child, log=logs / "web.log")

    def ready(self) -> bool:
        return answers(self.port, host="localhost")

    def ask(self, method: str, path: str, token: str, body: Any = None) -> tuple[int, Any]:
        """Return the status and what was said; 0 and None if there is no answer in time."""
        line = http.client.HTTPConnection("localhost", self.port, timeout=ANSWER_SECONDS)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            line.request(method, path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            line.close()
