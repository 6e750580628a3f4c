"""Signing in and one's own page."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts import preferences
from accounts.models import User
from tests import make
from tests.web.conftest import Reader, words

pytestmark = pytest.mark.django_db
PASSWORD = "violet-linnet-woolen-snipe"


@pytest.fixture
def person():
    made = make.user(first_name="Ada", last_name="Obi")
    made.set_password(PASSWORD)
    made.save(update_fields=["password"])
    return made


def test_a_person_signs_in_by_name_or_address(person):
    for login in (person.username, person.email):
        fields = {"login": login, "password": PASSWORD}
        assert Client().post("/accounts/login/", fields)["Location"] == "/"


def test_a_wrong_password_is_told_without_saying_which_half_is_wrong(person):
    known = Client().post("/accounts/login/", {"login": person.username, "password": "x" * 20})
    unknown = Client().post("/accounts/login/", {"login": "nobody-1", "password": "x" * 20})
    for answer in (known, unknown):
        assert "There is a problem" in words(answer)
    assert words(known) == words(unknown)


def test_too_many_attempts_get_a_page_of_ours(person):
    client = Client()
    for _ in range(30):
        answer = client.post("/accounts/login/", {"login": person.username, "password": "wrong"})
    assert answer.status_code == 429 or "Too many" in words(answer)


def test_an_account_that_was_guessed_at_stays_shut_however_many_others_are_tried(person):
    def sign_in(number, password):
        fields = {"login": person.username, "password": password}
        # Each from a house of its own, so that only the account is counted.
        return Client().post("/accounts/login/", fields, REMOTE_ADDR=f"2001:db8:0:{number:x}::1")

    for number in range(6):
        sign_in(number, "wrong")
    assert sign_in(6, PASSWORD).status_code == 200
    for number in range(2000):
        cache.set(f"~{number}", "somebody else", timeout=300)
    assert sign_in(7, PASSWORD).status_code == 200


def test_nobody_makes_their_own_account(client):
    assert "sign up" not in words(client.get("/accounts/login/")).lower()
    answer = client.post("/accounts/signup/", {"email": "a@demo.example", "username": "a"})
    assert not User.objects.filter(username="a").exists()
    assert answer.status_code in (200, 302, 403)


@pytest.mark.parametrize(
    "name", ["account_change_password", "mfa_index", "usersessions_list", "account_logout"]
)
def test_the_pages_of_the_account_have_our_frame(person, name):
    answer = Reader(person).client.get(reverse(name), follow=True)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert page.count("<h1") == 1
    assert "css/tokens.css" in page
    assert "Report exposure" in page


@pytest.mark.parametrize(
    "name",
    [
        *("account_change_password", "mfa_index", "usersessions_list", "tokens"),
        *("contacts", "subscriptions", "digest"),
    ],
)
def test_whatever_the_profile_leads_to_leads_back(person, name):
    reader = Reader(person).signs_in()
    assert f'href="{reverse(name)}"' in reader.get("/profile/").content.decode()
    assert "Back to your profile" in words(reader.client.get(reverse(name), follow=True))


def test_whoever_looks_for_the_way_out_can_stay(person):
    page = Reader(person).get("/accounts/logout/").content.decode()
    assert '<a class="btn" href="/">Stay signed in</a>' in page


def test_what_a_password_must_be_is_read_out_with_its_field(person):
    """A list inside of a paragraph ends it: what the field refers to would be empty."""
    page = Reader(person).signs_in().get("/accounts/password/change/").content.decode()
    hint = r'<div class="field__hint"\s+id="id_password1_helptext">(.*?)</div>'
    said = re.search(hint, page, re.DOTALL)
    assert said
    assert "at least 15 characters" in said[1]


def test_the_profile_is_saved_and_counts_at_once(person):
    reader = Reader(person)
    fields = {"first_name": "Ada", "last_name": "Lindqvist", "zone": "Europe/Berlin"}
    answer = reader.post("/profile/", **fields, theme="dark")
    assert answer["Location"] == "/profile/"
    person.refresh_from_db()
    assert (person.last_name, person.zone, person.shortcuts) == (
        "Lindqvist",
        "Europe/Berlin",
        False,
    )
    page = reader.get("/profile/").content.decode()
    assert 'data-theme="dark"' in page
    assert 'data-shortcuts="off"' in page
    assert 'data-zone="Europe/Berlin"' in page


def test_an_odd_zone_is_refused_and_the_name_on_the_page_stays(person):
    fields = {"first_name": "Mallory", "zone": "Mars/Base", "theme": "dark"}
    answer = Reader(person).post("/profile/", **fields)
    assert answer.status_code == 422
    assert "zone" in answer.context["form"].errors
    assert "You: Ada Obi" in answer.content.decode()


def test_nobody_gives_themselves_rights_by_the_profile(person):
    fields = {"zone": "UTC", "theme": "auto", "is_superuser": "on", "is_staff": "on", "groups": "1"}
    Reader(person).post("/profile/", **fields)
    person.refresh_from_db()
    assert not person.is_superuser
    assert not person.groups.exists()
    with pytest.raises(TypeError, match="is_superuser"):
        preferences.change(person, is_superuser=True)


def test_the_history_names_who_changed_the_profile(person):
    Reader(person).post("/profile/", zone="Asia/Tokyo", theme="auto", first_name="Ada")
    row = person.history.first()
    assert (row.zone, row.history_user) == ("Asia/Tokyo", person)


def test_times_are_in_the_readers_zone_with_utc_beside_them():
    incident = make.incident()
    berlin = make.user(zone="Asia/Tokyo")
    incident.reporter = berlin
    incident.save(update_fields=["reporter"])
    page = Reader(berlin).get(f"/receipts/{incident.uuid}/").content.decode()
    assert " JST</time>" in page
    assert f'title="{incident.reported_at:%Y-%m-%d %H:%M:%S} UTC / ' in page
    assert f'datetime="{incident.reported_at:%Y-%m-%dT%H:%M:%S}+00:00"' in page


def test_the_menu_leads_to_sign_out_without_a_form(person):
    page = Reader(person).get("/").content.decode()
    header = page[page.index("<header") : page.index("</header>")]
    assert "/accounts/logout/" in header
    assert "<form" not in header


@pytest.mark.parametrize("name", ["Ada\r\nObi", "\u202eibO", "Ada\u2066", "\u200d"])
def test_nobody_takes_a_name_that_reads_as_another(person, name):
    answer = Reader(person).post("/profile/", first_name=name, zone="UTC", theme="auto")
    assert answer.status_code == 422
    assert "first_name" in answer.context["form"].errors
    person.refresh_from_db()
    assert person.first_name == "Ada"
