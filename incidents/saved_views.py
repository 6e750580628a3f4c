"""Keep filters under a name, for oneself or one's team. The only module that writes SavedView.

A saved view carries a filter and nothing else: whoever opens it sees what they may see.
"""

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.actors import Actor
from accounts.models import User
from audit import trail
from incidents.models import SavedView
from incidents.models.saved import LONGEST_NAME

LONGEST_QUERY = 1_000
MOST = 50


class Refused(Exception):
    """This cannot be kept; the message names the field and what is allowed."""


def of(user: User) -> QuerySet[SavedView]:
    """Return the views that a person has: their own, and those shared with a team of theirs.

    Who has left a team, or the organisation, shares nothing with it any more.
    """
    shared = Q(team__in=user.groups.all(), owner__is_active=True)
    inside = Q(owner__groups=F("team"))
    own = SavedView.objects.filter(owner=user).values("pk")
    others = SavedView.objects.filter(shared & inside).values("pk")
    found = SavedView.objects.filter(Q(pk__in=own) | Q(pk__in=others))
    return found.select_related("owner", "team")


def own(user: User) -> QuerySet[SavedView]:
    return SavedView.objects.filter(owner=user)


@transaction.atomic
def keep(user: User, *, name: str, query: str, team: Group | None, actor: Actor) -> SavedView:
    """Keep a filter.

    Raises:
        Refused: if there is no filter, it is too long, the name is empty, too long or in use, the
            team is not theirs, or they have MOST already.
    """
    # Held, so that two at once cannot be one too many or of one name.
    User.objects.select_for_update().get(pk=user.pk)
    if not query or len(query) > LONGEST_QUERY:
        raise Refused(f"Choose a filter first, of at most {LONGEST_QUERY} characters.")
    if own(user).count() >= MOST:
        raise Refused(f"You have {MOST} saved views, as many as fit: remove one first.")
    view = SavedView(owner=user, name=_name(user, name), query=query, team=_team(user, team))
    view.save()
    _record("view.saved", view, actor)
    return view


@transaction.atomic
def change(view: SavedView, *, name: str, team: Group | None, actor: Actor) -> None:
    """Give a view of one's own another name, share it or keep it to oneself.

    Raises:
        Refused: as `keep` does for a name and a team.
    """
    user = User.objects.select_for_update().get(pk=view.owner_id)
    view.name, view.team = _name(user, name, but=view), _team(user, team)
    view.save(update_fields=["name", "team"])
    _record("view.changed", view, actor)


@transaction.atomic
def remove(view: SavedView, *, actor: Actor) -> None:
    """Remove a view of one's own; what it was stands in the record."""
    _record("view.removed", view, actor)
    view.delete()


def _name(user: User, name: str, *, but: SavedView | None = None) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refused(f"name: 1 to {LONGEST_NAME} characters.")
    others = own(user).exclude(pk=but.pk) if but else own(user)
    if others.filter(name=name).exists():
        raise Refused(f"name: you have a view {name!r} already; choose another name.")
    return name


def _team(user: User, team: Group | None) -> Group | None:
    if team and not user.groups.filter(pk=team.pk).exists():
        raise Refused("team: you may share with a team that you are in.")
    return team


def _record(act: str, view: SavedView, actor: Actor) -> None:
    team = view.team.name if view.team else ""
    remark = f"{view.name}: {view.query}"
    trail.record(act, view.owner, actor=actor, remark=remark, view=view.pk, team=team)
