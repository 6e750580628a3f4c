"""What the stand-ins share: a server that answers, and a life that waits for its end."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


def note(name):
    """Leave a trace that the tests read: who ran, with which part of the environment."""
    with (Path(os.environ["ANDON_VAR"]) / "calls").open("a") as file:
        file.write(f"{name} redis={os.environ['REDIS_URL'] != ''}\n")


def serve():
    port = int(sys.argv[sys.argv.index("--port") + 1])
    HTTPServer(("127.0.0.1", port), Ready).serve_forever()


def live():
    while True:
        signal.pause()
