"""A tap between a gate and its database: close it, let it fall silent, open it again."""

import selectors
import socket
import threading
from contextlib import suppress
from pathlib import Path


class Tap:
    """Passes bytes on from a socket in `folder` to a server's; PostgreSQL's naming."""

    def __init__(self, folder: Path, *, server: str, port: int = 5432) -> None:
        self._server = f"{server}/.s.PGSQL.{port}"
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / f".s.PGSQL.{port}"))
        self._door.listen()
        self._shut = self._silent = False
        self._lines: list[socket.socket] = []
        self._dead: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._admit, daemon=True)]
        self._threads[0].start()

    def shut(self) -> None:
        """End what is open and refuse what comes: a server that died."""
        self._shut = True
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """Swallow everything, on these connections for ever: a network that lost its way."""
        self._silent = True
        self._dead.update(self._lines)

    def open(self) -> None:
        self._shut = self._silent = False

    def close(self) -> None:
        self.shut()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for thread in self._threads:
            thread.join(5)

    def _admit(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if self._shut:
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._server)
            self._lines += [near, far]
            if self._silent:
                self._dead |= {near, far}
            thread = threading.Thread(target=self._pass_on, args=(near, far), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select():
                    try:
                        data = key.fileobj.recv(65536)
                        if data and key.data not in self._dead:
                            key.data.sendall(data)
                    except OSError:
                        return
                    if not data:
                        return
