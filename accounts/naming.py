"""Whom somebody means by a name, what may be one, and what a team is called."""

import unicodedata

from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.functions import Function
from accounts.models import User

# They join letters or keep them apart in names of some scripts, and show nothing themselves.
_JOINERS = "\u200c\u200d"


def why_not_a_name(text: str) -> str:
    """Return why nobody can be called so, or nothing: what others read must be what stands there.

    A character that turns the line around makes another name of it, and hides who did a thing.
    """
    seen = text.translate(dict.fromkeys(map(ord, _JOINERS))).strip()
    if text.strip() and not seen:
        return _("say it in letters that can be seen.")
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in seen):
        return _("on one line, without characters that cannot be seen.")
    return ""


def person_named(who: str) -> User | None:
    """Return the active person with this user name or e-mail address."""
    named = Q(username__iexact=who) | Q(email__iexact=who)
    return User.objects.filter(named, is_active=True).first()


def team_name(team: Group) -> str:
    """A team as people call it: a function by its label, any other group by its name."""
    return str(Function(team.name).label) if team.name in Function.values else team.name
