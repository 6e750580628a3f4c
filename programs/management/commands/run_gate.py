"""`manage.py run_gate`: answer the collectors, until stopped."""

import argparse
import errno
import socket
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from programs.gate import server
from programs.gate.workers import Workers

PORT = 8001
MOST_WORKERS = 64


class Command(BaseCommand):
    help = "Give collectors their leases, and tell them when to stop."
    # Pages are none of the gate's business, and a collector waits for it to start.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=_port, default=PORT, help=f"1 to 65535; usual: {PORT}")
        parser.add_argument(
            "--workers", type=_workers, default=1, help=f"processes, 1 to {MOST_WORKERS}; usual: 1"
        )
        parser.add_argument("--socket", type=int, help=argparse.SUPPRESS)

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["socket"] is not None:
            listener = socket.socket(fileno=options["socket"])
            ended_well = server.serve(listener, pipe=sys.stdin.fileno())
        else:
            listener = _listen(options["host"], options["port"])
            if options["workers"] > 1:
                Workers(listener, count=options["workers"]).run()
                return
            ended_well = server.serve(listener)
        if not ended_well:
            raise CommandError("The gate ended because of a fault of its own; its log says which.")


def _listen(host: str, port: int) -> socket.socket:
    try:
        return server.listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} on {host} is in use: stop what listens there, or choose --port."
            ) from error
        raise CommandError(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error


def _port(text: str) -> int:
    return _within(text, most=65_535)


def _workers(text: str) -> int:
    return _within(text, most=MOST_WORKERS)


def _within(text: str, *, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= most:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 1 to {most}")
    return int(text)
