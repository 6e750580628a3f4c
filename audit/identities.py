"""Record what becomes of how people sign in: passwords, addresses, accounts elsewhere.

allauth writes the rows and says so by signals; the pages that do it are one transaction each.
"""

from typing import Any

from allauth.account import signals as account
from allauth.socialaccount import signals as social
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.actors import Actor
from accounts.models import User, rehashed
from audit import factors, people, sessions, trail

# What is recorded, and by which name people are told of it.
_PASSWORD, _ACCOUNT, _ADDRESS = "password", "account", "address"


@receiver(account.password_changed, dispatch_uid="audit.password_changed")
def password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _record_password("password_changed", user, request)


@receiver(account.password_set, dispatch_uid="audit.password_set")
def password_set(request: HttpRequest, user: User, **_: Any) -> None:
    _record_password("password_set", user, request)


@receiver(account.password_reset, dispatch_uid="audit.password_reset")
def password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    _record_password("password_reset", user, request)


@receiver(rehashed, dispatch_uid="audit.password_rehashed")
@transaction.atomic
def password_rehashed(user: User, was: str, **_: Any) -> None:
    """Follow a password that is kept by a stronger hash since somebody signed in with it.

    What it was before is recorded too: were that not what the record knew, somebody had put it
    there, and the next look at the rows must go on saying so.
    """
    facts = {"password": trail.digest_of(user.password), "instead_of": trail.digest_of(was)}
    trail.record("identity.password_rehashed", user, actor=Actor.machine("sign-in"), **facts)


@receiver(account.email_changed, dispatch_uid="audit.address_changed")
def address_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _record("address_changed", user, request, what=_ADDRESS)


@receiver(social.social_account_added, dispatch_uid="audit.account_added")
def account_added(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    provider = sociallogin.account.provider
    _record("account_added", sociallogin.user, request, what=_ACCOUNT, provider=provider)


@receiver(social.social_account_removed, dispatch_uid="audit.account_removed")
def account_removed(request: HttpRequest, socialaccount: Any, **_: Any) -> None:
    provider = socialaccount.provider
    _record("account_removed", socialaccount.user, request, what=_ACCOUNT, provider=provider)


@receiver(account.user_logged_in, dispatch_uid="audit.groups_followed")
def groups_followed(user: User, sociallogin: Any = None, **_: Any) -> None:
    """Take functions and teams of who signs in elsewhere from the groups that are named there."""
    if sociallogin and settings.SSO_GROUPS:
        people.follow(user, _groups(sociallogin.account.extra_data))


def _groups(said: Any) -> list[str]:
    # A claim that is missing names no group: many issuers leave out an empty one.
    for part in ("userinfo", "id_token"):
        held = said.get(part) if isinstance(said, dict) else None
        claim = held.get(settings.SSO_GROUPS_CLAIM) if isinstance(held, dict) else None
        if isinstance(claim, list):
            return [group for group in claim if isinstance(group, str)]
    return []


def _record_password(act: str, person: User, request: HttpRequest) -> None:
    _record(act, person, request, what=_PASSWORD, password=trail.digest_of(person.password))


@transaction.atomic
def _record(act: str, person: User, request: HttpRequest, *, what: str, **facts: Any) -> None:
    this = request.session.session_key or ""
    sessions.end(person, but=this)
    trail.record(f"identity.{act}", person, actor=Actor.person(person, via="page"), **facts)
    factors.tell(person, what)
