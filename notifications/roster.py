"""Who has an account here and how it stands, for operators. Reads only."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts import factors
from accounts.functions import Function
from accounts.models import User
from audit.people import NOT_IN_YET
from notifications.models import ContactMethod

PER_PAGE = 50
LARGEST_KEY = 2**63 - 1
# What people may be looked for by, beside their name.
STATES = {
    "active": (_("Active"), Q(is_active=True)),
    "invited": (_("Invited, not in yet"), Q(is_active=True) & NOT_IN_YET),
    "no_factor": (_("Without a second factor"), Q(is_active=True, has_factor=False)),
    "unsure": (_("No verified contact method"), Q(is_active=True, is_sure=False)),
    "deactivated": (_("Deactivated"), Q(is_active=False)),
}


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for: words of the name or address, a function, one of STATES."""

    text: str = ""
    function: str = ""
    state: str = ""


@dataclass(frozen=True)
class Line:
    """One person. `lacks_factor` if they must have a second factor and have none."""

    person: User
    functions: list[Function]
    teams: list[Group]
    is_invited: bool
    has_factor: bool
    lacks_factor: bool
    is_sure: bool


def may_read(user: User) -> bool:
    """True for operators. Being a superuser gives nothing."""
    return user.is_any(Function.OPERATOR)


def page(user: User, wanted: Wanted, number: str) -> Page[User]:
    """Return one page of the people who fit, by their user names; `lines` makes lines of it.

    Args:
        number: of the page, as it was sent; the first if it is none.

    Raises:
        Http404: if the reader is no operator.
    """
    found = _everybody(user).filter(_conditions(wanted)).order_by("username", "pk")
    return Paginator(found, PER_PAGE).get_page(number)


def lines(people: Page[User]) -> list[Line]:
    return [_line(person) for person in people]


def one(user: User, pk: int) -> Line:
    """Return one person.

    Raises:
        Http404: if there is none of that key, or the reader is no operator.
    """
    everybody = _everybody(user)
    person = everybody.filter(pk=pk).first() if pk <= LARGEST_KEY else None
    if person is None:
        raise Http404
    return _line(person)


def _everybody(user: User) -> QuerySet[User]:
    if not may_read(user):
        raise Http404
    held = factors.held_by(OuterRef("pk"))
    sure = ContactMethod.objects.filter(
        person=OuterRef("pk"), active=True, bounced_at=None, verified_at__isnull=False
    )
    people = User.objects.prefetch_related(Prefetch("groups", Group.objects.order_by("name")))
    return people.annotate(
        has_factor=Exists(held),
        is_sure=Exists(sure),
        is_invited=Exists(User.objects.filter(NOT_IN_YET, pk=OuterRef("pk"))),
    )


def _conditions(wanted: Wanted) -> Q:
    found = Q()
    for word in wanted.text.split()[:5]:
        found &= (
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
        )
    if wanted.function:
        # Not a join: who has two functions would stand there twice.
        found &= Q(pk__in=User.objects.filter(groups__name=wanted.function).values("pk"))
    if wanted.state:
        found &= STATES[wanted.state][1]
    return found


def _line(person: User) -> Line:
    held = person.groups.all()
    names = {group.name for group in held}
    functions = [function for function in Function if function.value in names]
    # Read already, for all of the page at once.
    person.__dict__["functions"] = frozenset(functions)
    has_factor = bool(person.has_factor)  # type: ignore[attr-defined]
    return Line(
        person=person,
        functions=functions,
        teams=[group for group in held if group.name not in Function.values],
        is_invited=person.is_active and bool(person.is_invited),  # type: ignore[attr-defined]
        has_factor=has_factor,
        lacks_factor=not has_factor and person.is_active and factors.must_have_one(person),
        is_sure=bool(person.is_sure),  # type: ignore[attr-defined]
    )
