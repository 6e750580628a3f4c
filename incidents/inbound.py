"""What becomes of a thing that a monitor sent: a new incident, an entry, or nothing new.

The only module that writes Received.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from incidents import duplicates, monitors, timeline
from incidents.alerts import Alert
from incidents.envelopes import Opened
from incidents.models import Incident, Received, TimelineEntry
from incidents.monitors import Heard
from programs.models import ProgramKey
from severity.ladder import Sev, mildest

Outcome = Received.Outcome
# A monitor whose figures change with each word would bury the story.
MOST_ENTRIES = 100


@dataclass(frozen=True)
class Taken:
    """What became of a delivery; `heard` is empty if nothing was open that is over now."""

    outcome: str
    heard: Heard | None


@transaction.atomic
def take(key: ProgramKey, opened: Opened, *, body: bytes) -> Taken:
    """Let what came open an incident or add to one. The same again changes nothing.

    What it is about has one open incident at a time. A level that is worse than all before is
    news, and makes another. What is over is noted; closing is for people.

    Raises:
        monitors.Refused: if it is about another program than the key's.
    """
    monitors.refuse_others(key, opened.alert)
    alone(str(key.pk))
    alert = opened.alert
    row = Received(
        key=key,
        # Some name the thing and not the delivery: that it is over is another word than that it is.
        ident=hashed(f"{opened.ident} over" if alert.over and opened.ident else opened.ident),
        dedup=hashed(alert.dedup or alert.event or opened.ident),
        digest=hashlib.sha256(body).hexdigest(),
        said=_said(alert),
        level=_level(key, alert),
    )
    before = _repeat(row)
    if before:
        return Taken(before.outcome, _again(key, before.incident))
    last = _last(row)
    if alert.over:
        return _over(key, alert, row, last)
    standing = last.incident if last else None
    if last is None or standing is None or _is_news(row, standing):
        return _open(key, opened, row)
    return _add(key, alert, row, last)


def hashed(name: str) -> str:
    """Return what stands for a name that somebody else chose; empty for none."""
    return hashlib.sha256(name.encode()).hexdigest() if name else ""


def heard_by_mail(ident: str, digest: str) -> Received | None:
    """Return what became of a mail that came before, counted once more; by its id or its bytes."""
    same = Q(digest=digest) | Q(ident=ident) if ident else Q(digest=digest)
    before = Received.objects.filter(same, key=None).select_related("incident").first()
    return _touch(before) if before else None


def keep_mail(ident: str, digest: str, outcome: str, incident: Incident) -> None:
    """Keep that a mail came, and what became of it; never a word of it."""
    _keep(Received(ident=ident, digest=digest, said=digest), outcome, incident)


def alone(name: str) -> None:
    """Let nobody else take what comes under a name until the transaction ends."""
    # Two deliveries at once: the second sees what became of the first.
    with connection.cursor() as cursor:
        name = f"inbound:{name}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 11))", [name])


def _said(alert: Alert) -> str:
    said = asdict(alert) | {"since": str(alert.since)}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _level(key: ProgramKey, alert: Alert) -> int | None:
    assert key.worst is not None
    return None if alert.level is None else mildest(alert.level, Sev(key.worst)).value


def _repeat(row: Received) -> Received | None:
    """The delivery that this is again, counted once more."""
    if not row.ident:
        return None
    # What grows worse must stop the program all the same, even under the name of what was mild.
    for ident in (row.ident, hashed(f"{row.ident} {row.level}")):
        before = Received.objects.filter(key=row.key, ident=ident).first()
        if before is None:
            row.ident = ident
            return None
        if row.level is None or (before.level is not None and row.level >= before.level):
            return _touch(before)
    return None


def _touch(row: Received) -> Received:
    row.times, row.last_at = F("times") + 1, Now()
    row.save(update_fields=["times", "last_at"])
    return row


def _last(row: Received) -> Received | None:
    """What was last heard of the same thing, with the incident that is open for it, if any."""
    if not row.dedup:
        return None
    same = Received.objects.filter(key=row.key, dedup=row.dedup, incident__isnull=False)
    last = same.select_related("incident").first()
    if last is None or last.incident is None:
        return None
    return None if duplicates.final(last.incident).is_over else last


def _is_news(row: Received, standing: Incident) -> bool:
    """True if it is worse than anything said or judged of the incident that is open for it."""
    if row.level is None or row.level >= duplicates.final(standing).counts_as:
        return False
    said = Received.objects.filter(key=row.key, dedup=row.dedup, incident=standing)
    levels = [level for level in said.values_list("level", flat=True) if level is not None]
    return not levels or row.level < min(levels)


def _open(key: ProgramKey, opened: Opened, row: Received) -> Taken:
    for name in _names(key, opened, row):
        heard = monitors.report(key, opened.alert, event=name)
        incident = heard.filed.incident
        if heard.filed.is_new or not duplicates.final(incident).is_over:
            break
    same = Received.objects.filter(key=key, incident=incident, said=row.said).first()
    if same and not (heard.filed.is_new or row.ident or row.dedup):
        _touch(same)
    else:
        _keep(row, Outcome.OPENED, incident)
    return Taken(Outcome.OPENED, heard)


def _names(key: ProgramKey, opened: Opened, row: Received) -> list[str]:
    """How the report is called. A name is for good, so what comes back later needs another."""
    name = opened.ident or opened.alert.event
    if not name:
        return [""]
    opened_before = Received.objects.filter(
        key=key, dedup=row.dedup, outcome=Outcome.OPENED, level=row.level
    )
    n = opened_before.count()
    return [f"{name}|{n}" if n else name, f"{name}|{n + 1}"]


def _over(key: ProgramKey, alert: Alert, row: Received, last: Received | None) -> Taken:
    if last is None:
        same = Received.objects.filter(key=key, said=row.said, outcome=Outcome.NOTHING, ident="")
        known = None if row.ident else same.first()
        if known:
            _touch(known)
        else:
            _keep(row, Outcome.NOTHING, None)
        return Taken(Outcome.NOTHING, None)
    assert last.incident
    if last.outcome == Outcome.RESOLVED:
        _touch(last)
    else:
        # For people to judge: a monitor that sees no more of it may have gone blind.
        _write(key, last.incident, f"It says that this is over. {_words(alert)}")
        _keep(row, Outcome.RESOLVED, last.incident)
    return Taken(Outcome.RESOLVED, _again(key, last.incident))


def _add(key: ProgramKey, alert: Alert, row: Received, last: Received) -> Taken:
    assert last.incident
    if last.said == row.said and not row.ident:
        _touch(last)
        return Taken(last.outcome, _again(key, last.incident))
    again = "It sees it again. " if last.outcome == Outcome.RESOLVED else ""
    if last.said != row.said:
        _write(key, last.incident, f"{again}{_words(alert)}")
    _keep(row, Outcome.UPDATED, last.incident)
    return Taken(Outcome.UPDATED, _again(key, last.incident))


def _words(alert: Alert) -> str:
    level = alert.level.label if alert.level is not None else ""
    return "\n".join(filter(None, [alert.title, level, alert.detail, alert.url]))


def _write(key: ProgramKey, incident: Incident, text: str) -> None:
    written = incident.received.filter(key=key).exclude(outcome=Outcome.OPENED).count()
    if written > MOST_ENTRIES:
        return
    if written == MOST_ENTRIES:
        text = "It has more to say than is written down here. From now on only its page counts it."
    handled = duplicates.final(incident)
    handled = Incident.objects.select_for_update(no_key=True).get(pk=handled.pk)
    if not handled.is_over:
        timeline.write(
            handled,
            TimelineEntry.Kind.REPORT,
            text[: timeline.LONGEST],
            actor=monitors.actor_of(key),
        )


def _again(key: ProgramKey, incident: Incident | None) -> Heard | None:
    return monitors.heard_before(key, incident) if incident else None


def _keep(row: Received, outcome: str, incident: Incident | None) -> None:
    row.outcome, row.incident = outcome, incident
    row.save(force_insert=True)
