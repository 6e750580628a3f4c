"""Real engines and workers on the test's own database, and ways to hurt them."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from tests.together import PATIENCE_SECONDS

HOST = "127.0.0.1"
WORKER = ("-m", "celery", "-A", "config", "worker", "--concurrency", "1")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")


@contextmanager
def process(*words: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run Python in a process group of its own, which is gone afterwards."""
    url = urlsplit(os.environ["DATABASE_URL"])
    database = url._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    child = subprocess.Popen(
        [sys.executable, *words],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": database, "ANDON_LOG_LEVEL": "ERROR"} | env,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        kill(child)


def engine(**env: str) -> Any:
    return process("manage.py", "run_engine", **env)


def worker(**env: str) -> Any:
    return process(*WORKER, *QUIET, **env)


def kill(child: subprocess.Popen[bytes]) -> None:
    """End a process and all it started, without a chance to say anything."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def cut_all_connections() -> None:
    """End every other session on this database, as a restart of PostgreSQL does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def closed_database() -> Iterator[None]:
    """The database lets nobody in for a while; we keep the connection that we have."""
    allow = f'ALTER DATABASE "{connection.settings_dict["NAME"]}" ALLOW_CONNECTIONS'
    # From another database, as no session may close its own.
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"{allow} false")
        try:
            cut_all_connections()
            yield
        finally:
            cursor.execute(f"{allow} true")


def nobody_else_is_connected() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return bool(cursor.fetchone() == (0,))


@contextmanager
def black_hole() -> Iterator[str]:
    """The URL of a Redis that takes connections and never says a word."""
    with socket.create_server((HOST, 0), backlog=16) as deaf:
        yield f"redis://{HOST}:{deaf.getsockname()[1]}/0"


class Receiver:
    """The other side of a webhook: notes what comes and answers only when it may."""

    def __init__(self) -> None:
        self.came: Queue[str] = Queue()
        self.may_answer = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.came.put(self.headers["webhook-id"])
                if receiver.may_answer.wait(PATIENCE_SECONDS):
                    self.send_response(204)
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = Threaded((HOST, 0), Handler)
        self.netloc = f"{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()


class Threaded(HTTPServer):
    """Answers each in a thread of its own, and is silent about callers that died."""

    def process_request(self, request: Any, client_address: Any) -> None:
        threading.Thread(target=self._answer, args=(request, client_address), daemon=True).start()

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass
        finally:
            self.shutdown_request(request)
