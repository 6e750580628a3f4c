"""Who must have a second factor, and what is shut to whoever has none."""

from datetime import timedelta

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts import factors, tokens
from accounts.adapter import SEALED
from accounts.functions import Function, named_in
from accounts.models import Scope
from audit import credentials
from tests import make

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("off", set()),
        ("required", {"officer", "responder", "reporter"}),
        ("for privacy_officer", {"officer"}),
        ("for responder, privacy_officer", {"officer", "responder"}),
    ],
)
def test_the_setting_says_of_whom_a_second_factor_is_asked(settings, rule, asked):
    settings.SECOND_FACTOR = rule
    people = {
        "officer": make.user(Function.PRIVACY_OFFICER),
        "responder": make.user(Function.RESPONDER),
        "reporter": make.user(),
    }
    assert {name for name, person in people.items() if factors.owed_by(person)} == asked


@pytest.mark.parametrize("rule", ["", "on", "for", "for ", "for boss", "for legal,", "Required"])
def test_an_odd_rule_is_none(rule):
    with pytest.raises(ValueError, match="none of|is not a valid Function"):
        named_in(rule)


def test_whoever_has_a_second_factor_owes_none(settings):
    settings.SECOND_FACTOR = "required"
    person = make.user()
    TOTP.activate(person, SECRET)
    assert factors.has_one(person)
    assert not factors.owed_by(person)


def test_recovery_codes_alone_are_no_second_factor(settings):
    settings.SECOND_FACTOR = "required"
    person = make.user()
    RecoveryCodes.activate(person)
    assert factors.owed_by(person)


def test_nobody_in_particular_owes_nothing(settings):
    settings.SECOND_FACTOR = "required"
    assert not factors.owed_by(AnonymousUser())


def token(owner):
    ends = timezone.now() + timedelta(days=1)
    terms = {"label": "script", "scopes": [Scope.READ], "expires_at": ends}
    return credentials.issue(owner, **terms, actor=make.SYSTEM)[1]


def test_the_token_of_somebody_who_owes_a_second_factor_opens_nothing(settings):
    settings.SECOND_FACTOR = "required"
    owner = make.user()
    text = token(owner)
    with pytest.raises(tokens.Refused, match="must set up a second factor first"):
        tokens.recognise(f"Bearer {text}", scope=Scope.READ)
    TOTP.activate(owner, SECRET)
    assert tokens.recognise(f"Bearer {text}", scope=Scope.READ).owner == owner


def test_tokens_are_let_in_all_the_same_where_the_setting_says_so(settings):
    settings.SECOND_FACTOR, settings.SECOND_FACTOR_FOR_TOKENS = "required", False
    owner = make.user()
    assert tokens.recognise(f"Bearer {token(owner)}", scope=Scope.READ).owner == owner


def test_a_copy_of_the_database_tells_no_secret_of_a_factor():
    person = make.user()
    TOTP.activate(person, SECRET)
    codes = RecoveryCodes.activate(person).generate_codes()
    stored = str([*Authenticator.objects.values_list("data", flat=True)])
    assert SECRET not in stored
    assert not [code for code in codes if code in stored]
    totp = Authenticator.objects.get(type="totp")
    assert totp.data["secret"].startswith(SEALED)
    assert get_adapter().decrypt(totp.data["secret"]) == SECRET


def test_what_was_sealed_with_the_key_before_is_read_with_it(settings):
    sealed = get_adapter().encrypt(SECRET)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another key, of fifty characters and of now"
    settings.SECRET_KEY_FALLBACKS = [before]
    assert get_adapter().decrypt(sealed) == SECRET
    assert get_adapter().decrypt("written before it was sealed") == "written before it was sealed"
