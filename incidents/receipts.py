"""What a reporter may know of their own report: that it arrived and what it stopped. Reads only."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from incidents import access, weighing
from incidents.models import Incident, TimelineEntry
from programs import access as program_access
from programs.models import Pause
from programs.models.stopping import PauseQuerySet
from severity.vocabulary import Action

_MOST_UPDATES = 50


@dataclass(frozen=True)
class Receipt:
    """Never who responds, nor what they do or find, but for what was written for those told.

    `paged` is what the report itself set off, whatever the severity became since. `updates` is
    written for people who were told of the incident, and nothing else of its timeline.
    """

    incident: Incident
    pauses: list[Pause]
    paged: bool
    may_open: bool
    updates: list[TimelineEntry]


def of(user: User, uuid: UUID) -> Receipt:
    """Return the receipt of a report.

    Raises:
        Http404: if there is none, or it is another person's.
    """
    incident = mine(user).filter(uuid=uuid).first()
    if incident is None:
        raise Http404(_("No such receipt."))
    paged = incident.firings.filter(
        assessment=weighing.first(incident), action=Action.ESCALATE.value, due_at=None
    ).exists()
    may_open = access.visible_to(user, named=True).filter(pk=incident.pk).exists()
    updates = list(_for_those_told(incident)[:_MOST_UPDATES])
    return Receipt(incident, list(_held(incident, user)), paged, may_open, updates)


def _for_those_told(incident: Incident) -> QuerySet[TimelineEntry]:
    written = {"kind": TimelineEntry.Kind.UPDATE, "audience": TimelineEntry.Audience.TOLD}
    return incident.timeline.filter(superseded_by=None, **written)


def stopped(incident: Incident, user: User) -> list[Pause]:
    """Return what the incident keeps from collecting now, as far as the person may know of it."""
    # Without an order nothing ran that could be stopped.
    return list(_held(incident, user).in_force().exclude(order=None))


def _held(incident: Incident, user: User) -> PauseQuerySet:
    seen = program_access.visible_to(user).values("pk")
    holds = Pause.objects.filter(holder=incident.ref, program__in=seen)
    return holds.select_related("program").order_by("since", "pk")


def mine(user: User) -> QuerySet[Incident]:
    """The incidents that this person reported. Show of them only what a receipt holds."""
    return Incident.objects.filter(reporter=user).order_by("-number")
