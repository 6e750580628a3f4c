"""Signing in with a second factor, having one, changing it, and having to have one."""

import time

import pytest
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, resolve, reverse
from django.utils import timezone

from accounts.functions import Function
from accounts.middleware import ENROLMENT
from audit.models import Entry
from tests import make
from tests.accounts.test_doors import doors, walk
from tests.web.conftest import Reader, words

pytestmark = pytest.mark.django_db
PASSWORD = "violet-linnet-woolen-snipe"
SECRET = "JBSWY3DPEHPK3PXP"
ADD, REMOVE = "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/"
NEW_CODES = "/accounts/2fa/recovery-codes/generate/"


@pytest.fixture(autouse=True)
def _the_clock_stands(time_machine):
    """A code of an app is good for the half minute in which it was made."""
    time_machine.move_to(timezone.now(), tick=False)


@pytest.fixture
def person():
    made = make.user(first_name="Ada", last_name="Obi")
    made.set_password(PASSWORD)
    made.save(update_fields=["password"])
    return made


def code(secret=SECRET):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def confirmed(reader, *, minutes_ago=0):
    """Has shown by password who they are, as allauth notes it."""
    session = reader.client.session
    shown = {"method": "password", "at": time.time() - minutes_ago * 60, "reauthenticated": True}
    session["account_authentication_methods"] = [shown]
    session["account_authentication_methods_user"] = str(reader.person.pk)
    session.save()
    return reader


def enrols(reader):
    reader.get(ADD)
    return reader.post(ADD, code=code(reader.client.session["mfa.totp.secret"]))


def acts(person):
    stream = Entry.objects.filter(stream=f"user:{person.pk}").order_by("seq")
    return [*stream.values_list("action", flat=True)]


def signs_in(person):
    client = Client()
    answer = client.post("/accounts/login/", {"login": person.username, "password": PASSWORD})
    return client, answer


# --- Having one


def test_an_authenticator_app_is_set_up_with_codes_and_both_stand_in_the_record(person):
    reader = confirmed(Reader(person))
    assert enrols(reader)["Location"] == reverse("mfa_view_recovery_codes")
    assert {row.type for row in Authenticator.objects.filter(user=person)} == {
        "totp",
        "recovery_codes",
    }
    assert acts(person) == ["factor.added", "factor.added"]
    bodies = str([*Entry.objects.values_list("body", flat=True)])
    assert reader.client.session.get("mfa.totp.secret") is None
    assert '"kind":"totp"' in bodies


def test_an_address_that_nobody_verified_keeps_nobody_from_a_second_factor(person):
    sync_user_email_address(person)
    enrols(confirmed(Reader(person)))
    assert Authenticator.objects.filter(user=person, type="totp").exists()


def test_a_wrong_code_sets_up_nothing_and_records_nothing(person):
    reader = confirmed(Reader(person))
    reader.get(ADD)
    assert "Incorrect code" in words(reader.post(ADD, code="000000"))
    assert not Authenticator.objects.exists()
    assert acts(person) == []


def test_other_sessions_end_when_a_factor_is_added_and_this_one_stays(person):
    reader, other, colleague = confirmed(Reader(person)), Reader(person), Reader(make.user())
    enrols(reader)
    assert reader.get("/profile/").status_code == 200
    assert "/accounts/login/" in other.get("/profile/")["Location"]
    assert colleague.get("/profile/").status_code == 200


@pytest.mark.parametrize("path", [ADD, REMOVE, NEW_CODES])
def test_a_factor_changes_only_within_ten_minutes_of_showing_who_one_is(person, path):
    if path != ADD:
        TOTP.activate(person, SECRET)
    before = [*Authenticator.objects.values_list("pk", flat=True)]
    late = confirmed(Reader(person), minutes_ago=11)
    for reader in (Reader(person).signs_in(), late):
        assert reverse("account_reauthenticate") in reader.post(path)["Location"]
    assert [*Authenticator.objects.values_list("pk", flat=True)] == before
    assert confirmed(Reader(person), minutes_ago=9).get(path).status_code == 200


def test_what_was_asked_before_showing_who_one_is_is_recorded_as_well(person):
    TOTP.activate(person, SECRET)
    reader = Reader(person)
    asked = reader.post(REMOVE)["Location"]
    answer = reader.post(asked, password=PASSWORD, next=REMOVE)
    assert answer.status_code == 302
    assert not Authenticator.objects.exists()
    assert acts(person) == ["factor.removed"]


def test_removing_the_last_factor_takes_the_codes_along(person):
    reader = confirmed(Reader(person))
    enrols(reader)
    other = Reader(person)
    reader.post(REMOVE)
    assert acts(person)[2:] == ["factor.removed", "factor.removed"]
    assert "/accounts/login/" in other.get("/profile/")["Location"]


def test_new_recovery_codes_end_the_old_ones(person):
    TOTP.activate(person, SECRET)
    old = RecoveryCodes.activate(person).generate_codes()
    confirmed(Reader(person)).post(NEW_CODES)
    assert acts(person) == ["factor.removed", "factor.added"]
    new = Authenticator.objects.get(type="recovery_codes").wrap().generate_codes()
    assert not set(old) & set(new)


def test_the_person_is_told_by_mail(person, engine):
    enrols(confirmed(Reader(person)))
    engine.work()
    (said,) = mail.outbox
    assert said.to == [person.email]
    assert said.subject == "[Andon] Your second factor was changed"
    assert "If this was not you" in said.body


