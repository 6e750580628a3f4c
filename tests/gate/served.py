"""A real gate in a process of its own, and collectors that speak to it in plain HTTP."""

import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from accounts import secrets
from programs import collectors, keys, signing
from programs.news import CHANNEL
from tests import make

HOST = "127.0.0.1"
PATIENCE_SECONDS = 40.0
OPEN: list["Reader"] = []
_tests = itertools.count()
_place = HOST


def move() -> None:
    """Call from an address of its own from here on.

    The gate counts bad tokens by address, and forgets them by its clock: of one address, what a
    test is told would depend on what others sent and on how fast the machine is.
    """
    global _place
    number = next(_tests)
    _place = f"127.{1 + (number >> 16) % 200}.{number >> 8 & 255}.{number & 255}"


def place() -> tuple[str, int]:
    """Where calls come from now, for a socket to bind to."""
    return _place, 0


def free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return one.getsockname()[1]


def until(true, *, seconds=PATIENCE_SECONDS, every=0.02):
    """Wait for something that only looking can tell; fail when it does not come."""
    end = time.monotonic() + seconds
    while not (said := true()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(every)
    return said


def database_url(*, host: str = "", name: str = "") -> str:
    own = connection.settings_dict
    host, port = host or own["HOST"], own["PORT"] or 5432
    user, name = quote(own["USER"]), quote(name or own["NAME"])
    password = f":{quote(own['PASSWORD'])}" if own["PASSWORD"] else ""
    return f"postgres://{user}{password}@/{name}?host={quote(host)}&port={port}"


class Served:
    """`manage.py run_gate`, from start to end."""

    def __init__(self, log, *, database="", redis="", workers=1, env=None, port=None):
        self.port = port or free_port()
        self.log = log
        self._errors = log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run_gate"]
            + ["--port", str(self.port), "--workers", str(workers)],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "DATABASE_URL": database or database_url(),
                "REDIS_URL": redis,
                "ANDON_LOG_LEVEL": "INFO",
            }
            | (env or {}),
            stderr=self._errors,
        )

    def ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        return self.get("/readyz")[0] == 200

    def get(self, path, **headers):
        """Return status and text of a GET; status 0 if nobody answers."""
        # Figures are for this machine, and that has one address.
        source = (HOST, 0) if path == "/metrics" else place()
        line = http.client.HTTPConnection(HOST, self.port, timeout=5, source_address=source)
        try:
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            line.close()

    def figure(self, name) -> float:
        """Return one figure, such as `andon_gate_streams` or `name{label="value"}`."""
        lines = self.get("/metrics")[1].splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " "))

    def said(self) -> str:
        return self.log.read_text()

    def end(self, number=signal.SIGTERM, *, seconds=PATIENCE_SECONDS) -> int:
        """Tell it to end; return its status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(seconds)
        self._errors.close()
        return status


@dataclass
class Caller:
    """One collector with its token, as any program in any language would be."""

    collector: Any
    token: str
    gate: Served

    def post(self, path, body, *, token=None, kind="application/json", gate=None):
        """Return (status, what was said) of one exchange on a connection of its own."""
        token = self.token if token is None else token
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
        port = (gate or self.gate).port
        line = http.client.HTTPConnection(HOST, port, timeout=10, source_address=place())
        try:
            line.request("POST", path, content, headers if token else {"Content-Type": kind})
            answer = line.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
        finally:
            line.close()

    def question(self, **other):
        program = self.collector.program
        said = {"program": program.slug, "generation": None, "status": "running"}
        return said | {"version": "test/1"} | other

    def lease(self, *, gate=None, **other):
        return self.post("/v1/lease", self.question(**other), gate=gate)

    def word(self, lease, *, generation, stopped_at=None, key=None, **other):
        """The acknowledgement of a stop by whoever held this lease, signed."""
        said = {
            "program": self.collector.program.slug,
            "generation": generation,
            "lease_generation": lease["generation"],
            "stopped_at": stopped_at or lease["server_time"],
            "buffer": "empty",
            "counter": 1,
        } | other
        signed = signing.Word(collector=self.collector.name, **said)
        key = bytes.fromhex(key or lease["signing_key"])
        return said | {"signature": signed.signature(key)}

    def acknowledge(self, lease, **more):
        return self.post("/v1/ack", self.word(lease, **more))

    def stream(self, *, program=None, gate=None, token=None, unread=None):
        slug = program or self.collector.program.slug
        return Reader((gate or self.gate).port, slug, token=token or self.token, unread=unread)


class Reader:
    """An open stream, read event by event; closed at the end of the test.

    With `unread`, its socket takes no more than so many bytes until they are read.
    """

    def __init__(self, port, slug, *, token, unread=None):
        self.line = socket.socket()
        OPEN.append(self)
        if unread:
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, unread)
        self.line.settimeout(PATIENCE_SECONDS)
        self.line.bind(place())
        self.line.connect((HOST, port))
        self.line.sendall(
            f"GET /v1/stream?program={slug} HTTP/1.1\r\nHost: gate\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        self.file = self.line.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass

    def chunk(self) -> str:
        """Return the next chunk; "" at the end of the stream."""
        size = int(self.file.readline().strip() or b"0", 16)
        said = self.file.read(size + 2)[:-2].decode()
        return said

    def event(self):
        """Return (event, data) of the next event that is no beat; None at the end."""
        while (said := self.chunk()).startswith(":"):
            pass
        if not said:
            return None
        fields = dict(part.split(": ", 1) for part in said.strip().splitlines())
        return fields["event"], json.loads(fields["data"])

    def close(self):
        self.file.close()
        self.line.close()


def caller(gate, program=None, *, name="", dataset=None) -> Caller:
    """A collector of a program that collects, and its key."""
    collector = make.collector(program or make.program(), name, dataset=dataset)
    _, token = collectors.issue_key(collector, actor=make.SYSTEM)
    assert secrets.parse(token)
    return Caller(collector, token, gate)


def ingest(program):
    """The text of a key with which records of the program are checked."""
    actor = make.actor(program.owner)
    text = keys.issue_for_ingest(program, label=f"in-{program.keys.count()}", actor=actor)[1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return text


def known(gate) -> None:
    """Wait until the gate has read every key that there is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), pg_notify(%s, '') FROM programs_collectorkey", [CHANNEL])
        keys = cursor.fetchone()[0]
    until(lambda: gate.figure("andon_gate_keys") >= keys)
