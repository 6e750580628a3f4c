"""People come, get functions, and are shut out; nobody is ever deleted."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.functions import Function
from accounts.models import Scope, User
from audit import credentials, people
from audit.models import Entry
from tests import make

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


def add(username="ada", **fields):
    defaults = {"email": f"{username}@demo.example", "password": PASSWORD, "actor": make.SYSTEM}
    return people.add(username, **(defaults | fields))


def acts(person):
    return [*Entry.objects.filter(stream=f"user:{person.pk}").values_list("action", flat=True)]


def test_a_person_who_was_added_can_sign_in():
    person = add(functions=[Function.RESPONDER, Function.AUDITOR])
    assert authenticate(username="ada", password=PASSWORD) == person
    assert person.functions == {Function.RESPONDER, Function.AUDITOR}
    assert acts(person) == ["person.added", "person.functions_set"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"username": "ADA2"}, "username: 'ADA2' is taken"),
        ({"username": ""}, "username: "),
        ({"username": "x" * 151}, "username: .*150"),
        ({"username": "white space"}, "username: "),
        ({"username": "a\x00b"}, "username: "),
        ({"email": "nowhere"}, "email: "),
        ({"email": ""}, "email: "),
        ({"email": "ADA2@demo.example"}, "email: 'ADA2@demo.example' belongs to somebody"),
        ({"first_name": "x" * 151}, "first_name: .*150"),
        ({"first_name": "Ada\nCc: all"}, "first_name: on one line"),
        ({"last_name": "\u202eebO"}, "last_name: on one line"),
        ({"last_name": "\u200d \u200c"}, "last_name: say it in letters"),
        # People are named by either, so that neither may be another's.
        (
            {"username": "ada2@demo.example", "email": "b@demo.example"},
            "username: 'ada2@demo.example' is taken",
        ),
        ({"password": "short"}, "password: "),
        ({"password": "ada3@demo.example"}, "password: "),
    ],
)
def test_somebody_who_cannot_be_added_is_refused_by_the_name_of_the_field(wrong, words):
    add("ada2")
    before = User.objects.count(), Entry.objects.count()
    with pytest.raises(people.Refused, match=words):
        add(**({"username": "ada3"} | wrong))
    assert (User.objects.count(), Entry.objects.count()) == before


def test_functions_that_are_not_named_are_taken_away():
    person = add(functions=[Function.RESPONDER])
    people.give(person, [Function.LEGAL], actor=make.SYSTEM)
    assert User.objects.get(pk=person.pk).functions == {Function.LEGAL}
    assert person.is_any(Function.LEGAL)


def test_giving_what_is_there_records_nothing():
    person = add(functions=[Function.LEGAL])
    people.give(person, [Function.LEGAL], actor=make.SYSTEM)
    assert acts(person).count("person.functions_set") == 1


def test_functions_are_set_from_what_they_are_and_not_from_what_was_read_before():
    person = add(functions=[Function.LEGAL])
    same = User.objects.get(pk=person.pk)
    assert same.functions == {Function.LEGAL}
    people.give(person, [], actor=make.SYSTEM)
    people.give(same, [Function.LEGAL], actor=make.SYSTEM)
    assert User.objects.get(pk=person.pk).functions == {Function.LEGAL}


def test_whoever_is_shut_out_has_no_session_and_no_token_left():
    person, colleague = add(), add("bob")
    clients = [Client(), Client(), Client()]
    for client, user in zip(clients, (person, person, colleague), strict=True):
        client.force_login(user)
    _, text = credentials.issue(
        person,
        label="script",
        scopes=[Scope.READ],
        expires_at=timezone.now() + timedelta(days=1),
        actor=make.SYSTEM,
    )

    people.deactivate(person, actor=make.SYSTEM)

    assert authenticate(username="ada", password=PASSWORD) is None
    left = [session.get_decoded()["_auth_user_id"] for session in Session.objects.all()]
    assert left == [str(colleague.pk)]
    with pytest.raises(tokens.Refused, match="withdrawn"):
        tokens.recognise(f"Bearer {text}", scope=Scope.READ)


def test_shutting_out_again_changes_and_records_nothing():
    person = add()
    people.deactivate(person, actor=make.SYSTEM)
    people.deactivate(person, actor=make.SYSTEM)
    assert acts(person).count("person.deactivated") == 1


def test_whoever_is_shut_out_holds_no_function_any_more():
    person = add(functions=[Function.COMMANDER])
    people.deactivate(person, actor=make.SYSTEM)
    assert not User.objects.get(pk=person.pk).is_any(Function.COMMANDER)


def test_a_person_whom_the_record_names_cannot_be_deleted():
    person = make.user()
    make.draft(owner=person)
    with pytest.raises(Exception, match="referenced through protected foreign keys"):
        person.delete()


def test_the_history_of_a_person_holds_no_password():
    person = add()
    assert not hasattr(person.history.get(), "password")


def test_nobody_gets_an_address_that_somebody_else_is_called_by():
    add("bo@demo.example", email="b@demo.example")
    with pytest.raises(people.Refused, match="email: 'Bo@demo.example' belongs to somebody"):
        add("bo", email="Bo@demo.example")


def test_a_name_of_any_script_is_a_name():
    # Persian keeps letters apart by a character that shows nothing.
    person = add(first_name="علی\u200cرضا", last_name="O’Brien-Łuk")
    assert person.name == "علی\u200cرضا O’Brien-Łuk"
