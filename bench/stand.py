"""A real gate on a PostgreSQL and Redis of its own, a program, and many collectors with keys."""

import os
import secrets as random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import cast
from config.launch import testing
from config.launch.fresh import free_ports

ROOT = Path(__file__).resolve().parents[1]
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


@contextmanager
def database() -> Iterator[None]:
    """Start the servers, as durable as production's, and set Django up on them."""
    set_up(testing.start({}, fast=False))
    from django.db import connections

    try:
        yield
    finally:
        connections.close_all()


def set_up(given: Mapping[str, str]) -> None:
    """Set Django up on these servers, in this process and those that it will start."""
    own = ("ANDON_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    for name in [name for name in os.environ if name.startswith(own)]:
        del os.environ[name]
    os.environ.update(
        given,
        ANDON_ENV="test",
        ANDON_LOG_LEVEL="ERROR",
        SECRET_KEY=random.token_urlsafe(40),
        DJANGO_SETTINGS_MODULE="config.settings",
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def quoted(folder: Path) -> str:
    """Return a folder as it stands in the address of a database."""
    return quote(str(folder), safe="")


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="andon-bench-") as name:
        yield Path(name)


class Program:
    """The program that is measured, its people, and its collectors with their tokens."""

    def __init__(self, collectors: int, *, lease_seconds: int = 10) -> None:
        from accounts.actors import Actor
        from accounts.functions import Function

        self.maker = cast.maker()
        number = next(_n)
        self.slug = f"measured-{number}"

        def person(name, *functions):
            return Actor.person(cast.person(f"{name}-{number}", *functions), via="command")

        self._asks = person("asks")
        self.commander = person("commander", Function.COMMANDER)
        self._agree = [person("privacy", Function.PRIVACY_OFFICER), self.commander]
        staff = cast.staff(f"-{number}")
        self.row = cast.collecting(self.slug, staff, lease_seconds=lease_seconds)
        self.pauses = 0
        self.known_generation = 1
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
            actor=self.maker,
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
        from programs import stops

        # Collectors that say nothing are waited for by the engine, which does not run here.
        stops.close(self.stop().pk)
        self.go_on()

    def go_on(self) -> None:
        """Let all of it go on, once its stop is proven. Safe to call again."""
        from programs import answering, resuming
        from programs.models import State

        if self.row.pauses.in_force().exists():
            self.row.resume_requests.filter(state="open").update(state="withdrawn")
            met = {"state": "met", "note": "Measured."}
            answers = {each.id: met for each in answering.current()}
            request = resuming.request(
                self.row, reason="Measured.", answers=answers, actor=self._asks
            )
            for actor in self._agree:
                request = resuming.approve(request, read=resuming.digest(request), actor=actor)
        self.row.refresh_from_db()
        while self.row.state == State.RESUMING:
            self.row = resuming.go_further(self.row, read=self.row.open_seats, actor=self._asks)
