"""A launcher under test: starts it, reads what it says, sees what it leaves."""

import json
import os
import random
import re
import select
import subprocess
import sys
import time
from pathlib import Path

from config.launch import ports

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0


class Launcher:
    """A launcher process. `said` grows with each line read."""

    def __init__(self, *command, cwd=ROOT, **env):
        self.said = ""
        plain = {name: value for name, value in os.environ.items() if name not in HIDDEN}
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=cwd,
            env={**plain, "PYTHONPATH": str(cwd), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )

    def until(self, pattern):
        """Read until a line matches; return the match."""
        give_up = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.said)):
            if not self._read(give_up - time.monotonic()):
                raise AssertionError(f"never said {pattern!r}, but:\n{self.said}")
        return found

    def rest(self):
        """Read until nobody holds its output any more: it and all it left are gone."""
        give_up = time.monotonic() + PATIENCE
        while self._read(give_up - time.monotonic()):
            pass
        return self.said

    def stop(self, number):
        self.process.send_signal(number)
        return self.end()

    def end(self):
        self.rest()
        return self.process.wait(PATIENCE)

    def _read(self, seconds):
        readable, _, _ = select.select([self.process.stdout], [], [], max(seconds, 0))
        if not readable:
            raise AssertionError(f"still open after {PATIENCE} s; it said:\n{self.said}")
        data = os.read(self.process.stdout.fileno(), 65536)
        self.said += data.decode()
        return bool(data)


HIDDEN = frozenset(
    {"DATABASE_URL", "REDIS_URL", "PORT", "ANDON_GATE_PORT", "ANDON_ENV", "ANDON_VAR", "SECRET_KEY"}
)


def eventually(true):
    """Wait until it is true: for what a child does at a time of its own."""
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def free_port(*, below=0):
    """Return a port that is free with the one above it, and so many below.

    Taken from outside the range that the system gives to outgoing connections.
    """
    while True:
        port = random.randrange(20_000, 30_000)
        if not any(ports.why_not(port + away) for away in {-below, -1 if below else 0, 0, 1}):
            return port


def staged(var, *groups):
    """Start a launcher of shell commands; each group starts when the one before is ready."""
    return Launcher("-m", "tests.launch.stage", str(var), json.dumps(groups))


def processes_of(folder):
    """Return the command lines of living processes that name the folder or stand in it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
            at = os.readlink(entry / "cwd")
        except OSError:
            continue
        if words and (str(folder) in words or at.startswith(str(folder))):
            found.append(words)
    return found
