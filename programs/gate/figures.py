"""What a gate counts, for Prometheus. Holds no token and no name of a collector."""

import hmac
import os
from collections.abc import Sequence
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from programs.gate.answers import Answer, Header, Refused
from programs.gate.call import Call

_PREFIX = "andon_gate_"
_LOOPBACK = ("127.0.0.1", "::1")
_TEXT: tuple[Header, ...] = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),)
_BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_FAN_OUT = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Figures:
    """The figures of this process; with several processes a scrape adds them up."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.streams = self._gauge("streams", "Open streams.", "livesum")
        self.keys = self._gauge("keys", "Collectors' keys in the copy.", "livemin")
        self.copy_age = self._gauge(
            "copy_age_seconds", "Age of the copy; over 3 nothing is extended.", "livemax"
        )
        self.unwritten = self._gauge(
            "unwritten_renewals", "Renewals given and not yet written.", "livesum"
        )
        self.leases = self._counter("leases_total", "Leases given, and how.", "how")
        self.refusals = self._counter("refusals_total", "Requests refused.", "path", "why")
        self.acknowledgements = self._counter("acknowledgements_total", "Stops acknowledged.")
        self.sheets = self._counter("sheets_total", "Verifiers' sheets.", "how")
        self.refused = self._counter(
            "refused_stamps_total", "Stamps reported as refused, by what they are.", "what"
        )
        self.bad_tokens = self._counter("bad_tokens_total", "Tokens that nobody knows.")
        self.pauses_told = self._counter("pauses_told_total", "Streams told to stop.")
        self.dropped = self._counter("streams_dropped_total", "Streams ended from here.", "why")
        self.fan_out = self._histogram(
            "fan_out_seconds", "Time to tell all streams of a program of a change.", _FAN_OUT
        )
        self.batches = self._histogram(
            "batch_size", "What was written in one transaction.", _BATCHES, "of"
        )

    def text(self) -> bytes:
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def _gauge(self, name: str, says: str, mode: Literal["livesum", "livemin", "livemax"]) -> Gauge:
        # The mode says what several processes make of it.
        return Gauge(_PREFIX + name, says, registry=self._registry, multiprocess_mode=mode)

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(_PREFIX + name, says, labels, registry=self._registry)

    def _histogram(self, name: str, says: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(_PREFIX + name, says, labels, registry=self._registry, buckets=buckets)


def answer(figures: Figures, call: Call, *, token: str) -> Answer:
    """Return the figures to whoever may read them.

    Raises:
        Refused: 401 without the token, where one is set; 403 from elsewhere than this
            machine, where none is.
    """
    if token:
        given = (call.header(b"authorization") or "").encode()
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            raise Refused(401, "Send authorization: Bearer and ANDON_METRICS_TOKEN.", why="token")
    # What came through a proxy on this machine came from elsewhere.
    elif call.address not in _LOOPBACK or call.has(b"x-forwarded-for", b"forwarded"):
        raise Refused(
            403, "Set ANDON_METRICS_TOKEN to read this from another machine.", why="elsewhere"
        )
    return Answer(200, figures.text(), headers=_TEXT)
