"""A whole Andon in a new folder, for a drill, a measurement or a test; gone afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.launch import lock, stack

START_SECONDS = 300.0
END_SECONDS = 30.0
# What would lead to the caller's own Andon, which must not be the one that is used.
_OTHERS = ("ANDON_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT")


class NotStarted(Exception):
    """The new Andon does not run; the message says why, with the end of its logs."""


@dataclass(frozen=True)
class Fresh:
    """Where the new Andon answers, and the environment in which its commands run."""

    url: str
    gate_url: str
    folder: Path
    env: Mapping[str, str]
    launcher: subprocess.Popen[bytes]


def free_ports(count: int) -> list[int]:
    """Return ports on loopback that nobody uses now."""
    holders = [socket.socket() for _ in range(count)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return [holder.getsockname()[1] for holder in holders]
    finally:
        for holder in holders:
            holder.close()


@contextmanager
def andon(*options: str, **settings: str) -> Iterator[Fresh]:
    """Start a new Andon as anybody starts one, and stop and remove it in the end.

    Args:
        options: of `python -m config.launch run`, such as `--no-demo`.
        settings: variables of its environment.

    Raises:
        NotStarted: if it does not answer within five minutes.
    """
    folder = Path(tempfile.mkdtemp(prefix="andon-fresh-"))
    # PostgreSQL runs as another user when we are root, and must get through.
    folder.chmod(0o711)
    web, gate = free_ports(2)
    own = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    ours = {"ANDON_VAR": str(folder), "ANDON_GATE_PORT": str(gate), "PORT": str(web)}
    env = own | ours | settings
    launcher = subprocess.Popen(
        [sys.executable, "-m", "config.launch", "run", *options],
        cwd=stack.ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_answers(launcher, (web, gate), folder)
        told = env | _told(folder)
        yield Fresh(f"http://localhost:{web}", f"http://localhost:{gate}", folder, told, launcher)
    finally:
        _end(launcher)
        shutil.rmtree(folder, ignore_errors=True)


def _told(folder: Path) -> dict[str, str]:
    """What the launcher gave its processes."""
    holder = lock.holder(folder / "lock")
    if holder is None:
        raise NotStarted("Andon ended by itself")
    return dict(holder.env) | {"SECRET_KEY": (folder / "secret_key").read_text().strip()}


def _until_answers(launcher: subprocess.Popen[bytes], ports: tuple[int, int], folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if launcher.poll() is not None:
            status = launcher.returncode
            raise NotStarted(f"Andon ended with status {status}\n{_last_words(folder)}")
        if all(stack.answers(port, host="localhost") for port in ports):
            return
        time.sleep(0.1)
    raise NotStarted(f"Andon did not answer in {START_SECONDS:.0f} s\n{_last_words(folder)}")


def _end(launcher: subprocess.Popen[bytes]) -> None:
    if launcher.poll() is None:
        launcher.send_signal(signal.SIGTERM)
    try:
        launcher.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        launcher.kill()
        launcher.wait()


def _last_words(folder: Path) -> str:
    said: list[str] = []
    for log in sorted(folder.glob("log/*.log")):
        said += [f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-5:]]
    return "\n".join(said)
