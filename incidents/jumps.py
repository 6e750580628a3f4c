"""Where a few typed letters may lead: incidents, programs, saved views, and what can be done.

Reads only. Nothing is offered that the person may not know of, or that would be refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.functions import Function
from accounts.models import User
from incidents import library, record, saved_views, search
from incidents.search import Wanted
from programs import access as program_access

LONGEST = 100
_OF_EACH = 6


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
    return [*_incidents(user, text), *_programs(user, text), *_views(user, text), *acts]


def _incidents(user: User, text: str) -> Iterator[Jump]:
    for incident in search.find(user, Wanted(text=text))[:_OF_EACH]:
        url = reverse("incidents:detail", args=[incident.number])
        yield Jump(f"{incident.ref} {incident.title}", _("Incident"), url)


def _programs(user: User, text: str) -> Iterator[Jump]:
    named = Q(name__icontains=text) | Q(slug__icontains=text)
    for program in program_access.visible_to(user).filter(named).order_by("name")[:_OF_EACH]:
        yield Jump(program.name, _("Program"), reverse("programs:detail", args=[program.slug]))


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
        (_("Draft a program"), "programs:new", program_access.may_draft(user)),
        (_("Ask to be let in"), "incidents:ask", True),
        (_("People"), "people", user.is_any(Function.OPERATOR)),
        (_("My reports"), "incidents:receipts", True),
        (_("Profile"), "profile", True),
        (_("API tokens"), "tokens", True),
    ]
    for name, where, allowed in places:
        if allowed:
            yield Jump(name, _("Go to"), reverse(where))
