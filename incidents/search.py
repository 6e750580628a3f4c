"""Find incidents among those that a person may know of. Reads only; starts in incidents.access.

Words are looked for in what was reported and in the story, see incidents.words.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.models import User
from incidents import access, assessmentdue, words
from incidents.models import (
    OVER,
    Exposure,
    Incident,
    Role,
    RoleAssignment,
    StillOpen,
    TimelineEntry,
)

# What a list can be sorted by, and how; the number keeps the order stable.
SORTS = {
    "severity": ("counts_as", "-number"),
    "-severity": ("-counts_as", "-number"),
    "number": ("number",),
    "-number": ("-number",),
    "status": ("status", "-number"),
    "-status": ("-status", "-number"),
    "program": ("program__name", "-number"),
    "-program": ("-program__name", "-number"),
    "reported": ("reported_at",),
    "-reported": ("-reported_at",),
    "updated": ("last_update", "-number"),
    "-updated": ("-last_update", "-number"),
}
USUAL_SORT = "-number"
ALL_OPEN = "open"
_NUMBER = re.compile(r"\s*(?:inc-?)?\s*(\d{1,9})\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for. Empty means everything."""

    text: str = ""
    levels: tuple[int, ...] = ()
    status: str = ""
    program: str = ""
    still_exposed: bool = False
    # The full assessment is overdue.
    assessment_late: bool = False
    since: datetime | None = None
    until: datetime | None = None
    mine: bool = False
    # A user name: incidents in which this person has a role now.
    person: str = ""
    sort: str = field(default=USUAL_SORT)


def find(user: User, wanted: Wanted) -> QuerySet[Incident]:
    """Return the incidents a person may know of that fit, in the order asked for."""
    keys = words.hits(wanted.text) if wanted.text else []
    if not wanted.text:
        seen = access.visible_to(user)
    elif keys is None:
        seen = access.visible_to(user).filter(words.within(wanted.text) | _numbered(wanted.text))
    else:
        seen = access.of_these(user, keys + _key_of(wanted.text))
    fitting = for_lists(seen.filter(_conditions(user, wanted)))
    return fitting.order_by(*SORTS[wanted.sort])


def _numbered(text: str) -> Q:
    number = _NUMBER.fullmatch(text)
    return Q(number=int(number[1])) if number else Q(pk=None)


def _key_of(text: str) -> list[int]:
    return list(Incident.objects.filter(_numbered(text)).values_list("pk", flat=True))


@dataclass(frozen=True)
class Open:
    """What is not over and a person may know of, counted. `oldest`: of SEV 0 and 1."""

    count: int
    worst: int
    oldest: datetime | None
    next_update: datetime | None


def still_open(user: User) -> QuerySet[Incident]:
    """Return every incident that is not over, the most severe first, with what each exposed."""
    found = access.visible_to(user).exclude(status__in=OVER).prefetch_related("exposures")
    return for_lists(found).order_by("counts_as", "-number")


def tally_open(user: User) -> Open:
    """Count what is not over, in the database, however much it is."""
    worst = Q(counts_as__lte=1)
    return Open(
        **access.visible_to(user)
        .exclude(status__in=OVER)
        .aggregate(
            count=Count("pk"),
            worst=Count("pk", filter=worst),
            oldest=Min("reported_at", filter=worst),
            next_update=Min("next_update_at"),
        )
    )


def for_lists(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    """Read with each incident what a row of a list shows of it."""
    last = TimelineEntry.objects.filter(incident=OuterRef("pk")).order_by("-recorded_at")
    commanders = RoleAssignment.objects.filter(role=Role.COMMANDER, until=None)
    return (
        incidents.select_related("program")
        .prefetch_related(
            Prefetch("roles", commanders.select_related("person"), to_attr="commanders")
        )
        .annotate(last_update=Subquery(last.values("recorded_at")[:1]))
    )


def _conditions(user: User, wanted: Wanted) -> Q:
    found = Q()
    if wanted.levels:
        found &= Q(counts_as__in=wanted.levels)
    if wanted.status == ALL_OPEN:
        found &= ~Q(status__in=OVER)
    elif wanted.status:
        found &= Q(status=wanted.status)
    if wanted.program:
        found &= Q(program__slug=wanted.program)
    if wanted.mine:
        roles = RoleAssignment.objects.filter(person=user, until=None).values("incident")
        found &= Q(pk__in=roles) | Q(reporter=user)
    if wanted.person:
        held = RoleAssignment.objects.filter(person__username=wanted.person, until=None)
        found &= Q(pk__in=held.values("incident"))
    return found & _as_it_is(wanted) & _reported(wanted)


def _as_it_is(wanted: Wanted) -> Q:
    found = Q()
    if wanted.still_exposed:
        found &= _exposes_still()
    if wanted.assessment_late:
        found &= assessmentdue.overdue()
    return found


def _exposes_still() -> Q:
    as_reported = Q(occurred_to=None, contained_at=None) & ~Q(still_open=StillOpen.NO)
    rows = Exposure.objects.filter(incident=OuterRef("pk"))
    # What responders wrote down counts, and not the report, as in incidents.exposure.
    return ~Q(status__in=OVER) & (Exists(rows.filter(until=None)) | (~Exists(rows) & as_reported))


def _reported(wanted: Wanted) -> Q:
    found = Q()
    if wanted.since:
        found &= Q(reported_at__gte=wanted.since)
    if wanted.until:
        found &= Q(reported_at__lt=wanted.until)
    return found
