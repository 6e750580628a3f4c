"""Keep entries of a timeline on top of it. The only module that writes Pin."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from audit import history, trail
from incidents.models import Incident, Pin, TimelineEntry

MOST = 10


class Refused(Exception):
    """The entry cannot be pinned; the message says why."""


@transaction.atomic
def pin(entry: TimelineEntry, *, actor: Actor) -> Pin:
    """Put an entry on top. Safe to call again. One that is corrected later is shown as it is then.

    Raises:
        Refused: if the incident is over, the entry was corrected, or too many are pinned.
    """
    incident = _lock(entry)
    if TimelineEntry.objects.filter(supersedes=entry).exists():
        raise Refused(_("This entry was corrected; pin the newer one."))
    held = incident.pins.filter(unpinned_at=None)
    existing = held.filter(entry=entry).first()
    if existing:
        return existing
    if held.count() >= MOST:
        raise Refused(_("%(n)s entries are pinned, and that is the most: unpin one.") % {"n": MOST})
    row: Pin = history.create(
        Pin, actor=actor, incident=incident, entry=entry, pinned_by=actor.name
    )
    trail.record("timeline.pinned", entry, actor=actor, stream=trail.stream_of(incident))
    return row


@transaction.atomic
def unpin(entry: TimelineEntry, *, actor: Actor) -> None:
    """Put an entry back among the others, also if an older text of it was pinned.

    Raises:
        Refused: if the incident is over.
    """
    incident = _lock(entry)
    rows = incident.pins.filter(unpinned_at=None).select_related("entry")
    for row in rows:
        if _as_it_is_now(row.entry) == entry:
            row.unpinned_at = timezone.now()
            history.save(row, "unpinned_at", actor=actor)
            trail.record("timeline.unpinned", entry, actor=actor, stream=trail.stream_of(incident))


def pinned(incident: Incident) -> list[TimelineEntry]:
    """Return the entries on top, as they are now, the newest first."""
    keys = set(incident.pins.filter(unpinned_at=None).values_list("entry", flat=True))
    # One query for each time that any of them was corrected, however many are pinned.
    while newer := dict(_newer(keys)):
        keys = {newer.get(key, key) for key in keys}
    if not keys:
        return []
    found = incident.timeline.filter(pk__in=keys)
    return list(found.select_related("actor", "supersedes"))


def _newer(keys: Iterable[int]) -> Iterable[tuple[int | None, int]]:
    return TimelineEntry.objects.filter(supersedes__in=keys).values_list("supersedes", "pk")


def _as_it_is_now(entry: TimelineEntry) -> TimelineEntry:
    newer: Iterable[TimelineEntry] = TimelineEntry.objects.filter(supersedes=entry)
    for each in newer:
        return _as_it_is_now(each)
    return entry


def _lock(entry: TimelineEntry) -> Incident:
    incident = Incident.objects.select_for_update(no_key=True).get(pk=entry.incident_id)
    if incident.is_over:
        said = _("%(ref)s is %(status)s; reopen it to pin entries.")
        raise Refused(said % {"ref": incident.ref, "status": incident.get_status_display().lower()})
    return incident
