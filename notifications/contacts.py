"""How people are reached besides their e-mail address. Writes ContactMethod.

A drill makes its own, of addresses inside.
"""

from django.db import transaction
from django.db.models import QuerySet

from accounts import addresses, secrets
from accounts.actors import Actor
from accounts.models import User
from audit import history, trail
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
    for other in _webhooks(person).exclude(address=address):
        _switch_off(other, actor=actor)
    secret = secrets.mint_webhook()
    contact = person.contact_methods.filter(method=Method.WEBHOOK, address=address).first()
    if contact:
        contact.secret, contact.active = secret, True
        history.save(contact, "secret", "active", actor=actor)
    else:
        contact = ContactMethod(
            person=person, method=Method.WEBHOOK, address=address, secret=secret
        )
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


def _webhooks(person: User) -> QuerySet[ContactMethod]:
    return person.contact_methods.filter(method=Method.WEBHOOK, active=True)


def _switch_off(contact: ContactMethod, *, actor: Actor) -> None:
    # Kept, as pages that were sent name it; without the secret none that waits is sent there.
    contact.active, contact.secret = False, ""
    history.save(contact, "active", "secret", actor=actor)
    trail.record("contact.removed", contact, actor=actor, stream=trail.stream_of(contact.person))
