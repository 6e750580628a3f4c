"""By which ways a person is paged for a level at a moment, and which are held back. Reads only.

All that fit are used at once, in the person's order: a page twice is better than a page lost.
"""

import zoneinfo
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from accounts.models import User
from notifications import hints, vault
from notifications.models import ContactMethod, Method

# These and graver levels are never quiet, and never wait because there are many.
LOUD = 1
_READ = "methods_in_use"


class Way(NamedTuple):
    """A method, what may be shown of the address, and the row that holds it; none: the account's.

    `held_until` is set if its person wants quiet: nothing is sent by it.
    """

    method: str
    hint: str
    contact: ContactMethod | None
    held_until: datetime | None = None


def ways(person: User, *, level: int = 0, at: datetime | None = None) -> list[Way]:
    """Return each way to reach a person, in their order; empty if there is none.

    Verified methods that are for this level. Where nothing is verified those that are not, and the
    account's e-mail address beside them; that alone where no verified method is for this level.
    """
    contacts = _in_use(person)
    works = [contact for contact in contacts if contact.bounced_at is None]
    verified = [contact for contact in works if contact.verified_at]
    fitting = [contact for contact in verified or works if level <= contact.mildest]
    found = [_way(contact, person, level, at or timezone.now()) for contact in fitting]
    if not (verified and fitting):
        gone = [contact for contact in contacts if contact.bounced_at]
        found += _account(person, fitting + gone)
    return found


def read_for(people: Sequence[User]) -> None:
    """Read the methods of several people at once; `ways` then asks for none of them."""
    active = ContactMethod.objects.filter(active=True)
    prefetch_related_objects(list(people), Prefetch("contact_methods", active, to_attr=_READ))


def _in_use(person: User) -> list[ContactMethod]:
    read: list[ContactMethod] | None = getattr(person, _READ, None)
    return list(person.contact_methods.filter(active=True)) if read is None else read


def is_sure(person: User) -> bool:
    """True if one of the person's methods is verified and nothing says that it does not work."""
    sure = person.contact_methods.filter(active=True, bounced_at=None, verified_at__isnull=False)
    return sure.exists()


def _way(contact: ContactMethod, person: User, level: int, at: datetime) -> Way:
    until = None if level <= LOUD else quiet_until(contact, zone_of(person), at)
    return Way(contact.method, contact.hint, contact, until)


def _account(person: User, contacts: list[ContactMethod]) -> list[Way]:
    mails = [contact for contact in contacts if contact.method == Method.EMAIL]
    if not person.email or any(_leads_to(contact, person.email) for contact in mails):
        # It stands among them, or it is known that nobody is there.
        return []
    return [Way(Method.EMAIL, hints.hint(person.email), None)]


def _leads_to(contact: ContactMethod, address: str) -> bool:
    try:
        return contact.address.lower() == address.lower()
    except vault.Unreadable:
        return False


def zone_of(person: User) -> zoneinfo.ZoneInfo:
    """Return the person's zone, or that of the organisation."""
    try:
        return zoneinfo.ZoneInfo(person.zone or settings.HOUSE_ZONE)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        # A zone that was renamed must not keep anybody from being paged.
        return zoneinfo.ZoneInfo("UTC")


def quiet_until(contact: ContactMethod, zone: zoneinfo.ZoneInfo, at: datetime) -> datetime | None:
    """Return when the quiet hours end in which a moment lies; None if it lies in none."""
    begins, ends = contact.quiet_from, contact.quiet_until
    if begins is None or ends is None or begins == ends:
        return None
    local = at.astimezone(zone)
    now = local.time()
    over_midnight = begins > ends
    quiet = (now >= begins or now < ends) if over_midnight else begins <= now < ends
    if not quiet:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and now >= begins else 0)
    return datetime.combine(day, ends, tzinfo=zone)
