"""What participants may know of a program's past incidents. Reads only.

The one list that does not start in incidents.access, as it is for everybody: it holds no title,
codename, number, day or person, and nothing of an incident that is not contained yet.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from incidents import exposure
from incidents.models import Incident, Status
from programs.models import Program
from severity.vocabulary import Category

# While it is open a thief could learn from it that we know.
TOLD = (Status.CONTAINED, Status.RECOVERED, Status.IN_REVIEW, Status.CLOSED)
MOST = 50
_KINDS = {
    Category.SIMPLE: lazy("simple data, such as contact details"),
    Category.BEHAVIOURAL: lazy("behaviour, such as what somebody typed or said"),
    Category.FINANCIAL: lazy("financial data"),
    Category.SENSITIVE: lazy("sensitive data, such as health or belief"),
}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Redacted:
    """One incident without what would tell it from another. `month` is its first moment."""

    level: int
    month: datetime
    kind: str
    exposed: str
    state: str


def of(program: Program) -> list[Redacted]:
    """Return the incidents of a program that are contained or over, the newest first."""
    found = Incident.objects.filter(program=program, is_drill=False, status__in=TOLD)
    newest = found.select_related("assessment").prefetch_related("exposures")
    return [_redact(incident) for incident in newest.order_by("-reported_at")[:MOST]]


def _redact(incident: Incident) -> Redacted:
    return Redacted(
        level=incident.counts_as,
        month=incident.reported_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
        kind=_kind(incident),
        exposed=_how_long(incident),
        state=str(Status(incident.status).label),
    )


def _kind(incident: Incident) -> str:
    facts = incident.assessment.facts if incident.assessment else {}
    # A level that a monitor stated rests on no facts.
    category = facts.get("dpc", [""])[0]
    return str(_KINDS[Category(category)]) if category else _("not known")


def _how_long(incident: Incident) -> str:
    window = exposure.window(incident, incident.exposures.all())
    if window is None or window.until is None:
        return _("not known")
    # In steps so coarse that the length is no name.
    length = window.until - window.since
    if length < _HOUR:
        return _("less than an hour")
    if length < _DAY:
        return _("less than a day")
    days = -(-length // _DAY)
    return ngettext("up to %(n)s day", "up to %(n)s days", days) % {"n": days}
