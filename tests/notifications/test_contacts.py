"""A person is paged at a webhook once somebody sets it, and by e-mail once it is removed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from standardwebhooks import Webhook

from audit import people
from audit.models import Entry
from notifications import contacts, ways
from notifications.models import ContactMethod, Method
from severity.ladder import Sev
from tests import make

pytestmark = pytest.mark.django_db
ADDRESS = "https://pager.example/ada"


@pytest.fixture
def person():
    return make.user(username="ada", first_name="Ada", last_name="Obi")


def run(*words):
    said = StringIO()
    call_command("set_webhook", *words, stdout=said, stderr=StringIO())
    return said.getvalue().strip()


def addresses(person):
    return [contact.address for _method, _hint, contact, _held in ways.ways(person)]


def test_what_is_posted_to_a_webhook_is_signed_with_the_secret_that_was_shown(
    commander, engine, internal, receiver
):
    secret = run(commander.username, internal)
    make.incident(Sev.SEV2)
    engine.work()
    _path, headers, body = receiver.got[0]
    assert Webhook(secret).verify(body, dict(headers))["type"] == "page"


def test_a_webhook_takes_the_place_of_the_one_before_and_of_e_mail(person):
    run("ada", "https://pager.example/old")
    run("ada", ADDRESS)
    assert addresses(person) == [ADDRESS]


def test_the_same_address_again_replaces_the_secret(person):
    first, second = run("ada", ADDRESS), run("ada", ADDRESS)
    assert first != second
    assert ContactMethod.objects.get().secret == second


def test_without_its_webhook_a_person_is_paged_by_e_mail(person):
    run("ada", ADDRESS)
    assert run("ada", "--remove") == "Ada Obi is paged by e-mail again."
    assert ways.ways(person) == [ways.Way(Method.EMAIL, "p…@demo.example", None)]
    assert ContactMethod.objects.get().sealed_secret == ""


def test_a_webhook_that_was_removed_can_be_set_again(person):
    run("ada", ADDRESS)
    run("ada", "--remove")
    assert run("ada", ADDRESS).startswith("whsec_")
    assert addresses(person) == [ADDRESS]


def test_setting_and_removing_stand_in_the_record_without_the_secret(person):
    secret = run("ada", ADDRESS)
    run("ada", "--remove")
    acts = Entry.objects.filter(stream=f"user:{person.pk}").order_by("seq")
    assert [act.action for act in acts] == ["contact.set", "contact.removed"]
    assert not [act for act in acts if secret in act.body or ADDRESS in act.body]
    assert not hasattr(ContactMethod.objects.get().history.first(), "secret")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ada", "http://pager.example/a"], "address: must start with https://"),
        (["ada", "pager"], "address: must start with https://"),
        (["ada", "https://me:word@pager.example/"], "address: give a host, and no user"),
        (["ada", "https://127.0.0.1/"], "address: leads inside"),
        (["ada", "https://pager.example/" + "x" * 500], "address: at most 500 characters"),
        (["ada", "https://pager.example/\0"], "address: at most 500 characters that can be"),
        (["ada"], "one of the arguments address --remove is required"),
        (["ada", ADDRESS, "--remove"], "not allowed with argument"),
        (["ada", "--remove"], "address: Ada Obi has no webhook"),
        (["bob", ADDRESS], "username: there is no person 'bob'"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(person, words, said):
    with pytest.raises(CommandError, match=said):
        run(*words)
    assert not ContactMethod.objects.exists()


def test_who_is_shut_out_gets_no_webhook(person):
    people.deactivate(person, actor=make.SYSTEM)
    person.refresh_from_db()
    with pytest.raises(contacts.Refused, match="person: Ada Obi is deactivated"):
        contacts.set_webhook(person, ADDRESS, actor=make.SYSTEM)
