"""`manage.py issue_token`, `withdraw_token`, `set_functions` and `deactivate_person`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import tokens
from accounts.functions import Function
from accounts.models import ApiToken, Scope, User
from audit import people
from audit.models import Entry
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make.user(username="ada", first_name="Ada", last_name="Obi")


def run(*words):
    """What a command says: on standard output, on standard error."""
    said, told = StringIO(), StringIO()
    call_command(*words, stdout=said, stderr=told)
    return said.getvalue().strip(), told.getvalue()


def issue(*words, name="ada"):
    return run("issue_token", name, *words)


def test_the_token_alone_is_printed_and_opens_what_it_was_issued_for(person):
    text, told = issue("--scope", "report", "--scope", "pause", "--label", "nightly scan")
    token = tokens.recognise(f"Bearer {text}", scope=Scope.REPORT)
    assert (token.owner, token.label) == (person, "nightly scan")
    assert token.scopes == ["incidents:report", "programs:pause"]
    assert text not in told
    assert "Ada Obi's token, until" in told
    with pytest.raises(tokens.LacksScope):
        tokens.recognise(f"Bearer {text}", scope=Scope.READ)


@pytest.mark.parametrize(("words", "days"), [((), 30), (("--days", "90"), 90)])
def test_a_token_lives_for_30_days_or_as_long_as_was_said(person, words, days):
    issue("--scope", "read", "--label", "board", *words)
    left = ApiToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=days) - timedelta(minutes=1) < left <= timedelta(days=days)


def test_a_token_of_a_command_stands_in_the_record(person):
    issue("--scope", "read", "--label", "board")
    entry = Entry.objects.get(action="token.issued")
    assert '"actor_name":"operator"' in entry.body.replace(" ", "")
    assert '"via":"command"' in entry.body.replace(" ", "")


GOOD = ["--scope", "read", "--label", "board"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*GOOD, "--days", "0"], "--days: 1 to 90, not 0"),
        ([*GOOD, "--days", "91"], "--days: 1 to 90, not 91"),
        ([*GOOD, "--days", "9999999999"], "--days: 1 to 90"),
        ([*GOOD, "--days", "soon"], "--days: invalid int value: 'soon'"),
        (["--scope", "everything", "--label", "x"], "--scope: invalid choice: 'everything'"),
        (["--label", "board"], "arguments are required: --scope"),
        (["--scope", "read"], "arguments are required: --label"),
        (["--scope", "read", "--label", " "], "label: say what it is for"),
    ],
)
def test_a_token_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(person, words, said):
    with pytest.raises(CommandError, match=said):
        issue(*words)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["issue_token", "bob", *GOOD],
        ["deactivate_person", "bob"],
        ["set_functions", "bob", "--none"],
    ],
    ids=lambda words: words[0],
)
def test_somebody_who_is_not_there_is_named(person, words):
    with pytest.raises(CommandError, match="username: there is no person 'bob'"):
        run(*words)


def test_who_is_shut_out_gets_no_token(person):
    run("deactivate_person", "ada")
    with pytest.raises(CommandError, match="owner: Ada Obi is deactivated"):
        issue(*GOOD)


def test_a_person_is_shut_out_with_what_acts_for_them(person):
    text, _ = issue(*GOOD)
    for _again in range(2):
        assert run("deactivate_person", "ada")[0] == "Ada Obi is shut out."
    person.refresh_from_db()
    assert not person.is_active
    with pytest.raises(tokens.Refused, match="was withdrawn"):
        tokens.recognise(f"Bearer {text}", scope=Scope.READ)
    assert Entry.objects.filter(action="person.deactivated").count() == 1


def test_a_token_is_withdrawn_by_the_part_that_is_no_secret(person):
    text, _ = issue(*GOOD)
    assert "Ada Obi opens nothing any more" in run("withdraw_token", text.split("_")[2])[0]
    with pytest.raises(tokens.Refused, match="was withdrawn"):
        tokens.recognise(f"Bearer {text}", scope=Scope.READ)


def test_a_token_that_is_not_there_cannot_be_withdrawn(person):
    with pytest.raises(CommandError, match="key_id: there is no token 'abc'"):
        run("withdraw_token", "abc")


def test_functions_are_set_and_those_not_named_are_taken_away(person):
    run("set_functions", "ada", "--function", "legal", "--function", "responder")
    said = run("set_functions", "ada", "--function", "commander")[0]
    assert said == "Ada Obi is now: Incident commander."
    assert User.objects.get(pk=person.pk).functions == {Function.COMMANDER}
    assert run("set_functions", "ada", "--none")[0] == "Ada Obi has no function now."
    assert not User.objects.get(pk=person.pk).functions


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "one of the arguments --function --none is required"),
        (["--function", "boss"], "--function: invalid choice: 'boss'"),
        (["--function", "legal", "--none"], "not allowed with argument"),
    ],
)
def test_functions_that_cannot_be_set_are_refused_and_stay(person, words, said):
    people.give(person, [Function.AUDITOR], actor=make.SYSTEM)
    with pytest.raises(CommandError, match=said):
        run("set_functions", "ada", *words)
    assert User.objects.get(pk=person.pk).functions == {Function.AUDITOR}
