"""A real gate on a PostgreSQL and Redis of its own, a program, and many collectors with keys."""

import json
import os
import secrets as random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from config.launch import testing
from config.launch.fresh import free_ports

ROOT = Path(__file__).resolve().parents[1]
CLIENT = Path(__file__).with_name("streams.c")
_n = count(1)
PATIENCE_SECONDS = 60.0


class Gate:
    """`manage.py run_gate`, killed and started again on the same port."""

    def __init__(self, *, workers: int) -> None:
        (self.port,) = free_ports(1)
        self.workers = workers
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; return once it listens, which is before it has read anything."""
        options = ["--port", str(self.port), "--workers", str(self.workers)]
        env = os.environ | {"ANDON_LOG_LEVEL": "ERROR"}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "run_gate", *options], cwd=ROOT, env=env
        )
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.005)
        raise TimeoutError("the gate does not listen")

    def pids(self) -> list[int]:
        """Return the processes that serve."""
        assert self.process
        if self.workers == 1:
            return [self.process.pid]
        file = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in Path(file).read_text().split()]

    def kill(self) -> None:
        """End it without warning."""
        if self.process:
            for pid in [self.process.pid, *self.pids()]:
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def cpu_seconds(self) -> float:
        ticks = 0
        for pid in self.pids():
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_kib(self) -> float:
        """Return what its processes use, shared pages by their share."""
        total = 0
        for pid in self.pids():
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total


class Client:
    """bench/streams.c, compiled here, holding the collectors' connections."""

    def __init__(self, port: int, program: "Program", folder: Path) -> None:
        self._folder = folder
        ours = folder / "streams"
        if not ours.exists():
            compiler = shutil.which("cc") or shutil.which("gcc")
            if compiler is None:
                raise SystemExit("No C compiler found: the collectors are held by a C program.")
            subprocess.run([compiler, "-O2", "-o", ours, CLIENT], check=True)
        (folder / "tokens").write_text("\n".join(program.tokens) + "\n")
        self._process = subprocess.Popen(
            [ours, str(port), program.slug, folder / "tokens"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words: object) -> dict[str, Any]:
        """Give a command, and return its answer."""
        self.tell(*words)
        return self.hear()

    def tell(self, *words: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout
        said: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"failed": "ended"}')
        if "failed" in said:
            raise RuntimeError(f"the client failed: {said['failed']}")
        return said

    def words(self, lines: list[str]) -> Path:
        """Keep what each collector will say, by its number; return where."""
        file = self._folder / "words"
        file.write_text("\n".join(lines) + "\n")
        return file

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def database() -> Iterator[None]:
    """Start the servers, as durable as production's, and set Django up on them."""
    own = ("ANDON_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    for name in [name for name in os.environ if name.startswith(own)]:
        del os.environ[name]
    os.environ.update(testing.start({}, fast=False))
    os.environ.update(
        ANDON_ENV="test",
        ANDON_LOG_LEVEL="ERROR",
        SECRET_KEY=random.token_urlsafe(40),
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        connections.close_all()


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as name:
        yield Path(name)


class Program:
    """The program that is measured, its people, and its collectors with their tokens."""

    def __init__(self, collectors: int, *, lease_seconds: int = 10) -> None:
        from accounts.actors import Actor
        from accounts.functions import Function
        from audit import people
        from config import attested
        from programs import lifecycle
        from programs.evidence import Shown

        self._maker = Actor(name="bench", via="command")
        number = next(_n)
        self.slug = f"measured-{number}"

        def person(name, *functions):
            user = people.add(
                f"{name}-{number}",
                email=f"{name}-{number}@demo.example",
                password=random.token_urlsafe(24),
                functions=functions,
                actor=self._maker,
            )
            return Actor.person(user, via="command")

        owner = person("owner", Function.PROGRAM_OWNER)
        self._asks = person("asks")
        self._agree = [
            person("privacy", Function.PRIVACY_OFFICER),
            person("commander", Function.COMMANDER),
        ]
        made = lifecycle.draft(
            slug=self.slug,
            name="Measured",
            purpose="Nothing is collected: it exists to be stopped.",
            owner=owner.user,
            actor=self._maker,
            categories=["keystrokes"],
            declared_audience="Nobody",
            participants=70_000,
            lease_seconds=lease_seconds,
            **attested.NOTHING_SPECIAL,
        )
        officer, keeper = person("officer", *attested.OFFICER), person("keeper", *attested.KEEPER)
        by = attested.two(officer.user, keeper.user, owner=owner.user)
        attested.attest_all(made, by=by, shown=Shown(note="For a bench."))
        made = lifecycle.approve(made, actor=self._agree[0])
        self.row = lifecycle.start(made, actor=owner)
        self.pauses = 0
        self.ids, self.tokens = self._collectors(collectors)

    def _collectors(self, count: int) -> tuple[list[int], list[str]]:
        from django.utils import timezone

        from accounts import secrets
        from programs.models import Collector, CollectorKey

        # Ten thousand by the domain would take minutes for their record.
        rows = Collector.objects.bulk_create(
            Collector(program=self.row, name=f"machine-{n}") for n in range(count)
        )
        minted = [secrets.mint("c") for _ in rows]
        CollectorKey.objects.bulk_create(
            CollectorKey(
                collector=row,
                key_id=key.key_id,
                secret_hash=key.secret_hash,
                expires_at=timezone.now() + timedelta(days=1),
            )
            for row, key in zip(rows, minted, strict=True)
        )
        return [row.pk for row in rows], [key.text for key in minted]

    def generation(self) -> int:
        self.row.refresh_from_db()
        generation: int = self.row.generation
        return generation

    def pause(self) -> int:
        """Pause it; return the monotonic clock, in nanoseconds, from before its transaction."""
        from programs import pauses

        self.pauses += 1
        began = time.monotonic_ns()
        pauses.pause(
            self.row,
            holder=f"INC-{self.pauses}",
            label="Amber Otter",
            reason="Measured.",
            actor=self._maker,
        )
        return began

    def committed_at(self) -> float:
        """Return when the latest pause was committed, in seconds of the wall clock."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8"
                " FROM programs_pause ORDER BY id DESC LIMIT 1"
            )
            return float(cursor.fetchone()[0])

    def stop(self) -> Any:
        """Return the latest stop order."""
        return self.row.stop_orders.order_by("-generation").first()

    def resume(self) -> None:
        """Let all of it go on, by the two people that it takes."""
        from programs import answering, resuming, stops
        from programs.models import State

        # Collectors that say nothing are waited for by the engine, which does not run here.
        stops.close(self.stop().pk)
        met = {"state": "met", "note": "Measured."}
        answers = {each.id: met for each in answering.current()}
        request = resuming.request(self.row, reason="Measured.", answers=answers, actor=self._asks)
        for actor in self._agree:
            request = resuming.approve(request, read=resuming.digest(request), actor=actor)
        self.row.refresh_from_db()
        while self.row.state == State.RESUMING:
            self.row = resuming.go_further(self.row, read=self.row.open_seats, actor=self._asks)
