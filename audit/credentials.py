"""Issue and withdraw API tokens of people.

The only module that writes ApiToken, apart from its time of last use.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import secrets, tokens
from accounts.actors import Actor
from accounts.models import ApiToken, Scope, User
from audit import history, trail

LONGEST_LABEL = 80


class Refused(Exception):
    """A token cannot be issued so; the message names what is allowed."""


@transaction.atomic
def issue(
    owner: User, *, label: str, scopes: list[Scope], expires_at: datetime, actor: Actor
) -> tuple[ApiToken, str]:
    """Return a new token and its text, which is shown this once.

    Raises:
        Refused: if it has no label or no scope, would live longer than 90 days or
            not at all, or is for somebody who is deactivated.
    """
    now = timezone.now()
    if not owner.is_active:
        raise Refused(f"owner: {owner.name} is deactivated.")
    if not 0 < len(label.strip()) <= LONGEST_LABEL:
        raise Refused(f"label: say what it is for, in at most {LONGEST_LABEL} characters.")
    if not scopes:
        raise Refused("scopes: choose at least one.")
    if not now < expires_at <= now + tokens.LONGEST_LIFE:
        raise Refused(f"expires_at: at most {tokens.LONGEST_LIFE.days} days from now.")
    minted = secrets.mint(tokens.KIND)
    token: ApiToken = history.create(
        ApiToken,
        actor=actor,
        owner=owner,
        label=label,
        scopes=[scope.value for scope in scopes],
        key_id=minted.key_id,
        secret_hash=minted.secret_hash,
        expires_at=expires_at,
    )
    trail.record(
        "token.issued", token, actor=actor, stream=trail.stream_of(owner), scopes=token.scopes
    )
    return token, minted.text


@transaction.atomic
def withdraw(token: ApiToken, *, actor: Actor) -> None:
    """End a token at once. Safe to call again."""
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at:
        return
    token.revoked_at = timezone.now()
    history.save(token, "revoked_at", actor=actor)
    trail.record("token.withdrawn", token, actor=actor, stream=trail.stream_of(token.owner))
