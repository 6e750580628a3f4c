"""What merged incidents still mean for the one that they were merged into. Reads only.

An incident leads straight to the one that is handled: merging that one moves the links along.
"""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from audit import trail
from audit.models import Entry
from incidents import access
from incidents.models import Incident, RuleFiring
from programs.models import Dataset, Pause, Program, State


def final(incident: Incident) -> Incident:
    """The incident that is handled in its stead; itself if it was not merged."""
    return incident.duplicate_of or incident


def holders(incident: Incident) -> list[str]:
    """The names under which programs are held for it: its own, and of what was merged into it."""
    merged = incident.duplicates.order_by("number")
    return [incident.ref, *(each.ref for each in merged)]


def seen(user: User, incident: Incident) -> list[Incident]:
    """What was merged into an incident, as far as the person may know of it."""
    merged = list(incident.duplicates.values_list("pk", flat=True))
    return list(access.of_these(user, merged).order_by("number")) if merged else []


def lead(user: User, incident: Incident) -> Incident | None:
    """Where a merged incident leads; None for who may not know of that one."""
    return access.visible_to(user).filter(duplicates=incident).first()


def tells(incident: Incident, program: Program) -> bool:
    """True if everybody who sees the incident may know of a program that is held for it.

    Few know of another's draft, which is held as it learned from what is concerned, or for what
    was merged into this.
    """
    return program.pk == incident.program_id or program.state != State.DRAFT


def called(incident: Incident, program: Program) -> str:
    """The name of a program that is held for an incident, as far as all who see this may know."""
    return program.name if tells(incident, program) else _("A program that is still a draft")


def named(incident: Incident, program: Program, dataset: Dataset | None) -> str:
    """A program as `called`, and the dataset where it is about that alone."""
    if dataset and tells(incident, program):
        return f"{program.name}, {dataset.name}"
    return called(incident, program)


def said_of(incident: Incident, hold: Pause) -> str:
    """What a pause holds, as `named`."""
    return named(incident, hold.program, hold.dataset)


def aim_of(firing: RuleFiring) -> str:
    """What an act of a rule is aimed at, as `named`; empty if at no program of its own."""
    program = firing.program
    return named(firing.incident, program, firing.dataset) if program else ""


def occasion_of(firing: RuleFiring) -> str:
    """For what an act of a rule was made once; its last part says at what, where all may know."""
    program = firing.program
    tells_all = program is None or tells(firing.incident, program)
    return firing.key if tells_all else firing.key.rpartition("|")[0]


def earlier_awareness(incident: Incident) -> datetime | None:
    """When a duplicate was known of earlier, while no privacy officer decided since it was merged.

    None if there is nothing to decide.
    """
    merged = incident.duplicates.exclude(aware_at=None)
    if incident.aware_at:
        merged = merged.filter(aware_at__lt=incident.aware_at)
    earlier = list(merged)
    if not earlier:
        return None
    decided = _last("incident.aware", [incident])
    merged_at = _last("incident.merged", earlier)
    if merged_at is None or (decided and decided > merged_at):
        return None
    return min(each.aware_at for each in earlier if each.aware_at)


def _last(action: str, incidents: list[Incident]) -> datetime | None:
    streams = [trail.stream_of(each) for each in incidents]
    found = Entry.objects.filter(stream__in=streams, action=action)
    last: datetime | None = found.aggregate(last=Max("at"))["last"]
    return last
