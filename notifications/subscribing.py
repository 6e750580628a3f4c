"""What people want to hear of. The only module that writes Subscription."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, trail
from notifications import digests
from notifications.models import News, Subscription
from programs import access as program_access
from programs.models import Program

MOST = 20
_FIELDS = ("program", "mildest", "about", "at_once", "in_digest")


class Refused(Exception):
    """It cannot be kept so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to hear of: from SEV 0 to `mildest`; without a program, of all."""

    about: Sequence[str]
    program: Program | None = None
    mildest: int = 5
    at_once: bool = True
    in_digest: bool = False


def of(person: User) -> QuerySet[Subscription]:
    """Return what a person hears of now."""
    return Subscription.objects.filter(person=person, ended_at=None).select_related("program")


@transaction.atomic
def subscribe(person: User, wish: Wish, *, actor: Actor) -> Subscription:
    """Tell a person of things from now on.

    Raises:
        Refused: if the wish cannot be kept, is there already, or the person has many.
    """
    _check(person, wish)
    if of(person).count() >= MOST:
        raise Refused(_("program: at most %(most)s of them; end one first.") % {"most": MOST})
    subscription = Subscription(person=person, since=clockwork.now())
    _take(subscription, wish)
    history.save_new(subscription, actor=actor)
    if wish.in_digest:
        digests.ensure(person, actor=actor)
    _recorded("subscription.made", subscription, actor=actor, about=sorted(wish.about))
    return subscription


@transaction.atomic
def change(subscription: Subscription, wish: Wish, *, actor: Actor) -> Subscription:
    """Tell a person of other things than before.

    Raises:
        Refused: as `subscribe`, or if it was ended.
    """
    _check(subscription.person, wish, but=subscription)
    subscription = Subscription.objects.select_for_update(no_key=True).get(pk=subscription.pk)
    if subscription.ended_at:
        raise Refused(_("It was ended; add another one."))
    _take(subscription, wish)
    history.save(subscription, *_FIELDS, actor=actor)
    if wish.in_digest:
        digests.ensure(subscription.person, actor=actor)
    _recorded("subscription.changed", subscription, actor=actor, about=sorted(wish.about))
    return subscription


@transaction.atomic
def end(subscription: Subscription, *, actor: Actor) -> None:
    """Tell its person no more. Safe to call again."""
    subscription = Subscription.objects.select_for_update(no_key=True).get(pk=subscription.pk)
    if subscription.ended_at is None:
        subscription.ended_at = clockwork.now()
        history.save(subscription, "ended_at", actor=actor)
        _recorded("subscription.ended", subscription, actor=actor)


def _check(person: User, wish: Wish, *, but: Subscription | None = None) -> None:
    # Of two at once for the same program the second is told so.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if not wish.about or set(wish.about) - set(News.values):
        allowed = ", ".join(News.values)
        raise Refused(_("about: choose at least one of: %(allowed)s.") % {"allowed": allowed})
    if not 0 <= wish.mildest <= 5:
        raise Refused(_("mildest: a level from 0 to 5."))
    if not (wish.at_once or wish.in_digest):
        raise Refused(_("ways: choose at least one way to be told."))
    seen = program_access.visible_to(person)
    if wish.program and not seen.filter(pk=wish.program.pk).exists():
        raise Refused(_("program: choose one that you may see."))
    same = of(person).filter(program=wish.program).first()
    if same and same != but:
        raise Refused(_("program: you have a subscription for that already; change it."))


def _take(subscription: Subscription, wish: Wish) -> None:
    subscription.program, subscription.mildest = wish.program, wish.mildest
    subscription.about = [news.value for news in News if news in wish.about]
    subscription.at_once, subscription.in_digest = wish.at_once, wish.in_digest


def _recorded(act: str, subscription: Subscription, *, actor: Actor, **facts: Any) -> None:
    stream = trail.stream_of(subscription.person)
    trail.record(act, subscription, actor=actor, stream=stream, **facts)
