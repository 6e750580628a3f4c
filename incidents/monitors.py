"""Let a monitor pull the cord: an alert becomes a report, within what its key may do."""

import hashlib
from dataclasses import dataclass

from django.utils import timezone

from accounts.actors import Actor
from incidents import moments, reporting
from incidents.alerts import Alert
from incidents.models import Audience, StillOpen
from incidents.reporting import Filed, Report
from incidents.weighing import Stated
from programs import pauses
from programs.models import ProgramKey
from severity.ladder import Sev


class Refused(Exception):
    """The alert is about another program than the key."""


@dataclass(frozen=True)
class Heard:
    """What became of an alert; `paused` is true while its incident holds the key's program."""

    filed: Filed
    paused: bool


def report(key: ProgramKey, alert: Alert, *, event: str = "") -> Heard:
    """File what a monitor saw. Its program is the key's, its level no worse than the key allows.

    Args:
        event: names this very delivery, such as a webhook-id; without one the alert's own name of
            the event counts, and without that the same words within ten minutes.

    Raises:
        Refused: if the alert names another program than the key's.
    """
    if alert.program not in ("", key.program.slug):
        raise Refused(f"program: this key is for {key.program.slug!r} alone.")
    filed = reporting.file_report(
        _as_report(key, alert),
        # Who issued the key answers for it, and holds the receipt.
        reporter=key.issued_by,
        actor=_monitor(key),
        key=_name_of(key, alert, event or alert.event),
    )
    held = pauses.held_by(filed.incident.ref).filter(program=key.program)
    return Heard(filed, held.exists())


def _monitor(key: ProgramKey) -> Actor:
    return Actor(name=f"monitor {key.label}", via="monitor")


def _as_report(key: ProgramKey, alert: Alert) -> Report:
    program = key.program
    assert key.worst is not None
    fits = len(alert.url) <= reporting.LONGEST_LINE
    since = alert.since
    return Report(
        title=alert.title or f"Alert of monitor {key.label}",
        program=program,
        dataset=program.datasets.filter(slug=alert.dataset).first() if alert.dataset else None,
        audience=alert.audience if alert.audience in Audience.values else Audience.UNKNOWN,
        still_open=alert.still_open if alert.still_open in StillOpen.values else StillOpen.UNKNOWN,
        detail=alert.detail if fits else _with(alert.detail, alert.url),
        found_how=_monitor(key).name,
        reference=alert.url if fits else "",
        occurred_from=None if since and moments.why_not(since, now=timezone.now()) else since,
        is_drill=program.is_drill,
        stated=Stated(by=_monitor(key).name, level=alert.level, at_most=Sev(key.worst)),
    )


def _with(detail: str, url: str) -> str:
    room = reporting.LONGEST_DETAIL - len(url) - 1
    return f"{detail[:room]}\n{url}"


def _name_of(key: ProgramKey, alert: Alert, event: str) -> str:
    if not event:
        return ""
    # What grows worse is news, even under the name of what was mild.
    level = "" if alert.level is None else alert.level.label
    named = hashlib.sha256(f"{event}|{level}".encode()).hexdigest()[:40]
    return f"{key.key_id}:{named}"
