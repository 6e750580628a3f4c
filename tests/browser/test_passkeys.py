"""A passkey in a real browser: its scripts run under our policy, and it signs in by itself."""

from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from audit.models import Entry
from tests import make

PASSWORD = "violet-linnet-woolen-snipe"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_a_key(page):
    """Have the browser carry an authenticator of its own."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def test_a_passkey_is_set_up_and_signs_in_without_a_password(window, settings):
    settings.SECOND_FACTOR = "required"
    person = make.user(first_name="Ada", last_name="Obi")
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    page = window.of(person)
    with_a_key(page)
    page.goto("/")
    expect(page.get_by_text("Set up a second factor to go on.")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    assert Entry.objects.filter(action="factor.added").count() == 2

    page.goto("/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Status board")).to_be_visible()
    assert Authenticator.objects.get(type="webauthn").last_used_at
