"""What a gate counts, for Prometheus. Holds no token and no name of a collector."""

import hmac
import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from programs.gate.answers import Answer, Header, Refused
from programs.gate.call import Call

_LOOPBACK = ("127.0.0.1", "::1")
_TEXT: tuple[Header, ...] = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),)
_BATCHES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_FAN_OUT = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Figures:
    """The figures of this process; with several processes a scrape adds them up."""

    def __init__(self) -> None:
        own = CollectorRegistry()
        self._registry = own
        self.streams = Gauge(
            "andon_gate_streams", "Open streams.", registry=own, multiprocess_mode="livesum"
        )
        self.leases = Counter(
            "andon_gate_leases_total",
            "Leases given, from memory or after they were written.",
            ["how"],
            registry=own,
        )
        self.refusals = Counter(
            "andon_gate_refusals_total", "Requests refused.", ["path", "why"], registry=own
        )
        self.acknowledgements = Counter(
            "andon_gate_acknowledgements_total", "Acknowledgements stored.", registry=own
        )
        self.bad_tokens = Counter(
            "andon_gate_bad_tokens_total", "Requests with a token nobody knows.", registry=own
        )
        self.copy_age = Gauge(
            "andon_gate_copy_age_seconds",
            "Age of the copy of the programs; over 3 nothing is extended.",
            registry=own,
            multiprocess_mode="livemax",
        )
        self.keys = Gauge(
            "andon_gate_keys",
            "Collectors' keys in the copy.",
            registry=own,
            multiprocess_mode="livemin",
        )
        self.pauses_told = Counter(
            "andon_gate_pauses_told_total", "Streams told that they must stop.", registry=own
        )
        self.fan_out = Histogram(
            "andon_gate_fan_out_seconds",
            "Time to tell every stream of a program of a change.",
            registry=own,
            buckets=_FAN_OUT,
        )
        self.dropped = Counter(
            "andon_gate_streams_dropped_total", "Streams ended by the gate.", ["why"], registry=own
        )
        self.batches = Histogram(
            "andon_gate_batch_size",
            "What was written in one transaction.",
            ["of"],
            registry=own,
            buckets=_BATCHES,
        )
        self.unwritten = Gauge(
            "andon_gate_unwritten_renewals",
            "Renewals given and not yet written.",
            registry=own,
            multiprocess_mode="livesum",
        )

    def text(self) -> bytes:
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


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
