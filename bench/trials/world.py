"""All that a round of trials needs: servers, two gates behind wires, programs, collectors."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench import stand
from bench.trials.wires import Exchange, Wire
from config.launch import places, servers
from config.launch.children import Process
from config.launch.fresh import free_ports
from config.launch.stack import answers
from config.launch.supervisor import until_ready

PATIENCE_SECONDS = 60.0
LEASE_SECONDS = 3
SOCKET = ".s.PGSQL.5432"


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


class Gate:
    """One gate, with wires to its database, its Redis, and from its collectors."""

    def __init__(self, name: str, world: "World", *, flawed: bool) -> None:
        self.name = name
        self.port, self.public = free_ports(2)
        folder = world.folder / name
        folder.mkdir(mode=0o711)
        own = os.environ
        self.database = Wire(world.exchange, folder / SOCKET, world.places.sockets / SOCKET)
        self.redis = Wire(world.exchange, folder / "redis.sock", world.redis_socket)
        self.collectors = Wire(world.exchange, self.public, self.port)
        self._env = own | {
            "DATABASE_URL": own["DATABASE_URL"].replace(
                stand.quoted(world.places.sockets), stand.quoted(folder)
            ),
            "REDIS_URL": f"unix://{folder}/redis.sock?db=0",
        }
        self._command = ["-m", "bench.trials.flawed_gate"] if flawed else ["manage.py", "run_gate"]
        self.log = world.folder / f"{name}.log"
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


class Collectors:
    """SDK gates in a process of their own, and what they captured."""

    def __init__(self, wanted: list[dict[str, str]], *, ahead: float = 0.0) -> None:
        options = ["--ahead", str(ahead)] if ahead else []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.trials.collectors", *options],
            cwd=stand.ROOT,
            env={"PYTHONPATH": "sdk:."},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdin
        self.process.stdin.write(json.dumps(wanted))
        self.process.stdin.close()
        # Of each its runs as [first capture, last capture or None], in seconds of wall time.
        self.runs: defaultdict[str, list[list[float | None]]] = defaultdict(list)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            name, said, at = line.split()
            if said == "yes":
                self.runs[name].append([int(at) / 1e9, None])
            else:
                self.runs[name][-1][1] = int(at) / 1e9

    def capture(self, name: str) -> bool:
        """True if it captures now."""
        runs = self.runs[name]
        return bool(runs) and runs[-1][1] is None

    def last_within(self, name: str, since: float, until: float) -> float:
        """Return the time of its last capture between two moments, or 0 if there was none."""
        ends = [
            min(until, end if end is not None else until)
            for begin, end in list(self.runs[name])
            if begin < until and (end is None or end > since)
        ]
        return max(ends, default=0.0)


class World:
    """Starts everything; `close` ends and removes it."""

    def __init__(self, *, programs: int, flawed: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="andon-trials-")).resolve()
        self.folder.chmod(0o711)
        places.hold(self.folder)
        self.places = places.make(self.folder)
        self.exchange = Exchange()
        database = servers.postgres(self.places, environ=os.environ, fast=False)
        redis = servers.redis(self.places, environ=os.environ, fast=False)
        if redis is None:
            raise SystemExit("The trials need a Redis: set REDIS_SERVER to one.")
        self.redis_socket = redis.socket
        self.postgres = Server(database, self.places.logs)
        self.redis = Server(redis, self.places.logs)
        for server in (self.postgres, self.redis):
            server.start()
        database.create_database()
        stand.set_up({"DATABASE_URL": database.url(), "REDIS_URL": redis.url})
        self.gates = [Gate(name, self, flawed=flawed) for name in ("a", "b")]
        for gate in self.gates:
            gate.start()
        self.programs = [stand.Program(4, lease_seconds=LEASE_SECONDS) for _ in range(programs)]
        self.collectors = self._collectors()
        self.wait(lambda: all(gate.ready() for gate in self.gates), "the gates")

    def names(self, program: stand.Program) -> list[str]:
        """Return the names of its SDK collectors; its fourth is the one that lies."""
        return [f"{program.slug}/{number}" for number in range(3)]

    def _collectors(self) -> list[Collectors]:
        urls = [f"http://127.0.0.1:{gate.public}" for gate in self.gates]
        ways = (urls[0], urls[1], ",".join(urls))
        wanted = [
            {"name": name, "program": one.slug, "url": url, "token": token}
            for one in self.programs
            for name, url, token in zip(self.names(one), ways, one.tokens, strict=False)
        ]
        # A third each with a clock that is right, an hour ahead, and an hour behind.
        return [
            Collectors(wanted[0::3]),
            Collectors(wanted[1::3], ahead=3600.0),
            Collectors(wanted[2::3], ahead=-3600.0),
        ]

    def of(self, name: str) -> Collectors:
        """Return the process that runs a collector."""
        return self.collectors[int(name[-1])]

    def capturing(self, program: stand.Program) -> bool:
        return all(self.of(name).capture(name) for name in self.names(program))

    def wait(self, holds: Any, what: str) -> None:
        """Wait until something holds.

        Raises:
            TimeoutError: if it does not within a minute.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come about in {PATIENCE_SECONDS:.0f} s")
            time.sleep(0.05)

    def close(self) -> None:
        for one in self.collectors:
            one.process.kill()
        for gate in self.gates:
            if gate.process:
                gate.process.kill()
        for server in (self.postgres, self.redis):
            server.signal(signal.SIGKILL)
        for folder in {self.places.var, self.places.data, self.places.sockets.parent}:
            shutil.rmtree(folder, ignore_errors=True)


def token() -> str:
    """Return a collector's token that nobody knows."""
    return f"andon_c_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"
