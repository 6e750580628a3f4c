"""What merged incidents still mean for the one that they were merged into. Reads only.

An incident leads straight to the one that is handled: merging that one moves the links along.
"""

from datetime import datetime

from django.db.models import Max

from accounts.models import User
from audit import trail
from audit.models import Entry
from incidents import access
from incidents.models import Incident


def final(incident: Incident) -> Incident:
    """The incident that is handled in its stead; itself if it was not merged."""
    return incident.duplicate_of or incident


def holders(incident: Incident) -> list[str]:
    """The names under which programs are held for it: its own, and of what was merged into it."""
    merged = incident.duplicates.order_by("number")
    return [incident.ref, *(each.ref for each in merged)]


def seen(user: User, incident: Incident) -> list[Incident]:
    """What was merged into an incident, as far as the person may know of it."""
    return list(access.visible_to(user).filter(duplicate_of=incident).order_by("number"))


def lead(user: User, incident: Incident) -> Incident | None:
    """Where a merged incident leads; None for who may not know of that one."""
    return access.visible_to(user).filter(duplicates=incident).first()


def earlier_awareness(incident: Incident) -> datetime | None:
    """When a duplicate was known of earlier, while no privacy officer decided since it was merged.

    None if there is nothing to decide.
    """
    merged = incident.duplicates.exclude(aware_at=None)
    if incident.aware_at:
        merged = merged.filter(aware_at__lt=incident.aware_at)
    earlier = list(merged)
    decided = _last("incident.aware", [incident])
    merged_at = _last("incident.merged", earlier)
    if not merged_at or (decided and decided > merged_at):
        return None
    return min(each.aware_at for each in earlier if each.aware_at)


def _last(action: str, incidents: list[Incident]) -> datetime | None:
    streams = [trail.stream_of(each) for each in incidents]
    found = Entry.objects.filter(stream__in=streams, action=action)
    last: datetime | None = found.aggregate(last=Max("at"))["last"]
    return last
