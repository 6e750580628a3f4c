"""Operators see everybody, invite, give functions, shut out; for others there is no such page."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import tokens
from accounts.functions import Function
from accounts.models import Scope, User
from audit import credentials, people
from audit.models import Entry, OutboxEvent
from notifications.models import ContactMethod, Method
from tests import make
from tests.web.conftest import reader, words

pytestmark = pytest.mark.django_db
PEOPLE = "/people/"
ADA = {"username": "ada", "email": "ada@demo.example", "first_name": "Ada", "last_name": "Obi"}


@pytest.fixture
def operator():
    return reader(Function.OPERATOR, first_name="Omar", last_name="Reyes").signs_in()


@pytest.fixture
def ada():
    return people.invite("ada", email="ada@demo.example", first_name="Ada", actor=make.SYSTEM)


def at(person, ending=""):
    return f"{PEOPLE}{person.pk}/{ending}"


def row(page, name):
    """What stands in the line of a person: up to the next time or Never."""
    return page.split(name, 1)[1].split("Never", 1)[0]


def done(person, act):
    return Entry.objects.filter(stream=f"user:{person.pk}", action=act)


def test_for_whoever_is_no_operator_there_is_no_such_page(ada):
    others = [
        reader(Function.SECURITY, Function.PRIVACY_OFFICER).signs_in(),
        reader(is_superuser=True, is_staff=True).signs_in(),
    ]
    for other in others:
        for path in (PEOPLE, f"{PEOPLE}invite/", at(ada)):
            assert other.get(path).status_code == 404
        for path in ("functions/", "deactivate/", "invite-again/", "reset-factors/"):
            assert other.post(at(ada, path), reason="No.").status_code == 404
        assert other.post(f"{PEOPLE}invite/", **(ADA | {"username": "eve"})).status_code == 404
        assert 'href="/people/"' not in other.get("/").content.decode()
    assert User.objects.get(pk=ada.pk).is_active
    assert not User.objects.filter(username="eve").exists()


def test_the_list_says_how_it_stands_with_everybody(operator, ada, settings):
    settings.SECOND_FACTOR = "for legal"
    legal = make.user(Function.LEGAL, first_name="Lea", last_name="Noor")
    sure = make.user(Function.HR, password="x" * 20, first_name="Hans", last_name="Ito")
    Authenticator.objects.create(user=sure, type=Authenticator.Type.TOTP, data={})
    ContactMethod.objects.create(person=sure, method=Method.EMAIL, verified_at=timezone.now())
    people.deactivate(make.user(first_name="Gone", last_name="By"), actor=make.SYSTEM)
    page = operator.reads(PEOPLE)
    assert "5 people" in page
    assert "Invited, not in yet None None None verified" in row(page, "Ada ada")
    assert "Legal counsel None, and must have one None verified" in row(page, "Lea Noor")
    assert "Active Human resources Has one Verified" in row(page, "Hans Ito")
    assert "Deactivated" in row(page, "Gone By")
    assert "Omar Reyes" in page
    assert 'href="/people/"' in operator.get("/").content.decode()
    assert "People" in operator.reads("/find/?q=peop")
    assert at(legal) in operator.get(f"{PEOPLE}?function=legal").content.decode()


def test_people_are_found_by_what_is_asked_for(operator, ada):
    make.user(Function.LEGAL, Function.HR, first_name="Lea", last_name="Noor")
    for asked, found in (
        ("q=ada%40demo", ["Ada"]),
        ("q=lea+noo", ["Lea"]),
        ("function=legal", ["Lea"]),
        ("state=invited&q=ada", ["Ada"]),
        ("state=deactivated", []),
        ("q=%00&page=9" + "9" * 5000, ["Ada", "Lea"]),
        ("function=boss&state=x", ["Ada", "Lea"]),
    ):
        page = operator.reads(f"{PEOPLE}?{asked}")
        assert [name for name in ("Ada", "Lea") if f"{name} " in page] == found, asked
    assert operator.get(f"{PEOPLE}{2**70}/").status_code == 404


def test_a_longer_list_asks_the_database_no_more_often(
    operator, ada, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr("notifications.roster.PER_PAGE", 20)
    for _ in range(25):
        make.user(Function.LEGAL)
    with django_assert_max_num_queries(20):
        first = operator.reads(PEOPLE)
    assert "Page 1 of 2" in first
    assert "Ada" in first
    assert "Ada" not in operator.reads(f"{PEOPLE}?page=2")


def test_a_person_is_invited_with_functions_and_once_more(operator):
    sent = operator.post(f"{PEOPLE}invite/", **ADA, functions=["legal", "hr"])
    ada = User.objects.get(username="ada")
    assert sent["Location"] == at(ada)
    assert ada.functions == {Function.LEGAL, Function.HR}
    assert done(ada, "person.invited").get().actor == operator.person
    assert "Ada Obi is invited at ada@demo.example." in operator.reads(at(ada))
    assert operator.post(at(ada, "invite-again/")).status_code == 302
    assert OutboxEvent.objects.filter(topic="person.invited").count() == 2
    ada.set_password("violet-linnet-woolen-snipe")
    ada.save()
    assert "Send the invitation again" not in operator.reads(at(ada))
    refused = operator.post(at(ada, "invite-again/"))
    assert refused.status_code == 409
    assert "Ada Obi has accepted already" in words(refused)


def test_who_cannot_be_invited_is_refused_by_the_name_of_the_field(operator, ada):
    before = User.objects.count()
    for wrong, said in (
        ({}, "username: 'ada' is taken"),
        ({"username": "eve"}, "belongs to somebody"),
        ({"username": "eve", "email": "nowhere"}, "E-mail: Enter a valid"),
        ({"username": "eve", "email": "e@demo.example", "functions": "boss"}, "Functions: Select"),
    ):
        answer = operator.post(f"{PEOPLE}invite/", **(ADA | wrong))
        assert answer.status_code == 422
        assert said in words(answer)
    assert User.objects.count() == before


def test_functions_are_set_but_nobody_takes_their_own_place_away(operator, ada):
    assert operator.post(at(ada, "functions/"), functions=["hr", "operator"]).status_code == 302
    assert User.objects.get(pk=ada.pk).functions == {Function.HR, Function.OPERATOR}
    refused = operator.post(at(operator.person, "functions/"), functions=["legal"])
    assert refused.status_code == 409
    assert "another operator takes the function of operator from you" in words(refused)
    assert User.objects.get(pk=operator.person.pk).functions == {Function.OPERATOR}


def test_nobody_gives_themselves_a_function(operator):
    mine = at(operator.person, "functions/")
    refused = operator.post(mine, functions=["operator", "privacy_officer"])
    assert refused.status_code == 409
    assert "another operator gives you what you do not have" in words(refused)
    assert User.objects.get(pk=operator.person.pk).functions == {Function.OPERATOR}


def test_a_deactivated_person_is_out_at_once_and_the_reason_stands_in_the_record(operator):
    gone = reader(Function.OPERATOR)
    person = gone.person
    until = timezone.now() + timedelta(days=1)
    terms = {"label": "script", "scopes": [Scope.READ], "expires_at": until}
    _, text = credentials.issue(person, **terms, actor=make.SYSTEM)
    assert operator.post(at(person, "deactivate/"), reason=" ").status_code == 422
    assert gone.get("/profile/").status_code == 200
    assert operator.post(at(person, "deactivate/"), reason="Left us.").status_code == 302
    assert gone.get("/profile/").status_code == 302
    assert not Session.objects.filter(session_key=gone.client.session.session_key).exists()
    with pytest.raises(tokens.Refused, match="withdrawn"):
        tokens.recognise(f"Bearer {text}", scope=Scope.READ)
    entry = done(person, "person.deactivated").get()
    assert (entry.actor, entry.remark.text) == (operator.person, "Left us.")


def test_nobody_deactivates_themselves(operator):
    reader(Function.OPERATOR)
    refused = operator.post(at(operator.person, "deactivate/"), reason="Enough.")
    assert refused.status_code == 409
    assert "another operator deactivates you" in words(refused)
    assert operator.get(PEOPLE).status_code == 200


def test_the_last_operator_who_can_come_in_stays_one(operator, ada):
    people.give(ada, [Function.OPERATOR], actor=make.SYSTEM)
    person = operator.person
    for change in (
        lambda: people.deactivate(person, actor=make.SYSTEM),
        lambda: people.give(person, [Function.HR], actor=make.SYSTEM),
    ):
        with pytest.raises(people.Refused, match="Omar Reyes is the last active operator"):
            change()
    assert User.objects.get(pk=person.pk).is_any(Function.OPERATOR)
    reader(Function.OPERATOR)
    people.deactivate(person, actor=make.SYSTEM)
    assert not User.objects.get(pk=person.pk).is_active


def test_a_lost_second_factor_is_reset_but_not_ones_own(operator, ada):
    for person in (ada, operator.person):
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    assert operator.post(at(ada, "reset-factors/")).status_code == 302
    assert done(ada, "factor.reset").get().actor == operator.person
    refused = operator.post(at(operator.person, "reset-factors/"))
    assert "Change your own second factors" in words(refused)
    assert [one.user for one in Authenticator.objects.all()] == [operator.person]


def test_whoever_has_not_shown_lately_who_they_are_does_so_first(ada):
    stale = reader(Function.OPERATOR, password="violet-linnet-woolen-snipe")
    stale.signs_in(minutes_ago=11)
    assert stale.get(at(ada)).status_code == 200
    sent = {"functions/": {"functions": "hr"}, "deactivate/": {"reason": "Left us."}}
    for ending, fields in (sent | {"invite-again/": {}, "reset-factors/": {}}).items():
        answer = stale.post(at(ada, ending), **fields)
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert stale.post(f"{PEOPLE}invite/", **ADA)["Location"].startswith("/accounts/reauth")
    assert User.objects.get(pk=ada.pk).is_active
    assert not User.objects.get(pk=ada.pk).functions
