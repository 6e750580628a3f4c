"""What participants may know of a program's past incidents, and leadership of reviews. Reads only.

The only lists that do not start in incidents.access, as they are for those whom nobody let in: they
hold no title, codename, number, day or person, and nothing of an incident that is not contained.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from accounts.functions import Function
from accounts.models import User
from incidents import blacking, exposure, reviewform
from incidents.models import ActionItem, Incident, Review, ReviewVersion, Status
from programs.models import Program, State
from severity.vocabulary import Category

# While it is open a thief could learn from it that we know.
TOLD = (Status.CONTAINED, Status.RECOVERED, Status.IN_REVIEW, Status.CLOSED)
# An incident that is opened again takes its review out of sight until it is over anew.
REVIEWED = (Status.RECOVERED, Status.IN_REVIEW, Status.CLOSED)
# What is written for people outside, and the facts that are lengths of time alone.
TEXTS, FACTS = ("summary", "learned"), "metrics"
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


@dataclass(frozen=True)
class Lesson:
    """A review as leadership reads it. `actions` counts what is done afterwards by its state."""

    of: Redacted
    program: str
    causes: list[str]
    texts: list[tuple[str, str]]
    facts: list[str]
    actions: list[tuple[str, int]]


def may_read_lessons(user: User) -> bool:
    """True for leadership. What they are let in to they also read as it is."""
    return user.is_any(Function.EXECUTIVE)


def lessons() -> list[Lesson]:
    """Return what counts of published reviews, the newest first, without what would name them."""
    rows = Review.objects.filter(
        incident__status__in=REVIEWED, incident__is_drill=False, published__isnull=False
    )
    rows = rows.select_related("published", "incident__program", "incident__assessment")
    standing = [row for row in rows.order_by("-published_at") if row.stands]
    return [lesson(row.incident, row.published) for row in standing[:MOST] if row.published]


def lesson(incident: Incident, version: ReviewVersion) -> Lesson:
    """Return one version of a review as leadership would read it."""
    names = _names(incident, version)
    texts = [
        (section.title, blacking.out(version.sections[section.key], names))
        for section in reviewform.current().sections
        if section.key in TEXTS and version.sections.get(section.key)
    ]
    items = incident.action_items.values_list("state").annotate(n=Count("pk")).order_by("state")
    labels = dict(ActionItem.State.choices)
    return Lesson(
        of=_redact(incident),
        program=_program(incident),
        causes=[each.title for each in reviewform.causes_of(version.causes)],
        texts=texts,
        facts=list(version.facts.get(FACTS, [])),
        actions=[(str(labels[state]), n) for state, n in items],
    )


def _program(incident: Incident) -> str:
    program = incident.program
    return program.name if program and program.state != State.DRAFT else ""


def _names(incident: Incident, version: ReviewVersion) -> set[str]:
    authors = User.objects.filter(pk__in=version.review.versions.values("author"))
    return names_of(incident) | _called(authors)


def names_of(incident: Incident) -> set[str]:
    """All that is known to name it: whoever had to do with it, its own names, files and places."""
    names = {incident.codename, incident.title, incident.reference} | people_of(incident)
    for row in incident.exposures.select_related("dataset"):
        names |= {row.what, row.location, row.dataset.store if row.dataset else ""}
    names |= set(incident.evidence.values_list("name", flat=True))
    for merged in incident.duplicates.all():
        names |= {merged.codename, merged.title}
    return names


def people_of(incident: Incident) -> set[str]:
    """What those are called who had to do with it."""
    who = Q(pk__in=incident.grants.values("person")) | Q(pk__in=incident.roles.values("person"))
    who |= Q(pk__in=incident.timeline.values("actor")) | Q(pk=incident.reporter_id)
    return _called(User.objects.filter(who))


def _called(people: Iterable[User]) -> set[str]:
    return {
        name
        for person in people
        for name in (
            *(person.name, person.username, person.first_name, person.last_name),
            person.email,
        )
    }


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
