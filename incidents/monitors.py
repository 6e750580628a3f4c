"""Let a monitor pull the cord: an alert becomes a report, within what its key may do."""

import hashlib
from dataclasses import dataclass

from django.utils import timezone

from accounts.actors import Actor
from incidents import moments, reporting
from incidents.alerts import Alert
from incidents.models import Audience, Incident, StillOpen
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
    refuse_others(key, alert)
    filed = reporting.file_report(
        as_report(key, alert),
        # Who issued the key answers for it, and holds the receipt.
        reporter=key.issued_by,
        actor=actor_of(key),
        key=_name_of(key, alert, event or alert.event),
    )
    return Heard(filed, _holds(key, filed.incident))


def heard_before(key: ProgramKey, incident: Incident) -> Heard:
    """Return what became of an alert that made no incident of its own, or came again."""
    return Heard(reporting.filed(incident, key.issued_by, is_new=False), _holds(key, incident))


def refuse_others(key: ProgramKey, alert: Alert) -> None:
    """Refuse an alert about another program.

    Raises:
        Refused: if the alert names another program than the key's.
    """
    if alert.program not in ("", key.program.slug):
        raise Refused(f"program: this key is for {key.program.slug!r} alone.")


def _holds(key: ProgramKey, incident: Incident) -> bool:
    return pauses.held_by(incident.ref).filter(program=key.program).exists()


def actor_of(key: ProgramKey) -> Actor:
    """Return the monitor as the author of what it says."""
    return Actor(name=f"monitor {key.label}", via="monitor")


def as_report(key: ProgramKey, alert: Alert) -> Report:
    """Return what a monitor saw as a report; what it does not say is unknown."""
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
        found_how=_found(key, alert),
        reference=alert.url if fits else "",
        occurred_from=None if since and moments.why_not(since, now=timezone.now()) else since,
        is_drill=program.is_drill,
        stated=Stated(by=actor_of(key).name, level=alert.level, at_most=Sev(key.worst)),
    )


def _found(key: ProgramKey, alert: Alert) -> str:
    by = actor_of(key).name
    return (
        f"{alert.found_how[: reporting.LONGEST_LINE - len(by) - 3]} ({by})"
        if alert.found_how
        else by
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
