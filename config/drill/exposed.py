"""Play the drill of an exposure against a running Andon: grant too much, watch what follows."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.actors import Actor
from config.drill.play import DrillFailed, collecting, wait_for
from config.drill.prepare import Cast
from config.drill.receiver import Receiver
from config.drill.store import DATABASE, TABLE, WATCH, Store
from incidents.models import WatchedDrift
from programs.models import Program, Snapshot, WatchSource
from programs.watch import declaring, watching

# What everybody waits for at most; whether it was in time is measured.
PATIENCE = 120.0
EVERY_SECONDS = 15


def watched(cast: Cast, store: Store, password: str) -> WatchSource:
    """Declare who is meant to read the store, and have it looked up who can."""
    program = Program.objects.select_related("owner").get(slug=cast.program)
    owner = Actor.person(program.owner, via="command")
    dataset = program.datasets.get()
    said = declaring.Terms(teams=["team"], roles=["postgres"], most=10)
    declaring.declare(dataset, said, reason="The study team alone.", actor=owner)
    place = {"host": "127.0.0.1", "port": store.port, "database": DATABASE, "user": WATCH}
    return watching.add(
        dataset,
        watching.Terms(
            name="Warehouse",
            kind=WatchSource.Kind.POSTGRES,
            place=place | {"tables": [TABLE]},
            password=password,
            every_seconds=EVERY_SECONDS,
        ),
        actor=owner,
    )


def play(cast: Cast, source: WatchSource, store: Store, receiver: Receiver) -> dict[str, Any]:
    """Grant too much and return what came of it; times in seconds from the grant.

    Raises:
        DrillFailed: if a step does not come about.
    """
    _until("a first look that finds nobody too many", lambda: _is_clean(source))
    program = source.dataset.program
    with collecting(cast, settings.ENVIRONMENT.gate_url):
        began, at = time.monotonic(), timezone.now()
        store.tell("GRANT SELECT ON study.keys TO PUBLIC")
        _until("a page", lambda: receiver.arrived.qsize())
        paged = round(time.monotonic() - began, 1)
        incident = WatchedDrift.objects.get(drift__source=source).incident
        _until("the proof of the stop", lambda: program.stop_orders.get().proof != "pausing")
    hold = program.pauses.in_force().get()
    store.tell("REVOKE SELECT ON study.keys FROM PUBLIC")
    _until("the end of the exposure", lambda: incident.exposures.get().until)
    for entry in incident.timeline.order_by("pk"):
        sys.stdout.write(f"{entry.occurred_at:%H:%M:%S}  {entry.kind:<11}{entry.text}\n")
    return {
        "incident": incident.ref,
        "severity": incident.counts_as,
        "looked_after_s": _after(at, source.drifts.get().opened_at),
        "incident_after_s": _after(at, incident.reported_at),
        "paused_after_s": _after(at, hold.since),
        "paged_after_s": paged,
        "proof": program.stop_orders.get().proof,
        "readers_too_many": Snapshot.objects.filter(source=source, excess__gt=0)[0].excess,
    }


def _is_clean(source: WatchSource) -> bool:
    last = source.snapshots.first()
    return last is not None and last.is_clean


def _after(start: datetime, moment: datetime) -> float:
    return round((moment - start).total_seconds(), 1)


def _until(what: str, holds: Callable[[], Any]) -> None:
    wait_for(what, holds, seconds=PATIENCE)


def why_failed(figures: dict[str, Any], *, within: float) -> str:
    """Return what was missing or late, or nothing."""
    late = [name for name, took in figures.items() if name.endswith("_s") and took > within]
    if late:
        return f"later than {within:.0f} s: {', '.join(late)}"
    if figures["severity"] > 2:
        return f"SEV {figures['severity']} pauses nothing"
    return "" if figures["proof"] == "paused_proven" else f"the stop is {figures['proof']}"


__all__ = ["DrillFailed", "play", "watched", "why_failed"]
