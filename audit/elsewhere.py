"""Open a line to a PostgreSQL that is not ours, such that its silence ends by itself."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

CONNECT_SECONDS = 5
# A machine that is gone is known as gone after about ten seconds, and not after the two hours of
# the kernel; what was sent and never confirmed counts as lost after as long.
WIRE = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives": 1,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


@contextmanager
def opened(
    where: str = "",
    *,
    seconds: float,
    session: Mapping[str, int | str],
    autocommit: bool = False,
    **given: Any,
) -> Iterator[psycopg.Connection[Any]]:
    """Yield a line that is closed at the end, and cut after so many seconds.

    Args:
        where: an URL; `given` is said beside it, and instead of what it says.
        session: settings of the server for this session, such as `statement_timeout`.

    Raises:
        psycopg.Error: if it cannot be opened; from whatever waits on it, when it is cut.
    """
    settings = [f"-c {name}={value}" for name, value in session.items()]
    options = " ".join([str(conninfo_to_dict(where).get("options") or ""), *settings]).strip()
    line: psycopg.Connection[Any] = psycopg.connect(
        where, autocommit=autocommit, **WIRE | given, options=options
    )
    try:
        with _cut_after(seconds, line):
            yield line
    finally:
        line.close()


@contextmanager
def _cut_after(seconds: float, line: psycopg.Connection[Any]) -> Iterator[None]:
    # A server that is frozen on a machine that is well confirms what it gets and says nothing for
    # ever; its own time-outs are frozen with it. Of its own, as the number of the line's may be
    # that of another once that is closed.
    wire = socket.socket(fileno=os.dup(line.fileno()))
    timer = Timer(seconds, _cut, [wire])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        wire.close()


def _cut(wire: socket.socket) -> None:
    with suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)
