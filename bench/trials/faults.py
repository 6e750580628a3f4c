"""What breaks in a round: how it begins and how it ends.

With those that leave every part alive, no collector may capture a second after the commit.
"""

import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from bench.trials import lies
from bench.trials.world import World, token

FLOOD_A_SECOND = 10_000
PIPELINED = 8
HALF_OPEN = 300


def _nothing(_world: World) -> None:
    return None


@dataclass(frozen=True)
class Fault:
    """`alive`: every part works on, so that a pause reaches everybody within a second."""

    name: str
    begin: Callable[[World], None] = _nothing
    end: Callable[[World], None] = _nothing
    alive: bool = False


# --- Killed, and started again


def _kill_gate(world: World) -> None:
    world.gates[0].signal(signal.SIGKILL)


def _start_gate(world: World) -> None:
    world.gates[0].start()


def _kill_gates(world: World) -> None:
    for gate in world.gates:
        gate.signal(signal.SIGKILL)


def _start_gates(world: World) -> None:
    for gate in world.gates:
        gate.start()


# --- Frozen


def _freeze_gate(world: World) -> None:
    world.gates[0].signal(signal.SIGSTOP)


def _thaw_gate(world: World) -> None:
    world.gates[0].signal(signal.SIGCONT)


def _freeze_collectors(world: World) -> None:
    for one in world.collectors:
        one.process.send_signal(signal.SIGSTOP)


def _thaw_collectors(world: World) -> None:
    for one in world.collectors:
        one.process.send_signal(signal.SIGCONT)


# --- Cut off


def _blind_one(world: World) -> None:
    world.gates[0].database.silence()
    world.gates[0].redis.silence()


def _blind_all(world: World) -> None:
    for gate in world.gates:
        gate.database.silence()
        gate.redis.silence()


def _deafen_all(world: World) -> None:
    for gate in world.gates:
        gate.database.silence(up=False)


def _cut_databases(world: World) -> None:
    for gate in world.gates:
        gate.database.cut()


def _part_collectors(world: World) -> None:
    for gate in world.gates:
        gate.collectors.silence()


def _lose_answers(world: World) -> None:
    for gate in world.gates:
        gate.collectors.silence(up=False)


def _lose_news(world: World) -> None:
    for gate in world.gates:
        gate.collectors.silence(up=False, down=False)


def _mend(world: World) -> None:
    for gate in world.gates:
        for wire in (gate.database, gate.redis, gate.collectors):
            wire.mend()


# --- Attacked


@dataclass
class _Attack:
    """What runs beside a round until it is told to end."""

    work: Callable[["_Attack", World], None]
    over: threading.Event = field(default_factory=threading.Event)
    sockets: list[socket.socket] = field(default_factory=list)
    count: int = 0

    def begin(self, world: World) -> None:
        self.over.clear()
        threading.Thread(target=self.work, args=(self, world), daemon=True).start()

    def end(self, _world: World) -> None:
        self.over.set()
        for one in self.sockets:
            one.close()
        self.sockets.clear()


def _flood(attack: _Attack, world: World) -> None:
    body = json.dumps({"program": "measured-1", "status": "running"})
    lines = []
    for gate in world.gates:
        line = socket.create_connection(("127.0.0.1", gate.port), 5)
        line.settimeout(5)
        lines.append(line)
    attack.sockets += lines
    with suppress(OSError):
        while not attack.over.is_set():
            began = time.monotonic()
            for line in lines:
                said = (
                    f"POST /v1/lease HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {token()}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
                )
                line.sendall(said.encode() * PIPELINED)
            for line in lines:
                seen = 0
                while seen < PIPELINED:
                    seen += line.recv(1 << 20).count(b"HTTP/1.1 4")
                attack.count += seen
            pace = PIPELINED * len(lines) / FLOOD_A_SECOND
            attack.over.wait(max(0.0, began + pace - time.monotonic()))


def _half_open(attack: _Attack, world: World) -> None:
    for gate in world.gates:
        for _ in range(HALF_OPEN):
            line = socket.create_connection(("127.0.0.1", gate.port), 5)
            line.sendall(b"POST /v1/lease HTTP/1.1\r\nHost: ga")
            attack.sockets.append(line)


def _read_nothing(attack: _Attack, world: World) -> None:
    for gate in world.gates:
        for program in world.programs:
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.connect(("127.0.0.1", gate.port))
            line.sendall(
                f"GET /v1/stream?program={program.slug} HTTP/1.1\r\nHost: gate\r\n"
                f"Authorization: Bearer {program.tokens[3]}\r\n\r\n".encode()
            )
            attack.sockets.append(line)


def _lie(attack: _Attack, world: World) -> None:
    while not attack.over.wait(0.2):
        for gate in world.gates:
            for program in world.programs:
                with suppress(OSError, http.client.HTTPException):
                    lies.tell(gate.port, program)


flood, half_open, unread, lying = (
    _Attack(work) for work in (_flood, _half_open, _read_nothing, _lie)
)

FAULTS = (
    Fault("nothing", alive=True),
    Fault("gate killed", _kill_gate, _start_gate),
    Fault("both gates killed", _kill_gates, _start_gates),
    Fault("gate frozen", _freeze_gate, _thaw_gate),
    Fault(
        "PostgreSQL killed",
        lambda world: world.postgres.signal(signal.SIGKILL),
        lambda world: world.postgres.start(),
    ),
    Fault(
        "PostgreSQL frozen",
        lambda world: world.postgres.signal(signal.SIGSTOP),
        lambda world: world.postgres.signal(signal.SIGCONT),
    ),
    Fault(
        "Redis killed",
        lambda world: world.redis.signal(signal.SIGKILL),
        lambda world: world.redis.start(),
        alive=True,
    ),
    Fault(
        "Redis frozen",
        lambda world: world.redis.signal(signal.SIGSTOP),
        lambda world: world.redis.signal(signal.SIGCONT),
        alive=True,
    ),
    Fault("one gate cut off from its database", _blind_one, _mend),
    Fault("both gates cut off from it", _blind_all, _mend),
    Fault("answers of the database lost", _deafen_all, _mend),
    Fault("connections to it closed", _cut_databases, _mend),
    Fault("collectors cut off", _part_collectors, _mend),
    Fault("answers to collectors lost", _lose_answers, _mend),
    Fault("news to collectors lost", _lose_news, _mend),
    Fault("collectors frozen", _freeze_collectors, _thaw_collectors),
    Fault("10,000 bad tokens a second", flood.begin, flood.end, alive=True),
    Fault("600 half-open requests", half_open.begin, half_open.end, alive=True),
    Fault("streams that nobody reads", unread.begin, unread.end, alive=True),
    Fault("a collector that lies", lying.begin, lying.end, alive=True),
)
