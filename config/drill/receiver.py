"""Takes the drill's pages by webhook, as a paging product would, and checks their signatures."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver:
    """A server on loopback. `pages` holds what came with a good signature, by its id, once each."""

    def __init__(self, secret: str, *, port: int) -> None:
        self.arrived: queue.Queue[dict[str, Any]] = queue.Queue()
        self.pages: dict[str, dict[str, Any]] = {}
        # Every delivery, repeats as well.
        self.arrivals: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler(Webhook(secret)))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port, as ANDON_INTERNAL_HOSTS wants them."""
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _take(self, ident: str, page: dict[str, Any]) -> None:
        self.arrivals.append(ident)
        if ident not in self.pages:
            self.pages[ident] = page
            self.arrived.put(page)

    def _handler(self, webhook: Webhook) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 65536))
                try:
                    webhook.verify(body, dict(self.headers), json_parse=False)
                except WebhookVerificationError:
                    self.send_response(401)
                else:
                    receiver._take(self.headers["webhook-id"], json.loads(body))
                    self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *_args: object) -> None:
                """Say nothing: the drill prints its own lines."""

        return Handler
