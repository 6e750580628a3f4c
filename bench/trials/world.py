"""All that a round of trials needs: servers, two gates behind wires, programs, collectors."""

import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from bench import cast, stand
from bench.trials.parts import Gate, Ground, Server, Web
from bench.trials.runs import Runs
from bench.trials.wires import Exchange
from config.launch import places, servers

PATIENCE_SECONDS = 60.0
LEASE_SECONDS = 3
# Of each program: three collectors in its last generations.
KEPT_STAMPS = 6


class Stamp(NamedTuple):
    """A stamp that a collector made while it captured, and what it says."""

    name: str
    generation: int
    text: str


class World:
    """Starts everything; `close` ends and removes it."""

    def __init__(self, *, programs: int, flaw: str | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="andon-trials-")).resolve()
        self.folder.chmod(0o711)
        places.hold(self.folder)
        self.places = places.make(self.folder)
        self.exchange = Exchange()
        database = servers.postgres(self.places, environ=os.environ, fast=False)
        redis = servers.redis(self.places, environ=os.environ, fast=False)
        if redis is None:
            raise SystemExit("The trials need a Redis: set REDIS_SERVER to one.")
        self.postgres = Server(database, self.places.logs)
        self.redis = Server(redis, self.places.logs)
        for server in (self.postgres, self.redis):
            server.start()
        database.create_database()
        stand.set_up(
            {
                "DATABASE_URL": database.url(),
                "REDIS_URL": redis.url,
                "ANDON_RECORD_FOLDER": str(self.folder / "checkpoints"),
            }
        )
        ground = Ground(self.folder, self.exchange, self.places.sockets, redis.socket)
        self.gates = [Gate(name, ground, flaw=flaw) for name in ("a", "b")]
        for gate in self.gates:
            gate.start()
        from accounts.models import Scope

        self.web = Web(self.places.logs)
        self.programs = [stand.Program(4, lease_seconds=LEASE_SECONDS) for _ in range(programs)]
        self.keys = {one.slug: _ingest_key(one) for one in self.programs}
        # Of a responder, who sees all programs and their collectors.
        self.reader = cast.token(self.programs[0].commander.user, Scope.READ)
        # The newest stamp of each collector and generation.
        self.stamps: defaultdict[str, dict[tuple[str, int], Stamp]] = defaultdict(dict)
        self._stamping = threading.Lock()
        self.verifiers = self._verifiers()
        self.collectors = self._collectors()
        for part in (*self.gates, self.web):
            self.wait(part.ready, "gates and pages")

    def names(self, program: stand.Program) -> list[str]:
        """Return the names of its SDK collectors; its fourth is the one that lies."""
        return [f"{program.slug}/{number}" for number in range(3)]

    def stamps_of(self, program: stand.Program) -> list[Stamp]:
        with self._stamping:
            return list(self.stamps[program.slug].values())

    def _stamped(self, name: str, text: str) -> None:
        """Keep a stamp, and let the verifiers try it from now on."""
        stamp = Stamp(name, int(text.split(";")[3]), text)
        slug = name.partition("/")[0]
        with self._stamping:
            held = self.stamps[slug]
            held[name, stamp.generation] = stamp
            # Those of long ago are of no use, but would be asked about for ever.
            for old in sorted(held, key=lambda key: key[1])[:-KEPT_STAMPS]:
                del held[old]
        self.verifiers.say(f"{slug} {label(name, stamp.generation)} {text}")

    def _verifiers(self) -> Runs:
        wanted = [
            {"name": one.slug, "url": url, "token": self.keys[one.slug]}
            for one, url in zip(self.programs, self._ways() * len(self.programs), strict=False)
        ]
        return Runs("bench.trials.verifiers", wanted, told=self._stamped)

    def _ways(self) -> tuple[str, ...]:
        """Return what an SDK may be told: one gate, the other, both."""
        urls = [f"http://127.0.0.1:{gate.public}" for gate in self.gates]
        return urls[0], urls[1], ",".join(urls)

    def _collectors(self) -> list[Runs]:
        wanted = [
            {"name": name, "program": one.slug, "url": url, "token": token}
            for one in self.programs
            for name, url, token in zip(self.names(one), self._ways(), one.tokens, strict=False)
        ]
        # A third each with a clock that is right, an hour ahead, and an hour behind.
        return [
            Runs(
                "bench.trials.collectors",
                wanted[number::3],
                *(("--ahead", str(ahead)) if ahead else ()),
                told=self._stamped,
            )
            for number, ahead in enumerate((0.0, 3600.0, -3600.0))
        ]

    def of(self, name: str) -> Runs:
        """Return the process that runs a collector."""
        return self.collectors[int(name[-1])]

    def capturing(self, program: stand.Program) -> bool:
        return all(self.of(name).is_yes(name) for name in self.names(program))

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
        for one in (*self.collectors, self.verifiers):
            one.process.kill()
        self.web.process.sweep()
        for gate in self.gates:
            if gate.process:
                gate.process.kill()
        for server in (self.postgres, self.redis):
            server.signal(signal.SIGKILL)
        for folder in {self.places.var, self.places.data, self.places.sockets.parent}:
            shutil.rmtree(folder, ignore_errors=True)


def label(name: str, generation: int) -> str:
    """Return how the verifiers call the stamps of a collector in one generation."""
    return f"{name}@{generation}"


def _ingest_key(program: stand.Program) -> str:
    from programs import keys

    return keys.issue_for_ingest(program.row, label="Trials", actor=program.commander)[1]


def token() -> str:
    """Return a collector's token that nobody knows."""
    return f"andon_c_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"
