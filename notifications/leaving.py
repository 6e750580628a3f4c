"""Links by which whoever has the mail ends what brought it, without a sign-in. For ever good."""

from dataclasses import dataclass

from django.core import signing

from accounts.models import User
from notifications.models import Subscription

_SALT = "andon.unsubscribe"


class BadLink(Exception):
    """The link is not ours, or was changed."""


@dataclass(frozen=True)
class Left:
    """What a link ends: a subscription, or the digest of its person if there is none."""

    person: User
    subscription: Subscription | None = None


def from_subscription(subscription: Subscription) -> str:
    """Return the token that ends one subscription.

    Mail programs and their servers use it long after the mail was sent, so no time ends it.
    """
    return signing.dumps({"subscription": subscription.pk}, salt=_SALT)


def from_digest(person: User) -> str:
    """Return the token that ends a person's digest."""
    return signing.dumps({"digest": person.pk}, salt=_SALT)


def behind(token: str) -> Left:
    """Return what a token ends.

    Raises:
        BadLink: if it is not ours.
    """
    try:
        said = signing.loads(token, salt=_SALT)
        if "digest" in said:
            return Left(User.objects.get(pk=said["digest"]))
        found = Subscription.objects.select_related("person").get(pk=said["subscription"])
        return Left(found.person, found)
    except (
        signing.BadSignature,
        Subscription.DoesNotExist,
        User.DoesNotExist,
        LookupError,
        TypeError,
    ) as error:
        raise BadLink from error
