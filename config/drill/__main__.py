"""Play a drill on an Andon of its own, started in a fresh folder as anybody starts it.

Prints the story and, as the last line, one JSON object. Exit status 0 only if
the stop is proven, 1 if it is not, 2 for wrong arguments.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.launch import lock, stack

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0
END_SECONDS = 30.0
MOST = 1000


class NotStarted(Exception):
    """The drill's own Andon does not run; the message says why."""


def main() -> int:
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="andon-drill-"))
    folder.chmod(0o711)
    try:
        return _drill(asked.collectors, folder)
    except NotStarted as error:
        sys.stderr.write(f"The drill failed: {error}.\n{_last_words(folder)}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make drill ARGS=", description=__doc__)
    parser.add_argument("--collectors", type=int, default=50, help=f"1 to {MOST}, 50 if left out")
    asked = parser.parse_args()
    if not 1 <= asked.collectors <= MOST:
        parser.error(f"--collectors: {asked.collectors} is not from 1 to {MOST}")
    return asked


def _drill(count: int, folder: Path) -> int:
    web, gate, pager = _free_ports(3)
    # An Andon of the caller's must not be the one that is stopped.
    own = ("ANDON_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    env = {name: value for name, value in os.environ.items() if not name.startswith(own)} | {
        "ANDON_VAR": str(folder),
        "ANDON_GATE_PORT": str(gate),
        "ANDON_INTERNAL_HOSTS": f"127.0.0.1:{pager}",
        "PORT": str(web),
    }
    with _running(env, ports=(web, gate)):
        return _play(count, env | _told(folder), pager)


def _play(count: int, env: dict[str, str], pager: int) -> int:
    command = [sys.executable, "manage.py", "drill", str(count), "--pager-port", str(pager)]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def _told(folder: Path) -> dict[str, str]:
    """The environment of the Andon that runs in a folder."""
    holder = lock.holder(folder / "lock")
    if holder is None:
        raise NotStarted("Andon ended by itself")
    return dict(holder.env) | {"SECRET_KEY": (folder / "secret_key").read_text().strip()}


@contextmanager
def _running(env: dict[str, str], *, ports: tuple[int, int]) -> Iterator[None]:
    launcher = subprocess.Popen(
        [sys.executable, "-m", "config.launch", "run", "--no-demo"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_answers(launcher, ports)
        yield
    finally:
        launcher.send_signal(signal.SIGTERM)
        try:
            launcher.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            launcher.kill()


def _until_answers(launcher: subprocess.Popen[bytes], ports: tuple[int, int]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if launcher.poll() is not None:
            raise NotStarted(f"Andon ended with status {launcher.returncode} while it started")
        if all(stack.answers(port, host="localhost") for port in ports):
            return
        time.sleep(0.2)
    raise NotStarted(f"Andon did not answer within {START_SECONDS:.0f} s")


def _free_ports(count: int) -> list[int]:
    holders = [socket.socket() for _ in range(count)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return [holder.getsockname()[1] for holder in holders]
    finally:
        for holder in holders:
            holder.close()


def _last_words(folder: Path) -> str:
    """The end of each log, so that a failed start explains itself."""
    said: list[str] = []
    for log in sorted(folder.glob("log/*.log")):
        said += [f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-5:]]
    return "\n".join(said) + "\n"


if __name__ == "__main__":
    sys.exit(main())
