"""Whom somebody means by a name, and what a team is called."""

from django.contrib.auth.models import Group
from django.db.models import Q

from accounts.functions import Function
from accounts.models import User


def person_named(who: str) -> User | None:
    """Return the active person with this user name or e-mail address."""
    named = Q(username__iexact=who) | Q(email__iexact=who)
    return User.objects.filter(named, is_active=True).first()


def team_name(team: Group) -> str:
    """A team as people call it: a function by its label, any other group by its name."""
    return str(Function(team.name).label) if team.name in Function.values else team.name
