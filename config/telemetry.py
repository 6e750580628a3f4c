"""Traces of requests for OpenTelemetry, by setting. Without it nothing of it is loaded or sent.

A span is named by the route and never by the path: a path names incidents, and some hold a secret.
"""

import functools
import importlib.util
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

TRACED = "config.telemetry.Traced"
_NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_FAILED = 500


class Tracer(Protocol):
    """What is used of OpenTelemetry's."""

    def start_as_current_span(self, name: str) -> Any: ...


def problems(endpoint: str) -> list[str]:
    """Return why traces cannot be sent there; nothing if none are wanted."""
    if not endpoint:
        return []
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return [
            f"ANDON_OTLP_ENDPOINT is {endpoint!r}: give http:// or https:// and a host, such as"
            " http://localhost:4318."
        ]
    if not _is_there():
        return [
            "ANDON_OTLP_ENDPOINT is set: install the extra `telemetry` for it, or leave it empty."
        ]
    return []


def _is_there() -> bool:
    try:
        return all(map(importlib.util.find_spec, _NEEDED))
    # Of a package that is not there no part can be looked for.
    except ModuleNotFoundError:
        return False


def middleware(endpoint: str) -> list[str]:
    """What stands before all other middleware; nothing without an endpoint."""
    return [TRACED] if endpoint else []


@functools.cache
def tracer() -> Tracer:
    """Return the tracer of this process, which sends in a thread of its own."""
    # Only here: whoever sends no traces need not have installed it.
    from django.conf import settings  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    endpoint = f"{settings.ENVIRONMENT.otlp_endpoint.rstrip('/')}/v1/traces"
    provider = TracerProvider(resource=Resource.create({"service.name": "andon"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    found: Tracer = provider.get_tracer("andon")
    return found


class Traced:
    """A span around each request: its method, its route, what it was answered."""

    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponse], spans: Tracer | None = None
    ) -> None:
        self.get_response, self._spans = get_response, spans

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with (self._spans or tracer()).start_as_current_span(str(request.method)) as span:
            response = self.get_response(request)
            match = request.resolver_match
            route = match.route if match else "none"
            span.update_name(f"{request.method} {route}")
            span.set_attribute("http.request.method", str(request.method))
            span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= _FAILED:
                span.set_attribute("error.type", str(response.status_code))
            return response
