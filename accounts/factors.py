"""Who must have a second factor, and who has one. Reads only: audit.factors records changes."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import OuterRef, QuerySet

from accounts import functions
from accounts.models import User

# Recovery codes stand in for one of these; alone they are none.
KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def must_have_one(person: User) -> bool:
    """True if ANDON_MFA asks a second factor of this person."""
    rule: str = settings.SECOND_FACTOR
    if rule == functions.EVERYBODY:
        return True
    return rule != functions.NOBODY and person.is_any(*functions.named_in(rule))


def has_one(person: User) -> bool:
    """True if the person cannot sign in by password alone."""
    return held_by(person).exists()


def held_by(person: User | OuterRef) -> QuerySet[Authenticator]:
    """Return a person's second factors; of each person of a query, given its reference."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=person, type__in=KINDS)
    return found


def owed_by(person: User | AnonymousUser) -> bool:
    """True if the person must have a second factor and has none."""
    if not isinstance(person, User):
        return False
    return must_have_one(person) and not has_one(person)
