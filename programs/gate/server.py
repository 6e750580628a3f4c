"""Serves a gate on a socket until told to stop, and leaves politely."""

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import sys
from types import FrameType

import structlog
import uvicorn
from django.conf import settings

from programs.gate.app import App
from programs.gate.process import Gate
from programs.gate.thread import be_impatient
from programs.gate.wire import Wire

logger = structlog.get_logger(__name__)

BACKLOG = 4096
# Longer than the pace of the longest lease, or each renewal would pay for a new connection.
KEEP_ALIVE_SECONDS = 75
LEAVE_SECONDS = 5
LARGEST_UNSENT = 32 * 1024
# A collector that vanished without a word: its stream ends after the beats it did not confirm.
VANISHED_MILLISECONDS = 30_000


class Server(uvicorn.Server):
    """One process's server.

    Args:
        pipe: what to read from, to leave when it ends: it means that the parent has died.
    """

    def __init__(self, config: uvicorn.Config, gate: Gate, *, pipe: int | None) -> None:
        super().__init__(config)
        self._gate = gate
        self._pipe = pipe
        gate.on_fault = self._give_up
        self.faulty = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._pipe is not None:
            asyncio.get_running_loop().add_reader(self._pipe, self._orphaned, self._pipe)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._gate.drain()
        await super().shutdown(sockets)

    def leave(self, _number: int, _frame: FrameType | None) -> None:
        self.should_exit = True

    def _orphaned(self, pipe: int) -> None:
        asyncio.get_running_loop().remove_reader(pipe)
        self.should_exit = True

    def _give_up(self) -> None:
        self.faulty = self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        OSError: if the address is not ours or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # All of these are handed down to each connection that is accepted here.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Without a limit each slow reader may take megabytes of the kernel's memory.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST_UNSENT)
        if sys.platform == "linux":
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_MILLISECONDS)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def serve(listener: socket.socket, *, pipe: int | None = None) -> bool:
    """Serve until SIGTERM, SIGINT or the end of `pipe`; False if a fault of its own ended it."""
    # What strangers send is no news; faults are.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    _raise_limits()
    be_impatient()
    environment = settings.ENVIRONMENT
    gate = Gate(
        secret_key=settings.SECRET_KEY,
        redis_url=settings.REDIS_URL,
        public_url=environment.gate_public_url,
    )
    app = App(gate, metrics_token=environment.metrics_token)
    server = Server(_config(app, proxies=environment.trusted_proxies), gate, pipe=pipe)
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn has its own handlers while it runs, and raises the signal again afterwards. One
        # that comes before must not be lost.
        signal.signal(number, server.leave)
    # What is loaded now stays; looking through it for garbage would stop the gate each time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)
    logger.info("gate_started", address=_address(listener))
    server.run(sockets=[listener])
    return not server.faulty


def _config(app: App, *, proxies: list[str]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Wire,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=LEAVE_SECONDS,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
    )


def _raise_limits() -> None:
    # Each stream is a descriptor; the usual soft limit of 1,024 is for other kinds of programs.
    # A service manager that has set the limit itself may forbid the call.
    with contextlib.suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{host}:{port}"
