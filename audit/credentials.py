"""Issue and withdraw API tokens of people.

The only module that writes ApiToken, apart from its time of last use.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import secrets, tokens
from accounts.actors import Actor
from accounts.models import ApiToken, Scope, User
from audit import history, trail

LONGEST_LABEL = 80
MOST_PROGRAMS = 20
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")


class Refused(Exception):
    """A token cannot be issued so; the message names what is allowed."""


@transaction.atomic
def issue(
    owner: User,
    *,
    label: str,
    scopes: list[Scope],
    expires_at: datetime,
    programs: Sequence[str] = (),
    actor: Actor,
) -> tuple[ApiToken, str]:
    """Return a new token and its text, which is shown this once.

    `programs` are the slugs of those it is for, and for nothing else.

    Raises:
        Refused: without a label, a scope or an end within 90 days, for what cannot be a program,
            or for somebody who is deactivated.
    """
    _check(owner, label=label, scopes=scopes, expires_at=expires_at, programs=programs)
    minted = secrets.mint(tokens.KIND)
    token: ApiToken = history.create(
        ApiToken,
        actor=actor,
        owner=owner,
        label=label,
        scopes=[scope.value for scope in scopes],
        programs=sorted(set(programs)),
        key_id=minted.key_id,
        secret_hash=minted.secret_hash,
        expires_at=expires_at,
    )
    trail.record(
        "token.issued",
        token,
        actor=actor,
        stream=trail.stream_of(owner),
        scopes=token.scopes,
        programs=token.programs,
        secret=trail.digest_of(token.secret_hash),
    )
    return token, minted.text


def _check(
    owner: User,
    *,
    label: str,
    scopes: list[Scope],
    expires_at: datetime,
    programs: Sequence[str],
) -> None:
    _check_programs(programs)
    now = timezone.now()
    if not owner.is_active:
        raise Refused(f"owner: {owner.name} is deactivated.")
    if not 0 < len(label.strip()) <= LONGEST_LABEL:
        raise Refused(f"label: say what it is for, in at most {LONGEST_LABEL} characters.")
    if not scopes:
        raise Refused("scopes: choose at least one.")
    if not now < expires_at <= now + tokens.LONGEST_LIFE:
        raise Refused(f"expires_at: at most {tokens.LONGEST_LIFE.days} days from now.")


def _check_programs(slugs: Sequence[str]) -> None:
    if len(set(slugs)) > MOST_PROGRAMS:
        raise Refused(f"programs: at most {MOST_PROGRAMS}.")
    for slug in slugs:
        # Whether there is such a program is not known here; a token for none opens nothing.
        if not _SLUG.fullmatch(slug):
            raise Refused(f"programs: {slug[:50]!r} is none; give slugs such as keystroke-study.")


# What anybody at the company may do. The rest is for those who have a function.
_ANYBODYS = (Scope.REPORT, Scope.READ, Scope.PAUSE)


def open_to(person: User) -> list[Scope]:
    """Return the scopes of tokens that a person may issue to themselves."""
    return list(Scope) if person.functions else list(_ANYBODYS)


def issue_own(
    person: User,
    *,
    label: str,
    scopes: list[Scope],
    expires_at: datetime,
    programs: Sequence[str] = (),
    actor: Actor,
) -> tuple[ApiToken, str]:
    """Issue a token that a person asks for themselves; as `issue`, within what they may use.

    Raises:
        Refused: also if a scope is not open to the person.
    """
    if not set(scopes) <= set(open_to(person)):
        raise Refused("scopes: choose among those that you may use yourself.")
    return issue(
        person,
        label=label,
        scopes=scopes,
        expires_at=expires_at,
        programs=programs,
        actor=actor,
    )


@transaction.atomic
def withdraw_own(person: User, pk: int, *, actor: Actor) -> bool:
    """End a token of this person; False if they have none of that key."""
    token = ApiToken.objects.filter(owner=person, pk=pk).first()
    if token:
        withdraw(token, actor=actor)
    return token is not None


@transaction.atomic
def withdraw(token: ApiToken, *, actor: Actor) -> None:
    """End a token at once. Safe to call again."""
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at:
        return
    token.revoked_at = timezone.now()
    history.save(token, "revoked_at", actor=actor)
    trail.record("token.withdrawn", token, actor=actor, stream=trail.stream_of(token.owner))
