"""Secret addresses at which shifts are read as a calendar. Writes CalendarFeed.

Whoever has such an address reads who is on call, as calendar programs cannot sign in; of incidents
nothing stands there. It opens while its owner may read rotas, and until it is withdrawn.
"""

from django.db import transaction

from accounts import secrets
from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, trail
from notifications import access
from notifications.models import CalendarFeed, Rota

KIND = "f"


@transaction.atomic
def make(owner: User, rota: Rota | None, *, actor: Actor) -> tuple[CalendarFeed, str]:
    """Return a feed and its secret, shown this once; one of the same kind that was there ends.

    Args:
        rota: whose shifts it holds; None for the owner's own in all rotas.
    """
    # Of two at once the second decides, and one is left.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    for feed in owner.calendar_feeds.filter(rota=rota, withdrawn_at=None):
        _end(feed, actor)
    minted = secrets.mint(KIND)
    feed = CalendarFeed(
        owner=owner,
        rota=rota,
        key_id=minted.key_id,
        secret_hash=minted.secret_hash,
        created_at=clockwork.now(),
    )
    history.save_new(feed, actor=actor)
    _record("feed.made", feed, actor)
    return feed, minted.text


@transaction.atomic
def withdraw(feed: CalendarFeed, *, actor: Actor) -> None:
    """End a feed at once. Safe to call again."""
    feed = CalendarFeed.objects.select_for_update(no_key=True, of=("self",)).get(pk=feed.pk)
    if feed.withdrawn_at is None:
        _end(feed, actor)


def recognise(text: str) -> CalendarFeed | None:
    """Return the feed that a secret opens; None if there is none, or its owner may not read it."""
    presented = secrets.parse(text)
    if presented is None or presented.kind != KIND:
        return None
    there = CalendarFeed.objects.select_related("owner", "rota")
    feed = there.filter(key_id=presented.key_id, withdrawn_at=None).first()
    if feed is None or not secrets.matches(presented, feed.secret_hash):
        return None
    gone = feed.rota is not None and feed.rota.retired_at is not None
    return None if gone or not access.may_read(feed.owner) else feed


def _end(feed: CalendarFeed, actor: Actor) -> None:
    feed.withdrawn_at = clockwork.now()
    history.save(feed, "withdrawn_at", actor=actor)
    _record("feed.withdrawn", feed, actor)


def _record(act: str, feed: CalendarFeed, actor: Actor) -> None:
    stream = trail.stream_of(feed.owner)
    trail.record(act, feed, actor=actor, stream=stream, rota=feed.rota_id)
