"""What is done to the gates beside a round, without breaking them: floods, silence, lies."""

import http.client
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from bench import stand
from bench.trials import lies
from bench.trials.world import World

FLOOD_A_SECOND = 10_000
HALF_OPEN = 200
STREAMS = 8
# What a gate keeps behind an unread answer, and more than it does.
UNREAD_QUESTIONS = (8, 20_000)
LIE_SECONDS = 0.2


@dataclass
class Attack:
    """What runs beside a round until it is told to end."""

    work: Callable[["Attack", World], None]
    over: threading.Event = field(default_factory=threading.Event)
    sockets: list[socket.socket] = field(default_factory=list)
    # Of the flood: how many were sent, refused, and over how many seconds.
    told: list[tuple[int, int, float]] = field(default_factory=list)

    def begin(self, world: World) -> None:
        self.over.clear()
        threading.Thread(target=self.work, args=(self, world), daemon=True).start()

    def end(self, _world: World) -> None:
        self.over.set()
        for one in self.sockets:
            one.close()
        self.sockets.clear()


def _flood(attack: Attack, world: World) -> None:
    # Apart from us: whoever measures may not wait for whoever attacks.
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "bench.trials.flood",
            str(FLOOD_A_SECOND),
            *(str(gate.port) for gate in world.gates),
        ],
        cwd=stand.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    attack.over.wait()
    said, _ = process.communicate()
    sent, refused, seconds = said.split()
    attack.told.append((int(sent), int(refused), float(seconds)))


def _half_open(attack: Attack, world: World) -> None:
    head = b"POST /v1/lease HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\n"
    for gate in world.gates:
        # Half a head, and a head whose body never comes.
        for said in (head[:-20], head + b"Content-Length: 60\r\n\r\n"):
            for _ in range(HALF_OPEN):
                line = socket.create_connection(("127.0.0.1", gate.port), 5)
                line.sendall(said)
                attack.sockets.append(line)


def _read_nothing(attack: Attack, world: World) -> None:
    for gate in world.gates:
        for program in world.programs:
            news = f"GET /v1/stream?program={program.slug} HTTP/1.1\r\nHost: gate\r\n"
            for _ in range(STREAMS):
                said = news + f"Authorization: Bearer {program.tokens[3]}\r\n\r\n"
                _deaf(attack, gate.port, said.encode())
            # Asks on and on for answers that it never takes.
            sheet = f"GET /v1/verifier?program={program.slug} HTTP/1.1\r\nHost: gate\r\n"
            said = sheet + f"Authorization: Bearer {world.keys[program.slug]}\r\n\r\n"
            for count in UNREAD_QUESTIONS:
                _deaf(attack, gate.port, said.encode() * count)


def _deaf(attack: Attack, port: int, said: bytes) -> None:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.connect(("127.0.0.1", port))
    line.setblocking(False)
    with suppress(BlockingIOError, ConnectionError):
        line.send(said)
    attack.sockets.append(line)


def _lie(attack: Attack, world: World) -> None:
    from django.db import connection

    for program in world.programs:
        lies.forge(world, program)
    connection.close()
    while not attack.over.wait(LIE_SECONDS):
        for gate in world.gates:
            for program in world.programs:
                with suppress(OSError, http.client.HTTPException):
                    lies.tell(gate.port, program)


flood, half_open, unread, lying = (
    Attack(work) for work in (_flood, _half_open, _read_nothing, _lie)
)
