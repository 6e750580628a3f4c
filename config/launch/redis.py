"""One Redis for one machine: a socket, no port. Holds nudges and fan-out, never the only copy."""

import os
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from config.launch.binaries import Program, within_reach
from config.launch.children import Child, Stage
from config.launch.places import Places, own
from config.launch.refusal import CannotStart

ORPHAN_SECONDS = 10.0


class Redis:
    """The server of one folder. Each version has its own data: an older one cannot read newer."""

    def __init__(self, program: Program, where: Places, *, fast: bool = False) -> None:
        self.program = program
        self._path = within_reach(program, where)
        self._where = where
        self._fast = fast
        self.socket = where.sockets / "redis.sock"
        self.data = where.data / "redis" / ".".join(map(str, program.version[:2]))

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def child(self) -> Child:
        """Return how to start it."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "no" if self._fast else "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        return Child(
            name="redis",
            command=(str(self._path), *options),
            stage=Stage.SERVERS,
            env={"PATH": os.environ.get("PATH", os.defpath)},
            cwd=Path("/"),
            account=self._where.account,
            prepare=self.prepare,
            ready=self.ready,
        )

    def prepare(self) -> None:
        """Make the data folder; stop an orphan and remove its socket. Call it holding the lock."""
        for folder in (self.data.parent, self.data):
            own(folder, self._where.account)
        give_up = time.monotonic() + ORPHAN_SECONDS
        while self._ask("SHUTDOWN NOSAVE") is not None:
            if time.monotonic() > give_up:
                raise CannotStart(
                    f"An orphaned Redis answers on {self.socket} and does not stop: end it."
                )
            time.sleep(0.05)
        self.socket.unlink(missing_ok=True)

    def ready(self) -> bool:
        """Tell whether it answers; while it loads its data it refuses with an error."""
        return self._ask("PING") == b"+PONG\r\n"

    def _ask(self, command: str) -> bytes | None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.socket))
            line.sendall(f"{command}\r\n".encode())
            return line.recv(1024)
        return None
