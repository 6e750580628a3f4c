"""The register of breaches of GDPR Art. 33(5): which incidents it holds. Reads only.

It starts in incidents.access: nobody reads of an incident here that they may not read otherwise.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from incidents import access
from incidents.models import OWED, Incident, Kind, Obligation, Status

PER_PAGE = 25
# Nobody reads further than this page by page, and to count on would cost as much as there is.
MOST = 1_000
READERS = (Function.PRIVACY_OFFICER, Function.LEGAL, Function.AUDITOR)
# The duty to keep this very register tells nobody anything.
ITSELF = ("eu-gdpr-33-5",)
_FILED = (Obligation.State.SUBMITTED, Obligation.State.CONFIRMED)
YES, NO, UNDECIDED, LATE = "yes", "no", "undecided", "late"


@dataclass(frozen=True)
class Wanted:
    """Which part of the register. Empty means all of it."""

    levels: tuple[int, ...] = ()
    program: str = ""
    told: str = ""
    since: datetime | None = None
    until: datetime | None = None


def may_read(user: User) -> bool:
    """True for privacy officers, counsel and auditors; each reads what they are let in to."""
    return user.is_active and user.is_any(*READERS)


def belongs() -> Q:
    """What the register holds: all but drills, near misses, and what is none or is another.

    A report counts from its first moment, notified or not, and stays when it is closed.
    """
    return Q(is_drill=False) & ~Q(kind=Kind.NEAR_MISS) & ~Q(status__in=_WITHOUT)


_WITHOUT = (Status.DISMISSED, Status.MERGED)


def find(user: User, wanted: Wanted) -> QuerySet[Incident]:
    """Return what a person may read of the register and asked for, the newest first."""
    if not may_read(user):
        return access.visible_to(user).none()
    found = access.visible_to(user).filter(belongs() & _conditions(wanted))
    return for_lines(found).order_by("-number")


def for_lines(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Read with each incident what its line in the register says."""
    joined = incidents.select_related("program", "imported")
    return joined.prefetch_related(
        "exposures__dataset",
        "obligations",
        "duplicates__obligations",
        "action_items",
        "legal_facts__superseded_by",
    )


def _conditions(wanted: Wanted) -> Q:
    found = Q()
    if wanted.levels:
        found &= Q(counts_as__in=wanted.levels)
    if wanted.program:
        found &= Q(program__slug=wanted.program)
    if wanted.since:
        found &= Q(reported_at__gte=wanted.since)
    if wanted.until:
        found &= Q(reported_at__lt=wanted.until)
    return found & _BY_TOLD[wanted.told]() if wanted.told in _BY_TOLD else found


def _duties(**which: object) -> Q:
    rows = Obligation.objects.filter(incident=OuterRef("pk"), **which).exclude(rule__in=ITSELF)
    return Q(Exists(rows.exclude(clock=Obligation.Clock.NOT_APPLICABLE, state__in=OWED)))


def _filed_for_merged(**which: object) -> Q:
    """What was filed for a report that was merged into it: the same breach, which it told of."""
    rows = Obligation.objects.filter(incident__duplicate_of=OuterRef("pk"), state__in=_FILED)
    return Q(Exists(rows.filter(**which).exclude(rule__in=ITSELF)))


def _was_told() -> Q:
    elsewhere = Q(imported__authority_told=True) | Q(imported__people_told=True)
    return _duties(state__in=_FILED) | _filed_for_merged() | elsewhere


def _was_not_told() -> Q:
    elsewhere = Q(imported__authority_told=False)
    decided = _duties(state=Obligation.State.NOT_REPORTABLE) | elsewhere
    return decided & ~_was_told() & ~_is_undecided()


def _is_undecided() -> Q:
    # Without any duty nobody decided either, unless the file it came from says what was.
    none = ~_duties() & ~_filed_for_merged() & Q(imported=None)
    said_nothing = Q(imported__isnull=False, imported__authority_told=None) & ~_duties()
    return _duties(state__in=OWED) | none | (said_nothing & ~Q(imported__people_told=True))


def _was_late() -> Q:
    filed = _duties(state__in=_FILED, submitted_at__gt=F("due_at"))
    filed |= _filed_for_merged(submitted_at__gt=F("due_at"))
    owed = _duties(state__in=OWED, due_at__lt=timezone.now())
    return filed | owed | (Q(imported__isnull=False) & ~Q(imported__lateness=""))


_BY_TOLD = {YES: _was_told, NO: _was_not_told, UNDECIDED: _is_undecided, LATE: _was_late}
