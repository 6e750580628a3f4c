"""Which addresses of the sign-in are open. Each new one of allauth has to be let in here."""

import pytest
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from accounts.views import closed
from tests import make

pytestmark = pytest.mark.django_db
OPEN = {
    *("account_login", "account_logout", "account_inactive", "account_reauthenticate"),
    # Says that people are invited.
    *("account_signup", "socialaccount_signup"),
    *("account_change_password", "account_set_password", "account_reset_password"),
    *("account_reset_password_done", "account_reset_password_from_key"),
    "account_reset_password_from_key_done",
    # The second half of a sign-in by code, which nobody can begin.
    "account_confirm_login_code",
    *("mfa_index", "mfa_authenticate", "mfa_reauthenticate"),
    *("mfa_activate_totp", "mfa_deactivate_totp"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes"),
    *("mfa_list_webauthn", "mfa_add_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn"),
    *("mfa_reauthenticate_webauthn", "mfa_login_webauthn"),
    *("openid_connect_login", "openid_connect_callback", "socialaccount_connections"),
    *("socialaccount_login_cancelled", "socialaccount_login_error"),
    "usersessions_list",
}
GIVEN = {
    "account_confirm_email": {"key": "a:b"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
    "mfa_remove_webauthn": {"pk": 1},
    "mfa_edit_webauthn": {"pk": 1},
    "openid_connect_login": {"provider_id": "sso"},
    "openid_connect_callback": {"provider_id": "sso"},
}
SHUT = ("/accounts/email/", "/accounts/confirm-email/", "/accounts/confirm-email/a:b/")


def walk(patterns, before=""):
    """(path or pattern, name) of each view."""
    for each in patterns:
        here = before + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from walk(each.url_patterns, here)
        else:
            yield here, each.name


def doors():
    """(name, address) of each view that allauth has below /accounts/."""
    (signing_in,) = [
        each
        for each in get_resolver().url_patterns
        if getattr(each.urlconf_name if hasattr(each, "urlconf_name") else None, "__name__", "")
        == "allauth.urls"
    ]
    for path, name in walk([signing_in]):
        yield name, reverse(name, kwargs=GIVEN.get(name)) if name else f"/{path}"


def test_every_address_of_the_sign_in_that_is_open_is_known():
    found = {name for name, address in doors() if resolve(address).func is not closed}
    assert found == OPEN


@pytest.mark.parametrize("address", SHUT)
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_changes_their_own_address(address, method):
    person = make.user(email="ada@demo.example")
    reader = Client(enforce_csrf_checks=True)
    reader.force_login(person)
    for client in (reader, Client()):
        fields = {"email": "mallory@demo.example", "action_add": ""}
        assert getattr(client, method)(address, fields).status_code == 404
    person.refresh_from_db()
    assert person.email == "ada@demo.example"


def test_whoever_asks_for_the_account_gets_the_profile():
    reader = Client()
    reader.force_login(make.user())
    assert reader.get("/accounts/")["Location"] == "/profile/"
