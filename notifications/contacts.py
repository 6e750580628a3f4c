"""How people are reached besides their e-mail address. Writes ContactMethod.

A drill makes its own, of addresses inside. Whether one works is written by notifications.trying.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts import resolving, secrets
from accounts.actors import Actor
from accounts.models import User
from audit import clockwork, history, trail
from notifications import channels, vault, working
from notifications.models import ContactMethod, Method

MOST = 20


class Refused(Exception):
    """A person cannot be reached so; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Terms:
    """When a method is used: from SEV 0 to `mildest`, and not in the quiet hours."""

    label: str = ""
    mildest: int = 5
    quiet_from: time | None = None
    quiet_until: time | None = None

    def why_not(self) -> str:
        if (self.quiet_from is None) != (self.quiet_until is None):
            return "quiet_until: give both times of the quiet hours, or neither."
        if self.quiet_from and self.quiet_from == self.quiet_until:
            return "quiet_until: give another time than the one at which they begin."
        return "" if 0 <= self.mildest <= 5 else "mildest: a level from 0 to 5."


def add(
    person: User, method: Method, address: str, *, terms: Terms, secret: str = "", actor: Actor
) -> ContactMethod:
    """Add a way to reach a person. It counts as unverified until its code is confirmed.

    Raises:
        Refused: if the address cannot be one of this method or leads inside, is there already, or
            there are many.
    """
    # Before the transaction: it asks the resolver of names.
    wrong = channels.why_not_kept(method, address) or terms.why_not()
    if wrong:
        raise Refused(wrong)
    if method == Method.WEBHOOK:
        secret = secrets.mint_webhook()
    return _add(person, method, (address, secret), terms=terms, actor=actor)


@transaction.atomic
def _add(
    person: User, method: Method, reach: tuple[str, str], *, terms: Terms, actor: Actor
) -> ContactMethod:
    address, secret = reach
    _lock(person)
    if person.contact_methods.filter(active=True).count() >= MOST:
        raise Refused(f"address: at most {MOST} ways to reach one person.")
    contact = _of(person, method, address)
    if contact and contact.active:
        raise Refused("address: is among your contact methods already.")
    there, contact = contact, contact or ContactMethod(person=person, method=method)
    contact.address, contact.secret = address, secret
    contact.active, contact.verified_at, contact.bounced_at = True, None, None
    contact.place = person.contact_methods.count()
    _take(contact, terms)
    if there:
        _save_all(contact, actor)
    else:
        history.save_new(contact, actor=actor)
    working.look_after(contact.pk)
    _recorded("contact.added", contact, actor=actor, method=method)
    return contact


def _take(contact: ContactMethod, terms: Terms) -> None:
    contact.label, contact.mildest = terms.label, terms.mildest
    contact.quiet_from, contact.quiet_until = terms.quiet_from, terms.quiet_until


def _save_all(contact: ContactMethod, actor: Actor) -> None:
    fields = [field.attname for field in contact._meta.local_fields if not field.primary_key]
    history.save(contact, *fields, actor=actor)


@transaction.atomic
def change(contact: ContactMethod, terms: Terms, *, actor: Actor) -> ContactMethod:
    """Change when a method is used.

    Raises:
        Refused: if the terms do not fit together.
    """
    if wrong := terms.why_not():
        raise Refused(wrong)
    contact = _locked(contact)
    _take(contact, terms)
    history.save(contact, "label", "mildest", "quiet_from", "quiet_until", actor=actor)
    _recorded("contact.changed", contact, actor=actor, mildest=terms.mildest)
    return contact


@transaction.atomic
def move_up(contact: ContactMethod, *, actor: Actor) -> None:
    """Put a method before the one that comes before it. The first one stays."""
    contact = _locked(contact)
    listed = list(contact.person.contact_methods.filter(active=True))
    if contact not in listed:
        return
    here = listed.index(contact)
    if here:
        listed[here - 1], listed[here] = listed[here], listed[here - 1]
    for place, each in enumerate(listed):
        if each.place != place:
            each.place = place
            history.save(each, "place", actor=actor)


