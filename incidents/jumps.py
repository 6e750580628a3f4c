"""Where a few typed letters may lead: incidents, programs, people, views, what can be done.

Reads only. Nothing is offered that the person may not know of, or that would be refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.functions import Function
from accounts.models import User
from incidents import access, library, record, redacted, saved_views, search
from incidents.models import RoleAssignment
from incidents.search import Wanted
from programs import access as program_access

LONGEST = 100
_OF_EACH = 6
_NAMES = ("username", "first_name", "last_name")
# Of people with a role in more incidents than these the newest are looked at.
_LOOKED_AT = 500


@dataclass(frozen=True)
class Jump:
    """One place: what it is called, what kind of thing it is, and its address."""

    name: str
    kind: str
    url: str


def find(user: User, text: str) -> list[Jump]:
    """Return where this may lead, the likeliest first; what can be done if there is no text."""
    text = text.replace("\0", " ").strip()[:LONGEST]
    if not text:
        return list(_acts(user))
    acts = [jump for jump in _acts(user) if text.casefold() in jump.name.casefold()]
    found = (_incidents, _programs, _people, _accounts, _views)
    return [jump for each in found for jump in each(user, text)] + acts


def _incidents(user: User, text: str) -> Iterator[Jump]:
    for incident in search.find(user, Wanted(text=text))[:_OF_EACH]:
        url = reverse("incidents:detail", args=[incident.number])
        yield Jump(f"{incident.ref} {incident.title}", _("Incident"), url)


def _programs(user: User, text: str) -> Iterator[Jump]:
    named = Q(name__icontains=text) | Q(slug__icontains=text)
    for program in program_access.visible_to(user).filter(named).order_by("name")[:_OF_EACH]:
        yield Jump(program.name, _("Program"), reverse("programs:detail", args=[program.slug]))


def _people(user: User, text: str) -> Iterator[Jump]:
    """Who has a role in incidents that the person may know of, and nobody else."""
    held = RoleAssignment.objects.filter(_called(text, "person__"), until=None)
    newest = held.order_by("-pk").values_list("incident", flat=True)[:_LOOKED_AT]
    seen = access.of_these(user, list(newest))
    theirs = Count("incident", distinct=True)
    counted = held.filter(incident__in=seen).values_list("person").annotate(n=theirs)
    number = dict(counted.order_by("person__username")[:_OF_EACH])
    for person in User.objects.filter(pk__in=number).order_by("username"):
        n = number[person.pk]
        kind = ngettext("Has a role in %(n)s incident", "Has a role in %(n)s incidents", n)
        query = urlencode({"person": person.username})
        yield Jump(person.name, kind % {"n": n}, f"{reverse('incidents:list')}?{query}")


def _accounts(user: User, text: str) -> Iterator[Jump]:
    """The pages of people, which are for operators."""
    if user.is_any(Function.OPERATOR):
        for person in User.objects.filter(_called(text)).order_by("username")[:_OF_EACH]:
            yield Jump(person.name, _("Person"), reverse("person", args=[person.pk]))


def _called(text: str, prefix: str = "") -> Q:
    """Each word stands in one of the names of a person."""
    found = Q(**{f"{prefix}is_active": True})
    for word in text.split():
        each = (Q(**{f"{prefix}{name}__icontains": word}) for name in _NAMES)
        found &= reduce(or_, each)
    return found


def _views(user: User, text: str) -> Iterator[Jump]:
    for view in saved_views.of(user).filter(name__icontains=text)[:_OF_EACH]:
        yield Jump(view.name, _("Saved view"), f"{reverse('incidents:list')}?{view.query}")


def _acts(user: User) -> Iterator[Jump]:
    places = [
        (_("Report exposure"), "incidents:report", True),
        (_("Status board"), "board", True),
        (_("Incidents"), "incidents:list", True),
        (_("Programs"), "programs:list", True),
        (_("Audit log"), "incidents:record", record.may_read(user)),
        (_("Runbooks"), "incidents:runbooks", library.may_read(user)),
        (_("Severity rules"), "incidents:rule-sets", library.may_read(user)),
        (_("Threshold rules"), "incidents:thresholds", library.may_read(user)),
        (_("What was learned"), "incidents:lessons", redacted.may_read_lessons(user)),
        (_("On-call"), "on-call", library.may_read(user)),
        (_("Escalation policies"), "policies", library.may_read(user)),
        (_("Draft a program"), "programs:new", program_access.may_draft(user)),
        (_("Ask to be let in"), "incidents:ask", True),
        (_("People"), "people", user.is_any(Function.OPERATOR)),
        (_("Rooms"), "rooms", user.is_any(Function.OPERATOR)),
        (_("Connections"), "connections", user.is_any(Function.OPERATOR)),
        (_("My reports"), "incidents:receipts", True),
        (_("Profile"), "profile", True),
        (_("API tokens"), "tokens", True),
    ]
    for name, where, allowed in places:
        if allowed:
            yield Jump(name, _("Go to"), reverse(where))
