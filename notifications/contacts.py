"""How people are reached besides their e-mail address. Writes ContactMethod.

A drill makes its own, of addresses inside.
"""

from contextlib import suppress

from django.db import transaction
from django.db.models import QuerySet

from accounts import addresses, secrets
from accounts.actors import Actor
from accounts.models import User
from audit import history, trail
from notifications import vault
from notifications.models import ContactMethod, Method


class Refused(Exception):
    """A person cannot be reached so; the message names the field and what is allowed."""


@transaction.atomic
def set_webhook(person: User, address: str, *, actor: Actor) -> tuple[ContactMethod, str]:
    """Have a person paged at a webhook; return it with its new secret, which is shown this once.

    It is paged from now on in place of the account's e-mail address, and of a webhook that was
    set before. Said again for the same address it replaces the secret.

    Raises:
        Refused: if the person is deactivated, or the address may not be called.
    """
    if not person.is_active:
        raise Refused(f"person: {person.name} is deactivated and is not paged.")
    wrong = addresses.why_not(address)
    if wrong:
        raise Refused(wrong)
    _lock(person)
    contact = _of(person, Method.WEBHOOK, address)
    for other in _webhooks(person):
        if other != contact:
            _switch_off(other, actor=actor)
    secret = secrets.mint_webhook()
    if contact:
        contact.secret, contact.active = secret, True
        history.save(contact, "sealed_secret", "active", actor=actor)
    else:
        contact = ContactMethod(person=person, method=Method.WEBHOOK)
        contact.address, contact.secret = address, secret
        history.save_new(contact, actor=actor)
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
