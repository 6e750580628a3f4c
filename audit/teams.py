"""Make teams, put people into them and take them out. The only module that writes a team.

A team is a group that is no function. What a team opens is asked for by who is in it at that
moment, so whoever is put into one or taken out sees or loses all of it with the same commit.
"""

from collections.abc import Collection

import structlog
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.functions import Function, is_function
from accounts.models import User
from audit import trail

logger = structlog.get_logger(__name__)
LONGEST_NAME = 80
JOINED, LEFT = "person.team_joined", "person.team_left"
# ANDON_OIDC_GROUPS could not name a team that holds one.
_SEPARATORS = ",="


class Refused(Exception):
    """That cannot be done; the message names the field and what is allowed."""


def known() -> QuerySet[Group]:
    """The teams that there are, by name."""
    return Group.objects.exclude(name__in=Function.values).order_by("name")


def one_at_a_time() -> None:
    """Have whoever names people or teams, or shuts out operators, wait for whoever does so now.

    Of two of one name the second is refused then; no index knows names that differ by case.
    """
    Group.objects.select_for_update(no_key=True).get(name=Function.OPERATOR.value)


@transaction.atomic
def make(name: str, *, actor: Actor) -> Group:
    """Make a team with nobody in it, which opens nothing yet.

    Raises:
        Refused: if the name is no fit one, or is taken, however it is written.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        said = _("name: 1 to %(n)s characters that can be seen.")
        raise Refused(said % {"n": LONGEST_NAME})
    if any(each in name for each in _SEPARATORS):
        raise Refused(_("name: without commas and equals signs."))
    one_at_a_time()
    if is_function(name):
        raise Refused(_("name: %(name)s is a function. Choose another name.") % {"name": name})
    if there := known().filter(name__iexact=name).first():
        raise Refused(_("name: there is a team %(name)s already.") % {"name": there.name})
    team = Group.objects.create(name=name)
    trail.record("team.made", team, actor=actor, team=name)
    return team


@transaction.atomic
def put_in(team: Group, person: User, *, actor: Actor) -> None:
    """Put a person into a team. Safe to call again.

    Raises:
        Refused: if they are deactivated, or it is who does it: a team may be let in to incidents.
    """
    if actor.user is not None and actor.user.pk == person.pk:
        raise Refused(_("person: another operator puts you into a team."))
    person = _lock(person)
    if not person.is_active:
        raise Refused(_("person: %(who)s is deactivated.") % {"who": person.name})
    _set(person, _of(person) | {team.name}, actor=actor)


@transaction.atomic
def take_out(team: Group, person: User, *, actor: Actor) -> None:
    """Take a person out of a team. Safe to call again."""
    person = _lock(person)
    _set(person, _of(person) - {team.name}, actor=actor)


@transaction.atomic
def follow(person: User, *, given: Collection[str], ruled: Collection[str], actor: Actor) -> None:
    """Put a person into the teams that are given, and out of those that are ruled and are not.

    A name of no team gives nothing: whoever names groups elsewhere makes no team here.
    """
    person = _lock(person)
    there = set(known().filter(name__in=ruled).values_list("name", flat=True))
    for name in sorted(set(given) - there):
        logger.warning("sign_in_names_no_team", team=name)
    _set(person, (_of(person) - there) | (there & set(given)), actor=actor)


def _lock(person: User) -> User:
    # As whoever sets functions does, so that of two at once neither undoes the other.
    return User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _of(person: User) -> set[str]:
    return set(known().filter(user=person).values_list("name", flat=True))


def _set(person: User, wanted: set[str], *, actor: Actor) -> None:
    was = _of(person)
    person.groups.remove(*known().filter(name__in=was - wanted))
    person.groups.add(*known().filter(name__in=wanted - was))
    # Each by itself and never the whole list: what somebody slipped in stays unheard of.
    for act, names in ((LEFT, was - wanted), (JOINED, wanted - was)):
        for name in sorted(names):
            trail.record(act, person, actor=actor, team=name)