# --- Signing in with it


def test_a_password_alone_signs_nobody_in_who_has_a_second_factor(person):
    TOTP.activate(person, SECRET)
    client, answer = signs_in(person)
    assert answer["Location"] == reverse("mfa_authenticate")
    assert "/accounts/login/" in client.get("/profile/")["Location"]
    page = client.get("/accounts/2fa/authenticate/").content.decode()
    assert page.count("<h1") == 1
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    assert client.get("/profile/").status_code == 200


def test_a_code_of_the_app_is_good_for_one_sign_in(person):
    TOTP.activate(person, SECRET)
    seen = code()
    first, second = signs_in(person)[0], signs_in(person)[0]
    for client in (first, second):
        client.post("/accounts/2fa/authenticate/", {"code": seen})
    assert first.get("/profile/").status_code == 200
    assert second.get("/profile/").status_code == 302


def test_a_recovery_code_signs_in_once_and_its_use_stands_in_the_record(person, engine):
    TOTP.activate(person, SECRET)
    spare = RecoveryCodes.activate(person).generate_codes()[3]
    for status in (200, 302):
        client, _ = signs_in(person)
        client.post("/accounts/2fa/authenticate/", {"code": spare})
        assert client.get("/profile/").status_code == status
    entry = Entry.objects.get(stream=f"user:{person.pk}")
    assert entry.action == "factor.recovery_code_used"
    assert '"left":9' in entry.body
    assert spare not in entry.body
    engine.work()
    assert [said.subject for said in mail.outbox] == ["[Andon] A recovery code of yours was used"]


def test_a_recovery_code_that_confirms_who_one_is_stands_in_the_record(person):
    TOTP.activate(person, SECRET)
    spare = RecoveryCodes.activate(person).generate_codes()[0]
    Reader(person).post("/accounts/2fa/reauthenticate/", code=spare)
    assert acts(person) == ["factor.recovery_code_used"]


def test_a_code_of_the_app_is_not_recorded_as_a_recovery_code(person):
    TOTP.activate(person, SECRET)
    RecoveryCodes.activate(person)
    client, _ = signs_in(person)
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    assert acts(person) == []


def test_a_passkey_has_to_make_sure_of_the_person(person):
    asked = confirmed(Reader(person)).get("/accounts/2fa/webauthn/add/").content.decode()
    assert '"userVerification": "required"' in asked


# --- Having to have one


def every_page():
    """Each address that can be written without knowing what is there."""
    for path, name in walk(get_resolver().url_patterns):
        try:
            yield reverse(name)
        except NoReverseMatch:
            if "<" not in path and "(" not in path and "^" not in path:
                yield f"/{path}"


def test_whoever_owes_a_second_factor_reaches_only_where_they_get_one(settings, person):
    settings.SECOND_FACTOR = "required"
    reader, found = Reader(person), {}
    for address in every_page():
        view = resolve(address)
        if not getattr(view.func, "login_required", True):
            continue
        answer = reader.get(address)
        led = answer.status_code == 302 and answer["Location"] == reverse("mfa_index")
        found[view.view_name] = led
    assert {name for name, led in found.items() if not led} <= ENROLMENT
    assert len(found) > 15


def test_the_page_says_what_is_missing_and_nothing_of_what_stands_still(settings, person):
    settings.SECOND_FACTOR = "required"
    make.program()
    answer = Reader(person).get("/accounts/2fa/")
    assert answer.status_code == 200
    assert "Set up a second factor to go on." in words(answer)
    assert "Collection" not in words(answer)
    assert "engine is silent" not in words(answer)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["/", "/report/", "/incidents/", "/accounts/sessions/"])
def test_no_method_opens_a_page_to_whoever_owes_a_second_factor(settings, person, path, method):
    settings.SECOND_FACTOR = "for legal"
    person.groups.set(make.user(Function.LEGAL).groups.all())
    answer = getattr(Reader(person), method)(path)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")


def test_a_live_part_leads_the_whole_page_away(settings, person):
    settings.SECOND_FACTOR = "required"
    answer = Reader(person).get("/board/live/", **{"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/accounts/2fa/"


def test_whoever_owes_a_second_factor_is_anybody_on_pages_for_everybody(settings, person):
    settings.SECOND_FACTOR = "required"
    reader = Reader(person)
    assert reader.get("/healthz").status_code == 200
    answer = reader.get("/accounts/login/")
    assert answer.status_code == 200
    assert "Ada Obi" not in answer.content.decode()


def test_everything_opens_with_the_factor(settings, person):
    settings.SECOND_FACTOR = "required"
    reader = confirmed(Reader(person))
    assert reader.get("/")["Location"] == "/accounts/2fa/"
    enrols(reader)
    assert reader.get("/").status_code == 200
    assert "Set up a second factor" not in reader.reads("/accounts/2fa/")


# --- Where it changes

# These change no factor and use up no recovery code.
READING = {
    *("mfa_index", "mfa_view_recovery_codes", "mfa_download_recovery_codes"),
    *("mfa_list_webauthn", "mfa_edit_webauthn"),
    *("mfa_login_webauthn", "mfa_reauthenticate_webauthn"),
}


def test_every_address_at_which_a_factor_changes_or_is_used_up_is_recorded():
    bare = set()
    for name, address in doors():
        if name and name.startswith("mfa_"):
            recorded = getattr(resolve(address).func, "__wrapped__", None)
            if getattr(recorded, "view_class", None) is None:
                bare.add(name)
    assert bare == READING
