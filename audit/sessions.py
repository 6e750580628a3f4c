"""End the sessions of people: by themselves, by an operator, or when their time is over.

The only module that ends the session of somebody else's browser.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts import devices
from accounts.actors import Actor
from accounts.models import User
from audit import trail

BEGAN, SEEN = "andon_began", "andon_seen"
_NOTED_EACH = 60


class Seen(NamedTuple):
    """One session of a person, for their list."""

    pk: int
    device: str
    address: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


def of(person: User, *, this: str) -> list[Seen]:
    """Return a person's sessions that live, this one first, then the latest seen."""
    rows = UserSession.objects.purge_and_list(person)
    found = [
        Seen(
            pk=row.pk,
            device=devices.named(row.user_agent),
            address=row.ip,
            began_at=row.created_at,
            seen_at=row.last_seen_at,
            is_this=row.session_key == this,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one.is_this, -one.seen_at.timestamp()))


def end(person: User, *, but: str = "") -> int:
    """End every session of a person but the one with this key; returns how many there were.

    Part of a larger change, which records it.
    """
    keys = list(_keys(person, but=but))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=person).exclude(session_key=but).delete()
    return len(keys)


def _keys(person: User, *, but: str) -> Iterator[str]:
    # By what each holds: the list that people see knows only of those that began at the sign-in.
    living = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=but)
    for session in living.iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            yield session.session_key


@transaction.atomic
def end_one(person: User, pk: int, *, actor: Actor) -> bool:
    """End one session of a person; False if there is none of that key, whoever else has one."""
    _lock(person)
    row = UserSession.objects.filter(user=person, pk=pk).first()
    if row is None:
        return False
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    trail.record("sessions.ended", person, actor=actor, sessions=1)
    return True


@transaction.atomic
def end_all(person: User, *, but: str = "", actor: Actor) -> int:
    """End every session of a person, but perhaps the one that asks; returns how many."""
    _lock(person)
    ended = end(person, but=but)
    if ended:
        trail.record("sessions.ended", person, actor=actor, sessions=ended)
    return ended


def _lock(person: User) -> None:
    # Before the sessions, as whatever else changes a sign-in does: else two wait for each other.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def is_over(session: SessionBase, now: datetime) -> bool:
    """True if a session stood idle for too long, or began too long ago, by the settings."""
    at = now.timestamp()
    idle, longest = settings.SESSION_IDLE_SECONDS, settings.SESSION_LONGEST_SECONDS
    if idle and at - session.get(SEEN, at) >= idle:
        return True
    return bool(at - session.get(BEGAN, at) >= longest)


def note(session: SessionBase, now: datetime) -> None:
    """Note that somebody acts in a session, once a minute: each note is a write."""
    at = now.timestamp()
    if at - session.get(SEEN, 0) < _NOTED_EACH:
        return
    session.setdefault(BEGAN, at)
    session[SEEN] = at
    UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=now)
