"""Recognise the API token of a person.

Issuing and withdrawing is audit.credentials, which records it.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts import factors, secrets
from accounts.models import ApiToken, Scope

KIND = "t"
LONGEST_LIFE = timedelta(days=90)
_USE_IS_NOTED_EACH = timedelta(minutes=1)


class Refused(Exception):
    """The token does not open this; the message is a sentence for the caller."""


class Unknown(Refused):
    """There is no such token: whoever sends many of them guesses."""


class LacksScope(Refused):
    """The token is good, but not for this."""


def recognise(header: str, *, scope: Scope) -> ApiToken:
    """Return the token that an Authorization header presents.

    Raises:
        Refused: if there is none, it is unknown, withdrawn, expired, or lacks
            the scope. Unknown and wrong get the same sentence.
    """
    presented = secrets.from_header(header)
    if presented is None or presented.kind != KIND:
        raise Refused("Send 'Authorization: Bearer andon_t_…' with an API token.")
    token = ApiToken.objects.select_related("owner").filter(key_id=presented.key_id).first()
    if token is None or not secrets.matches(presented, token.secret_hash):
        raise Unknown("This API token is not known.")
    now = timezone.now()
    if not token.usable(now):
        what = "was withdrawn" if token.revoked_at else "has expired"
        raise Refused(f"This API token {what}. Ask for a new one.")
    if not token.owner.is_active:
        raise Refused("The owner of this API token is deactivated.")
    if settings.SECOND_FACTOR_FOR_TOKENS and factors.owed_by(token.owner):
        raise Refused("The owner of this API token must set up a second factor first.")
    if scope not in token.scopes:
        raise LacksScope(f"This API token lacks the scope {scope.value!r}.")
    if token.last_used_at is None or now - token.last_used_at > _USE_IS_NOTED_EACH:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
