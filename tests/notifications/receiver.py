"""A receiver of webhooks on this machine that answers as told and keeps what came."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Answers every request with `status`; `got` holds (path, headers, body)."""

    def __init__(self, host="127.0.0.1"):
        self.status, self.headers, self.body = 204, {}, b""
        self.got = []
        self.released = threading.Event()
        self.released.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                receiver.got.append((self.path, dict(self.headers), sent))
                receiver.released.wait(20)
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                # The other side may have hung up, which is what some tests want.
                with suppress(OSError):
                    self.wfile.write(receiver.body)

            do_GET = do_POST

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer((host, 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def port(self):
        return self.server.server_port

    @property
    def netloc(self):
        return f"127.0.0.1:{self.port}"

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
