"""Mail to a person that is no page: where it goes, and what follows if nobody is there."""

from collections.abc import Callable
from contextlib import suppress

from django.db.models import QuerySet

from accounts.functions import Function
from accounts.models import User
from notifications import channels, vault, working
from notifications.models import Method


def operators() -> QuerySet[User]:
    """Return whoever runs Andon and has an address; they hear of what is nobody else's to mend."""
    there = User.objects.filter(groups__name=Function.OPERATOR.value, is_active=True)
    return there.exclude(email="").order_by("pk")


def address_of(person: User) -> str:
    """Return the address of a person's account; empty if they left, or nobody is there."""
    if not person.is_active or not person.email:
        return ""
    gone = person.contact_methods.filter(method=Method.EMAIL, bounced_at__isnull=False)
    for contact in gone:
        with suppress(vault.Unreadable):
            if contact.address.lower() == person.email.lower():
                return ""
    return person.email


def send(
    person: User, message: channels.Message, *, or_else: Callable[[], None] = lambda: None
) -> Callable[[], None]:
    """Send one mail; return what to write then.

    Args:
        or_else: what follows besides if nobody is there.

    Raises:
        channels.NotSent: if it did not leave; it is tried again later.
    """
    try:
        channels.send(Method.EMAIL, message)
    except channels.Bounced:

        def bounced() -> None:
            working.bounced(person, None)
            or_else()

        return bounced
    return lambda: None
