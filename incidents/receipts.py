"""What a reporter may know of their own report: that it arrived and what it stopped. Reads only."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import User
from incidents import access
from incidents.models import Incident
from programs import access as program_access
from programs.models import Pause
from severity.models import Assessment
from severity.vocabulary import Action


@dataclass(frozen=True)
class Receipt:
    """Never who responds, nor what they do or find.

    `paged` is what the report itself set off, whatever the severity became since.
    """

    incident: Incident
    pauses: list[Pause]
    paged: bool
    may_open: bool


def of(user: User, uuid: UUID) -> Receipt:
    """Return the receipt of a report.

    Raises:
        Http404: if there is none, or it is another person's.
    """
    incident = mine(user).filter(uuid=uuid).first()
    if incident is None:
        raise Http404(_("No such receipt."))
    seen = program_access.visible_to(user).values("pk")
    pauses = Pause.objects.filter(holder=incident.ref, program__in=seen).select_related("program")
    first = Assessment.objects.filter(subject=f"incident:{incident.uuid}", supersedes=None)
    paged = incident.firings.filter(
        assessment__in=first, action=Action.ESCALATE.value, due_at=None
    ).exists()
    may_open = access.visible_to(user).filter(pk=incident.pk).exists()
    return Receipt(incident, list(pauses.order_by("since")), paged, may_open)


def mine(user: User) -> QuerySet[Incident]:
    """The incidents that this person reported. Show of them only what a receipt holds."""
    return Incident.objects.filter(reporter=user).order_by("-number")