@transaction.atomic
def switch(contact: ContactMethod, *, on: bool, actor: Actor) -> None:
    """Use a method, or no more. Its address stays."""
    contact = _locked(contact)
    if contact.active != on:
        contact.active = on
        history.save(contact, "active", actor=actor)
        if on:
            # The daily look at it ended on the first day on which it was off.
            working.look_after(contact.pk)
        _recorded("contact.on" if on else "contact.off", contact, actor=actor)


@transaction.atomic
def verify(contact: ContactMethod, *, actor: Actor) -> None:
    """Note that its person reads what is sent by a method; notifications.trying asked for it."""
    contact = _locked(contact)
    contact.verified_at, contact.bounced_at = clockwork.now(), None
    history.save(contact, "verified_at", "bounced_at", actor=actor)
    _recorded("contact.verified", contact, actor=actor)


def _locked(contact: ContactMethod) -> ContactMethod:
    _lock(contact.person)
    return ContactMethod.objects.select_related("person").get(pk=contact.pk)


def _recorded(act: str, contact: ContactMethod, *, actor: Actor, **facts: Any) -> None:
    stream = trail.stream_of(contact.person)
    trail.record(act, contact, actor=actor, stream=stream, **facts)


def set_webhook(person: User, address: str, *, actor: Actor) -> tuple[ContactMethod, str]:
    """Have a person paged at a webhook; return it with its new secret, which is shown this once.

    It is paged from now on in place of the account's e-mail address, and of a webhook that was
    set before. Said again for the same address it replaces the secret.

    Raises:
        Refused: if the person is deactivated, or the address may not be called.
    """
    if not person.is_active:
        raise Refused(f"person: {person.name} is deactivated and is not paged.")
    wrong = resolving.why_not_kept(address)
    if wrong:
        raise Refused(wrong)
    return _set_webhook(person, address, actor)


@transaction.atomic
def _set_webhook(person: User, address: str, actor: Actor) -> tuple[ContactMethod, str]:
    _lock(person)
    contact = _of(person, Method.WEBHOOK, address)
    for other in _webhooks(person):
        if other != contact:
            _switch_off(other, actor=actor)
    secret = secrets.mint_webhook()
    if contact:
        contact.secret, contact.active = secret, True
        contact.verified_at, contact.bounced_at = clockwork.now(), None
        history.save(contact, "sealed_secret", "active", "verified_at", "bounced_at", actor=actor)
    else:
        # Whoever runs Andon vouches for it.
        contact = ContactMethod(person=person, method=Method.WEBHOOK, verified_at=clockwork.now())
        contact.address, contact.secret = address, secret
        history.save_new(contact, actor=actor)
    working.look_after(contact.pk)
    trail.record("contact.set", contact, actor=actor, stream=trail.stream_of(person))
    return contact, secret


@transaction.atomic
def remove_webhook(person: User, *, actor: Actor) -> None:
    """Page a person no more at a webhook; the account's e-mail address is used again.

    Raises:
        Refused: if none is set.
    """
    _lock(person)
    there = list(_webhooks(person))
    if not there:
        raise Refused(f"address: {person.name} has no webhook.")
    for contact in there:
        _switch_off(contact, actor=actor)


def _lock(person: User) -> None:
    # Of two who set one at once the second decides, and one is left.
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _of(person: User, method: Method, address: str) -> ContactMethod | None:
    """The one that leads there. No query can tell: the same address is sealed anew each time."""
    for contact in person.contact_methods.filter(method=method):
        with suppress(vault.Unreadable):
            if contact.address == address:
                return contact
    return None


def _webhooks(person: User) -> QuerySet[ContactMethod]:
    return person.contact_methods.filter(method=Method.WEBHOOK, active=True)


def _switch_off(contact: ContactMethod, *, actor: Actor) -> None:
    # Kept, as pages that were sent name it; without the secret none that waits is sent there.
    contact.active, contact.secret = False, ""
    history.save(contact, "active", "sealed_secret", actor=actor)
    trail.record("contact.removed", contact, actor=actor, stream=trail.stream_of(contact.person))
