"""The gate as an ASGI application: which path leads where, and what a failure answers."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from programs.gate import answers, clock, figures, ofrep
from programs.gate.answers import Answer, Refused
from programs.gate.call import Call, Gone, Receive, Scope, Send
from programs.gate.process import Gate

logger = structlog.get_logger(__name__)

STREAM = "/v1/stream"
# Where the server puts what ends a connection from this side.
DROP = "andon.drop"
_STREAM_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ],
}
_LAST = (b"connection", b"close")


class Route(NamedTuple):
    methods: tuple[str, ...]
    answer: Callable[[Call], Awaitable[Answer]]


class App:
    """Speaks ASGI for one gate.

    Args:
        metrics_token: opens /metrics; without one only this machine may read it.
    """

    def __init__(self, gate: Gate, *, metrics_token: str = "") -> None:
        self.gate = gate
        self._metrics_token = metrics_token
        self._routes = {
            "/v1/lease": Route(("POST",), gate.endpoints.leasing.answer),
            "/v1/ack": Route(("POST",), gate.endpoints.stopping.answer),
            "/v1/verifier": Route(("GET",), gate.endpoints.verifying.sheet),
            "/v1/refused": Route(("POST",), gate.endpoints.verifying.refused),
            "/v1/subjects": Route(("GET", "POST"), gate.endpoints.participating.answer),
            ofrep.BULK: Route(("POST",), gate.endpoints.evaluation.all),
            ofrep.ONE: Route(("POST",), gate.endpoints.evaluation.one),
            "/healthz": Route(("GET", "HEAD"), self._alive),
            "/readyz": Route(("GET", "HEAD"), self._ready),
            "/metrics": Route(("GET",), self._metrics),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        call = Call(scope, receive)
        try:
            if scope["path"] == STREAM:
                await self._stream(call, receive=receive, send=send)
                return
            answer = await self._answer(call)
        except Gone:
            return
        except Refused as refusal:
            self.gate.figures.refusals.labels(self._place(call), refusal.why).inc()
            answer = refusal.answer()
        except Exception:
            logger.exception("gate_fault", path=call.path[:80])
            answer = answers.fault().answer()
        if self.gate.leaving:
            answer.headers.append(_LAST)
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, call: Call) -> Answer:
        route = self._routes.get(self._place(call))
        if route is None:
            raise Refused(404, "There is nothing here; see the collector protocol.", why="path")
        _check_method(call, route.methods)
        return await route.answer(call)

    def _place(self, call: Call) -> str:
        """Return the route's name, or `other`: for the figures, which must stay few."""
        if call.path.startswith(f"{ofrep.BULK}/"):
            return ofrep.ONE
        return call.path if call.path in self._routes or call.path == STREAM else "other"

    async def _stream(self, call: Call, *, receive: Receive, send: Send) -> None:
        _check_method(call, ("GET",))
        key = self.gate.door.admit(call)
        named = call.parameter("program")
        if named is None:
            raise answers.wrong("program", "the slug of a program, said once in the query")
        self.gate.door.program_of(key, named=named)
        if self.gate.leaving:
            raise answers.unavailable("This gate is going down; connect again.")
        await send(dict(_STREAM_START))
        stream = self.gate.streams.join(key, send=send, drop=call.extension(DROP))
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.gate.streams.leave(stream)

    async def _alive(self, _call: Call) -> Answer:
        return Answer.of({"status": "alive"})

    async def _ready(self, _call: Call) -> Answer:
        if self.gate.leaving:
            raise answers.unavailable("This gate is going down; connect again.")
        if not self.gate.registry.fresh(clock.now()):
            raise answers.stale()
        return Answer.of({"status": "ready", "copy_age_seconds": round(self.gate.copy_age(), 3)})

    async def _metrics(self, call: Call) -> Answer:
        self.gate.copy_age()
        return figures.answer(self.gate.figures, call, token=self._metrics_token)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.gate.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.gate.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _check_method(call: Call, methods: tuple[str, ...]) -> None:
    if call.method not in methods:
        allowed = ", ".join(methods)
        raise Refused(
            405,
            f"The method must be {' or '.join(methods)}.",
            why="method",
            headers=[(b"allow", allowed.encode())],
            allowed=allowed,
        )
