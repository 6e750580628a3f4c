"""The world outside, in a process of its own: takes pages, and writes down each one that comes.

    python -m bench.chaos.receiver LOG SECRET

Prints its port. One line of LOG is one delivery: when it came, its `webhook-id`, the hash of its
body, whether it was signed, and how it was answered. Lines on standard input say how to answer from
then on: `good`, `error`, `silent`, `drip`, `garbage`. It knows nothing of Andon.
"""

import hashlib
import json
import random
import socket
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

LONGEST_BODY = 65_536
# Longer than whoever calls will wait.
SILENT_SECONDS, DRIP_SECONDS = 12.0, 1.0
WAYS = ("good", "error", "silent", "drip", "garbage")


class Log:
    """Lines that are in the file before the caller is answered."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "a", buffering=1)  # noqa: SIM115
        self._lock = threading.Lock()

    def write(self, **line: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(line) + "\n")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    way = "good"

    def handle_error(self, *_: Any) -> None:
        """Say nothing: callers are killed here."""


class Handler(BaseHTTPRequestHandler):
    log: Log
    webhook: Webhook

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length", 0)), LONGEST_BODY)
        body = self.rfile.read(length)
        if len(body) < length:
            # Its sender was killed in the middle of it: nothing arrived, and nobody is answered.
            self.close_connection = True
            return
        came, way = time.time(), self.server.way  # type: ignore[attr-defined]
        try:
            self.webhook.verify(body, dict(self.headers), json_parse=False)
            signed = True
        except WebhookVerificationError:
            signed = False
        self.log.write(
            at=came,
            id=self.headers["webhook-id"],
            body=hashlib.sha256(body).hexdigest(),
            data=_data(body),
            signed=signed,
            way=way,
        )
        getattr(self, f"_{way}")(signed)

    def _good(self, signed: bool) -> None:
        self.send_response(204 if signed else 401)
        self.end_headers()

    def _error(self, _signed: bool) -> None:
        self.send_response(random.choice((500, 502, 503, 429)))
        self.end_headers()

    def _silent(self, _signed: bool) -> None:
        time.sleep(SILENT_SECONDS)
        self.close_connection = True

    def _drip(self, _signed: bool) -> None:
        for letter in b"HTTP/1.1 204 No":
            self.wfile.write(bytes([letter]))
            self.wfile.flush()
            time.sleep(DRIP_SECONDS)
        self.close_connection = True

    def _garbage(self, _signed: bool) -> None:
        self.wfile.write(random.randbytes(400))
        self.wfile.flush()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing but what is in the log."""


def _data(body: bytes) -> str:
    """Hash what is the same at each attempt: not when it was sent, nor its freshly signed link."""
    with suppress(ValueError, KeyError, TypeError):
        data = json.loads(body)["data"]
        data.pop("acknowledge_url", None)
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    return ""


def main() -> None:
    path, secret = sys.argv[1:]
    Handler.log, Handler.webhook = Log(path), Webhook(secret)
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for line in sys.stdin:
        if line.strip() in WAYS:
            server.way = line.strip()


if __name__ == "__main__":
    main()
