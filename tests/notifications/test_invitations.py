"""People are invited by a link that works once, for a while, and leads to a second factor."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.functions import Function
from accounts.models import User
from audit import people
from audit.models import Due, Entry, OutboxEvent
from tests import make
from tests.web.conftest import words

pytestmark = pytest.mark.django_db
PASSWORD = "violet-linnet-woolen-snipe"


def invites(*said):
    out = StringIO()
    call_command("invite_person", *said, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def link(engine):
    """The path in the mail to Ada."""
    said = invites("ada", "ada@demo.example", "--function", "legal", "--first-name", "Ada")
    assert said == "Ada is invited at ada@demo.example."
    engine.work()
    return path_in(mail.outbox[-1])


def path_in(said):
    return re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", said.body)[1]


def accepts(link, password=PASSWORD, *, again=None):
    client = Client()
    form = client.get(link, follow=True)
    asked = form.redirect_chain[-1][0] if form.redirect_chain else link
    return client.post(asked, {"password1": password, "password2": again or password}, follow=True)


def test_whoever_is_invited_chooses_a_password_and_has_the_functions(link):
    assert mail.outbox[-1].to == ["ada@demo.example"]
    accepts(link)
    ada = User.objects.get(username="ada")
    assert ada.check_password(PASSWORD)
    assert ada.functions == {Function.LEGAL}
    acts = Entry.objects.filter(stream=f"user:{ada.pk}").order_by("seq")
    named = [*acts.values_list("action", flat=True)]
    invited = ["person.added", "person.functions_set", "person.invited"]
    assert named == [*invited, "identity.password_reset"]


def test_the_first_sign_in_leads_to_the_second_factor(settings, link):
    settings.SECOND_FACTOR = "required"
    accepts(link)
    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert client.get("/")["Location"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200


def test_nobody_signs_in_before_they_accepted(link):
    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": ""})
    assert client.get("/profile/").status_code == 302


def test_the_link_works_once(link):
    accepts(link)
    accepts(link, "another-linnet-of-wool")
    assert User.objects.get(username="ada").check_password(PASSWORD)


def test_the_link_ends_after_three_days(link, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=3, minutes=1), tick=False)
    accepts(link)
    assert not User.objects.get(username="ada").has_usable_password()


def test_a_short_password_is_refused(link):
    assert "at least 15 characters" in words(accepts(link, "short-and-easy"))
    assert not User.objects.get(username="ada").has_usable_password()


def test_what_waits_to_be_sent_holds_no_link(link):
    kept = [*Due.objects.values_list("payload", flat=True)]
    kept += OutboxEvent.objects.values_list("payload", flat=True)
    assert link.rpartition("-")[2].strip("/") not in str(kept)


def test_whoever_let_the_link_run_out_gets_another(link, engine):
    invites("ada", "--again")
    engine.work()
    assert len(mail.outbox) == 2
    accepts(path_in(mail.outbox[-1]))
    with pytest.raises(CommandError, match="Ada has accepted already"):
        invites("ada", "--again")


def test_nobody_is_invited_who_cannot_be_added():
    make.user(username="bob", email="bob@demo.example")
    for said, words_ in (
        (("bob", "b@demo.example"), "username: 'bob' is taken"),
        (("eve", "bob@demo.example"), "email: 'bob@demo.example' belongs to somebody"),
        (("eve",), "email: give the address"),
        (("eve", "--again"), "username: there is no person 'eve'"),
    ):
        with pytest.raises(CommandError, match=words_):
            invites(*said)
    assert not Entry.objects.exists()


def test_whoever_was_shut_out_is_not_invited_again(link):
    people.deactivate(User.objects.get(username="ada"), actor=make.SYSTEM)
    with pytest.raises(CommandError, match="Ada is deactivated"):
        invites("ada", "--again")
