"""Play a drill against a running Andon: report, watch the stop, answer the page, tell the story."""

import http.client
import json
import queue
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from config.drill.prepare import Cast
from config.drill.receiver import Receiver
from incidents.api import PAGE
from notifications.models import Page
from programs.models import Lease

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
PAGE_SECONDS = 30.0
POLL_SECONDS = 0.2


class DrillFailed(Exception):
    """A step of the drill did not come about; the message says which."""


class Api:
    """Calls the drill's Andon as a person's script would."""

    def __init__(self, url: str) -> None:
        self.netloc = urlsplit(url).netloc

    def call(self, method: str, path: str, *, token: str, body: Any = None) -> Any:
        """Return the JSON of a 2xx answer.

        Raises:
            DrillFailed: for any other answer.
        """
        line = http.client.HTTPConnection(self.netloc, timeout=20)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        line.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = line.getresponse()
        said = answer.read().decode()
        line.close()
        if not 200 <= answer.status < 300:
            raise DrillFailed(f"{method} {path} answered {answer.status}: {said[:300]}")
        return json.loads(said)


class Collectors:
    """The drill's collectors, each a process with the SDK."""

    def __init__(self, cast: Cast, gate_url: str) -> None:
        self.processes = [self._start(cast.program, token, gate_url) for token in cast.collectors]

    def _start(self, program: str, token: str, gate_url: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "config" / "drill" / "collector.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The SDK says why it does not collect, fifty times over.
            stderr=subprocess.DEVNULL,
            text=True,
            env={
                "PYTHONPATH": str(ROOT / "sdk"),
                "ANDON_GATE_URL": gate_url,
                "ANDON_TOKEN": token,
                "ANDON_PROGRAM": program,
            },
        )

    def end(self) -> list[int]:
        """Let them go and return when each stopped, in nanoseconds of wall time."""
        stops = []
        for process in self.processes:
            said, _ = process.communicate(timeout=20)
            times = [line.split() for line in said.splitlines()]
            stops += [int(when) for word, when in times if word == "stopped"]
        return stops


def wait_for(what: str, holds: Callable[[], Any], *, seconds: float) -> Any:
    """Return what `holds` returns once it is true.

    Raises:
        DrillFailed: if that takes longer than `seconds`.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(POLL_SECONDS)
    raise DrillFailed(f"{what} did not come about within {seconds:.0f} s")


@contextmanager
def collecting(cast: Cast, gate_url: str) -> Iterator[Collectors]:
    running = Collectors(cast, gate_url)
    try:
        count = len(cast.collectors)
        wait_for(
            f"leases for all {count} collectors",
            lambda: Lease.objects.filter(revoked_at=None).count() == count,
            seconds=START_SECONDS,
        )
        yield running
    finally:
        for process in running.processes:
            if process.poll() is None:
                process.kill()


def play(cast: Cast, receiver: Receiver) -> dict[str, Any]:
    """Run the drill and return its figures; times in milliseconds.

    Raises:
        DrillFailed: if a step does not come about.
    """
    api = Api(settings.ENVIRONMENT.url)
    with collecting(cast, settings.ENVIRONMENT.gate_url) as running:
        report = {
            "title": "Drill: keystrokes readable by everybody inside",
            "program": cast.program,
            "audience": "everyone_inside",
            "still_open": "yes",
            "drill": True,
        }
        filed = api.call("POST", "/api/v1/incidents", token=cast.reporter_token, body=report)
        stop = wait_for("the proof of the stop", lambda: _proven(api, cast), seconds=60)
        stops = running.end()
    _page(receiver)
    ref = filed["incident"]
    api.call("POST", f"/api/v1/incidents/{ref}/acknowledge", token=cast.commander_token)
    _settled()
    for entry in reversed(_story(api, f"/api/v1/incidents/{ref}/timeline", cast.commander_token)):
        sys.stdout.write(f"{entry['occurred_at'][:23]}Z  {entry['kind']:<11}{entry['text']}\n")
    return _figures(filed, stop, stops, receiver)


def _story(api: Api, path: str, token: str) -> list[dict[str, Any]]:
    """All entries, the newest first; the API tells them page by page."""
    page: list[dict[str, Any]] = api.call("GET", path, token=token)
    story = list(page)
    while len(page) == PAGE:
        page = api.call("GET", f"{path}?before={story[-1]['id']}", token=token)
        story += page
    return story


def _proven(api: Api, cast: Cast) -> dict[str, Any] | None:
    program = api.call("GET", f"/api/v1/programs/{cast.program}", token=cast.commander_token)
    stop: dict[str, Any] | None = program["stop"]
    return stop if stop and stop["proof"] != "pausing" else None


def _page(receiver: Receiver) -> None:
    try:
        receiver.arrived.get(timeout=PAGE_SECONDS)
    except queue.Empty:
        raise DrillFailed(f"no page came within {PAGE_SECONDS:.0f} s") from None


def _settled() -> None:
    waiting = (Page.State.PENDING, Page.State.SENDING)
    wait_for(
        "the end of all pages",
        lambda: not Page.objects.filter(state__in=waiting).exists(),
        seconds=PAGE_SECONDS,
    )


def _figures(
    filed: dict[str, Any], stop: dict[str, Any], stops: list[int], receiver: Receiver
) -> dict[str, Any]:
    wanted = Page.objects.exclude(state=Page.State.DROPPED)
    return {
        "incident": filed["incident"],
        "severity": filed["severity"],
        "commit_to_last_stop_ms": round(max(stops) / 1e6 - _committed_ms(), 1) if stops else None,
        "collectors": stop["collectors"],
        "acknowledged": stop["acknowledged"],
        "expired": stop["expired"],
        "violations": stop["violation"],
        "proof": stop["proof"],
        "pages_sent": wanted.filter(state=Page.State.SENT).count(),
        "lost": wanted.count() - len(receiver.pages),
    }


def _committed_ms() -> float:
    # The commit itself, from PostgreSQL's own book; the row's times are from before it.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 FROM programs_pause"
        )
        return float(cursor.fetchone()[0])
