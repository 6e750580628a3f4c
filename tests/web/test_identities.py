"""Whatever changes how somebody signs in is recorded, told, and ends their other sessions."""

import time
from types import SimpleNamespace

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.signals import user_logged_in
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from accounts.functions import Function, Rule
from audit import identities, people, teams
from audit.models import Entry
from tests import make
from tests.web.conftest import Reader

pytestmark = pytest.mark.django_db
OLD, NEW = "violet-linnet-woolen-snipe", "amber-otter-teal-heron"


@pytest.fixture
def person():
    made = make.user()
    made.set_password(OLD)
    made.save(update_fields=["password"])
    return made


@pytest.fixture
def elsewhere(person):
    """Another browser in which the same person is signed in."""
    return Reader(person)


def is_in(reader):
    return reader.get("/profile/").status_code == 200


def shown_again(person):
    """Signed in, and has just shown once more who they are."""
    here = Reader(person).signs_in()
    session = here.client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session.save()
    return here


def acts(person):
    return [*Entry.objects.filter(stream=f"user:{person.pk}").values_list("action", flat=True)]


def told(engine, mailoutbox):
    engine.work()
    return [mail.subject for mail in mailoutbox]


def test_a_changed_password(person, elsewhere, engine, mailoutbox):
    here = Reader(person).signs_in()
    said = {"oldpassword": OLD, "password1": NEW, "password2": NEW}
    assert here.post("/accounts/password/change/", **said).status_code == 302
    assert "identity.password_changed" in acts(person)
    assert not is_in(elsewhere)
    assert told(engine, mailoutbox) == ["[Andon] Your password was changed"]


def test_a_password_that_was_reset_by_link(person, elsewhere, engine, mailoutbox):
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    client = Client()
    form = client.get(f"/accounts/password/reset/key/{key}/")["Location"]
    assert client.post(form, {"password1": NEW, "password2": NEW}).status_code == 302
    assert "identity.password_reset" in acts(person)
    assert not is_in(elsewhere)
    assert told(engine, mailoutbox) == ["[Andon] Your password was changed"]


def test_a_first_password_needs_a_sign_in_of_late(person, elsewhere):
    person.set_unusable_password()
    person.save(update_fields=["password"])
    here = Reader(person)
    said = {"password1": NEW, "password2": NEW}
    here.post("/accounts/password/set/", **said)
    assert "identity.password_set" not in acts(person)
    here.signs_in()
    here.post("/accounts/password/set/", **said)
    assert "identity.password_set" in acts(person)
    assert not is_in(elsewhere)


def test_an_account_elsewhere_that_was_removed(person, elsewhere, engine, mailoutbox, settings):
    house = {"provider_id": "house", "name": "House", "client_id": "andon", "secret": "s"}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [house]}}
    account = SocialAccount.objects.create(user=person, provider="house", uid="7")
    here = shown_again(person)
    answer = here.post("/accounts/3rdparty/", account=account.pk)
    assert answer["Location"] == "/accounts/3rdparty/"
    assert not SocialAccount.objects.exists()
    assert "identity.account_removed" in acts(person)
    assert is_in(here)
    assert not is_in(elsewhere)
    assert told(engine, mailoutbox) == ["[Andon] Where you may sign in was changed"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_method_changes_a_factor_unrecorded(person, method):
    Authenticator.objects.create(user=person, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    here = shown_again(person)
    getattr(here.client, method)("/accounts/2fa/totp/deactivate/")
    removed = not Authenticator.objects.filter(user=person, type="totp").exists()
    assert removed == ("factor.removed" in acts(person))
    assert removed or method != "post"


@pytest.fixture
def ruled(settings):
    settings.SSO_GROUPS = [
        Rule("sec", Function.SECURITY),
        Rule("cn=ic,dc=demo", Function.COMMANDER),
        Rule("sec", team="Application security"),
    ]


def signs_in_elsewhere(person, said):
    account = SimpleNamespace(extra_data=said, provider="house")
    identities.groups_followed(person, sociallogin=SimpleNamespace(account=account))
    return set(type(person).objects.get(pk=person.pk).functions)


def test_whoever_signs_in_elsewhere_gets_the_functions_of_their_groups(person, ruled):
    said = {"userinfo": {"groups": ["cn=ic,dc=demo", "staff"]}, "id_token": {}}
    assert signs_in_elsewhere(person, said) == {Function.COMMANDER}
    assert "person.functions_set" in acts(person)
    assert "single sign-on" in Entry.objects.get(action="person.functions_set").body


@pytest.mark.parametrize(
    "said", [{"userinfo": {}}, {"userinfo": {"groups": "sec"}}, {"id_token": {"groups": [7]}}, None]
)
def test_who_is_in_no_group_any_more_keeps_only_what_was_given_by_hand(person, ruled, said):
    people.give(person, [Function.SECURITY, Function.LEGAL], actor=make.SYSTEM)
    assert signs_in_elsewhere(person, said) == {Function.LEGAL}


def test_a_group_gives_a_team_as_well_and_takes_it_again(person, ruled):
    team = teams.make("Application security", actor=make.SYSTEM)
    teams.put_in(teams.make("By hand", actor=make.SYSTEM), person, actor=make.SYSTEM)
    for groups, inside in ((["sec"], True), (["staff"], False), (["sec"], True), ([], False)):
        signs_in_elsewhere(person, {"userinfo": {"groups": groups}})
        assert team.user_set.filter(pk=person.pk).exists() == inside
        assert person.groups.filter(name="By hand").exists()
    entries = Entry.objects.filter(action=teams.JOINED, body__contains="single sign-on")
    assert entries.count() == 2


def test_a_team_that_is_not_there_takes_no_function_from_its_group(person, ruled):
    assert signs_in_elsewhere(person, {"userinfo": {"groups": ["sec"]}}) == {Function.SECURITY}
    assert not teams.known().exists()


def test_groups_in_the_token_count_as_well(person, ruled):
    assert signs_in_elsewhere(person, {"id_token": {"groups": ["sec"]}}) == {Function.SECURITY}


def test_allauth_says_when_somebody_has_signed_in():
    listening = {each[0][0] for each in user_logged_in.receivers}
    assert "audit.groups_followed" in listening


def test_without_a_rule_groups_give_and_take_nothing(person):
    people.give(person, [Function.LEGAL], actor=make.SYSTEM)
    said = {"userinfo": {"groups": ["sec", "commander"]}}
    assert signs_in_elsewhere(person, said) == {Function.LEGAL}


def test_a_sign_in_here_asks_no_groups(person, ruled):
    people.give(person, [Function.SECURITY], actor=make.SYSTEM)
    identities.groups_followed(person)
    assert set(type(person).objects.get(pk=person.pk).functions) == {Function.SECURITY}
