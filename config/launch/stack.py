"""What Andon on one machine consists of: the table of its processes."""

import http.client
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from config.launch.children import Child, Stage
from config.launch.ports import HOST
from config.launch.refusal import CannotStart

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
ENGINES = 2
# How each of the demo's collectors runs, in the order of the demo file; the last serves the rest.
# The first two are told nothing of gates: the kind of program that `andon run` is for.
EXAMPLE = "sdk/examples/file_collector.py"
WRAPPED = ("-m", "andon", "run", "--program", "{program}", "--", PYTHON, EXAMPLE, "{file}")
COLLECTORS: tuple[tuple[str, ...], ...] = (WRAPPED, WRAPPED, (EXAMPLE, "{file}"))


@dataclass(frozen=True)
class SignIn:
    role: str
    username: str
    password: str


@dataclass(frozen=True)
class Collector:
    name: str
    program: str
    token: str
    file: str


@dataclass(frozen=True)
class Demo:
    """What `manage.py seed_demo` left for us to show and to start."""

    sign_ins: tuple[SignIn, ...]
    collectors: tuple[Collector, ...]


def read_demo(file: Path) -> Demo:
    """Return the demo's sign-ins and collectors.

    Raises:
        CannotStart: if the file is not there or has another form.
    """
    try:
        told = json.loads(file.read_text())
        return Demo(
            tuple(SignIn(**one) for one in told["sign_ins"]),
            tuple(Collector(**one) for one in told["collectors"]),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CannotStart(
            f"{file} is not what seed_demo should leave ({error!r}): start with --no-demo."
        ) from error


@dataclass(frozen=True)
class Stack:
    """The processes of one installation, on these ports, with this environment."""

    port: int
    gate_port: int
    env: Mapping[str, str]

    def once(self, *command: str) -> Child:
        """Return a management command that ends by itself."""
        return self._child(command[0], "manage.py", *command)

    def gate(self) -> Child:
        command = ("manage.py", "run_gate", "--port", str(self.gate_port))
        child = self._child("gate", *command, port=self.gate_port)
        if self.env.get("ANDON_ENV") == "production":
            # There collectors come through a proxy, whose address only its owner knows.
            return child
        # Told to the gate alone: it is the address of this one.
        own = {"ANDON_GATE_PUBLIC_URL": f"http://localhost:{self.gate_port}"}
        return replace(child, env={**own, **child.env})

    def engines(self) -> list[Child]:
        numbers = range(1, ENGINES + 1)
        return [self._child(f"engine-{n}", "manage.py", "run_engine") for n in numbers]

    def worker(self) -> Child:
        command = ("-m", "celery", "-A", "config", "worker", "--loglevel", "INFO")
        options = ("--concurrency", "2", "--without-gossip", "--without-mingle")
        return self._child("worker", *command, *options)

    def web(self) -> Child:
        command = ("-m", "granian", "--interface", "wsgi", "config.wsgi:application")
        threads = ("--workers", "1", "--blocking-threads", "8", "--no-ws")
        where = ("--host", HOST, "--port", str(self.port))
        return self._child("web", *command, *where, *threads, port=self.port)

    def collectors(self, demo: Demo, *, var: Path) -> list[Child]:
        """Return the demo's collectors, each with its own token and file."""
        return [self._collector(number, one, var) for number, one in enumerate(demo.collectors)]

    def _collector(self, number: int, one: Collector, var: Path) -> Child:
        file = var / one.file
        file.parent.mkdir(parents=True, exist_ok=True)
        words = {"{program}": one.program, "{file}": str(file)}
        command = COLLECTORS[min(number, len(COLLECTORS) - 1)]
        return Child(
            name=f"collector-{one.name}",
            command=(PYTHON, *(words.get(word, word) for word in command)),
            stage=Stage.COLLECTORS,
            # Nothing of ours but its token: a collector runs on other people's machines.
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": str(ROOT / "sdk"),
                "PYTHONUNBUFFERED": "1",
                "ANDON_GATE_URL": f"http://{HOST}:{self.gate_port}",
                "ANDON_TOKEN": one.token,
                "ANDON_PROGRAM": one.program,
            },
            cwd=ROOT,
        )

    def _child(self, name: str, *words: str, port: int | None = None) -> Child:
        probe = partial(answers, port, host=self._host()) if port else None
        return Child(
            name=name,
            command=(PYTHON, *words),
            stage=Stage.PRODUCT,
            env=self.env,
            cwd=ROOT,
            port=port,
            ready=probe or _no_probe,
        )

    def _host(self) -> str:
        # Django answers 400 to a name it was not told.
        named = self.env.get("ANDON_HOSTS", "").split(",")[0].strip().lstrip(".*")
        return named or "localhost"


def _no_probe() -> bool:
    return True


def answers(port: int, *, host: str, path: str = "/readyz") -> bool:
    """Tell whether the server says 200 to /readyz, within 2 s."""
    line = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        line.request("GET", path, headers={"Host": host})
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
