"""Which teams there are and who is in them, for operators. Reads only."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404

from accounts.functions import Rule
from accounts.models import User
from audit import teams
from notifications import roster

PER_PAGE = 50


@dataclass(frozen=True)
class Team:
    """One team; `groups` of the single sign-on put people into it, if there are any."""

    row: Group
    people: int
    groups: list[str]


@dataclass(frozen=True)
class Lacking:
    """A team that rules of the single sign-on name and that there is not: they give nothing."""

    name: str
    groups: list[str]


def page(user: User, number: str) -> Page[Any]:
    """Return one page of the teams, by name; `lines` makes lines of it.

    Args:
        number: of the page, as it was sent; the first if it is none.

    Raises:
        Http404: if the reader is no operator.
    """
    _check(user)
    found = teams.known().annotate(people=Count("user", filter=Q(user__is_active=True)))
    return Paginator(found, PER_PAGE).get_page(number)


def lines(found: Page[Any]) -> list[Team]:
    return [_line(row, row.people) for row in found]


def one(user: User, pk: int) -> Team:
    """Return one team.

    Raises:
        Http404: if there is none of that key, or the reader is no operator.
    """
    _check(user)
    row = teams.known().filter(pk=pk).first() if pk <= roster.LARGEST_KEY else None
    if row is None:
        raise Http404
    return _line(row, members(row).filter(is_active=True).count())


def members(team: Group) -> QuerySet[User]:
    """Who is in a team, by their user names; those who were deactivated among them."""
    return User.objects.filter(groups=team).order_by("username")


def lacking() -> list[Lacking]:
    """Return the teams that rules of the single sign-on name and that there are not."""
    named = {rule.team for rule in _rules() if rule.team}
    if not named:
        return []
    there = set(teams.known().filter(name__in=named).values_list("name", flat=True))
    return [Lacking(name, _groups(name)) for name in sorted(named - there)]


def _line(row: Group, people: int) -> Team:
    return Team(row, people, _groups(row.name))


def _groups(name: str) -> list[str]:
    return sorted({rule.group for rule in _rules() if rule.team == name})


def _rules() -> list[Rule]:
    rules: list[Rule] = settings.SSO_GROUPS
    return rules


def _check(user: User) -> None:
    if not roster.may_read(user):
        raise Http404
