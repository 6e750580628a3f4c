"""Record what becomes of people's second factors, and take them away when they are lost.

allauth writes the rows; whatever it does to them happens within one of these.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import uuid4

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from audit import outbox, sessions, trail

CODES = Authenticator.Type.RECOVERY_CODES


class Refused(Exception):
    """The factors stay; the message says why."""


class _Factor(NamedTuple):
    pk: int
    kind: str


@contextmanager
def changing(person: User, *, session: str, actor: Actor) -> Iterator[None]:
    """Record each factor that is added or removed within, in the transaction that does it.

    The person's other sessions end then: whoever sits there signed in before the change.

    Args:
        session: the key of the session that stays.
    """
    with transaction.atomic():
        before = _held(person)
        yield
        after = _held(person)
        for factor in sorted(before - after):
            _record("factor.removed", person, factor, actor=actor)
        for factor in sorted(after - before):
            _record("factor.added", person, factor, actor=actor)
        if before != after:
            sessions.end(person, but=session)
            tell(person, "changed")


@contextmanager
def proving(person: User, *, actor: Actor) -> Iterator[None]:
    """Record the recovery code that is used within, in the transaction that uses it up."""
    with transaction.atomic():
        _lock(person)
        before = _codes_left(person)
        yield
        after = _codes_left(person)
        # A set that is made anew within is a change, and recorded as such.
        if before and after and before.keys() == after.keys() and before != after:
            (left,) = after.values()
            trail.record("factor.recovery_code_used", person, actor=actor, left=left)
            tell(person, "recovery_code_used")


@transaction.atomic
def reset(person: User, *, actor: Actor) -> bool:
    """Take every factor of somebody who lost theirs; False if there is none.

    All sessions end. Where a second factor is required they set up another at the next sign-in.

    Raises:
        Refused: if somebody means their own; whoever is signed in changes those one by one.
    """
    if actor.user is not None and actor.user.pk == person.pk:
        raise Refused(_("Change your own second factors on your profile."))
    held = _held(person)
    if not held:
        return False
    Authenticator.objects.filter(user=person).delete()
    kinds = sorted({factor.kind for factor in held})
    ended = sessions.end(person)
    trail.record("factor.reset", person, actor=actor, kinds=kinds, sessions_ended=ended)
    tell(person, "reset")
    return True


def _lock(person: User) -> None:
    # Two codes at once would each count the other's as well.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _held(person: User) -> set[_Factor]:
    _lock(person)
    rows = Authenticator.objects.filter(user=person).values_list("pk", "type")
    return {_Factor(pk, str(kind)) for pk, kind in rows}


def _codes_left(person: User) -> dict[int, int]:
    sets = Authenticator.objects.filter(user=person, type=CODES)
    return {row.pk: len(row.wrap().get_unused_codes()) for row in sets}


def _record(act: str, person: User, factor: _Factor, *, actor: Actor) -> None:
    trail.record(act, person, actor=actor, factor=factor.pk, kind=factor.kind)


def tell(person: User, what: str) -> None:
    """Publish that something of a person's sign-in changed; they get a mail about it."""
    # Each by a key of its own: two changes within a second are two mails.
    outbox.publish("person.factor_changed", person=person.pk, what=what, change=uuid4().hex)
