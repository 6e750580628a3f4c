"""A token opens what it is for, while it lives and while its owner is with us."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import secrets, tokens
from accounts.models import ApiToken, Scope, User
from audit import credentials
from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def owner():
    return make.user()


@pytest.fixture
def text(owner):
    _, made = credentials.issue(
        owner,
        label="script",
        scopes=[Scope.READ, Scope.REPORT],
        expires_at=timezone.now() + DAY,
        actor=make.actor(owner),
    )
    return made


def recognise(text, scope=Scope.READ):
    return tokens.recognise(f"Bearer {text}", scope=scope)


def refusal(text, scope=Scope.READ):
    with pytest.raises(tokens.Refused) as refused:
        recognise(text, scope)
    return str(refused.value)


def test_a_good_token_opens_as_its_owner(owner, text):
    assert recognise(text).owner == owner
    assert recognise(text, Scope.REPORT).owner == owner


@pytest.mark.parametrize("scope", [Scope.RESPOND, Scope.PAUSE])
def test_a_good_token_does_not_open_what_it_is_not_for(text, scope):
    assert refusal(text, scope) == f"This API token lacks the scope {scope.value!r}."
    with pytest.raises(tokens.LacksScope):
        recognise(text, scope)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic YTpi"])
def test_no_token_is_told_what_to_send(header):
    with pytest.raises(tokens.Refused, match="Send 'Authorization: Bearer andon_t_"):
        tokens.recognise(header, scope=Scope.READ)


def test_the_key_of_a_collector_is_no_token():
    assert "Send 'Authorization" in refusal(secrets.mint("c").text)


def test_an_unknown_token_and_a_wrong_secret_get_the_same_sentence(text):
    wrong_secret = text[:-5] + "AAAAA"
    assert refusal(wrong_secret) == refusal(secrets.mint("t").text)


def test_a_wrong_secret_does_not_learn_that_the_token_was_withdrawn(text):
    ApiToken.objects.update(revoked_at=timezone.now())
    assert refusal(text[:-5] + "AAAAA") == "This API token is not known."
    assert "was withdrawn" in refusal(text)


def test_a_token_ends_at_its_time(text, time_machine):
    ends = ApiToken.objects.get().expires_at
    time_machine.move_to(ends - timedelta(microseconds=1), tick=False)
    assert recognise(text)
    time_machine.move_to(ends, tick=False)
    assert refusal(text) == "This API token has expired. Ask for a new one."


def test_the_token_of_somebody_who_was_shut_out_opens_nothing(owner, text):
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert "deactivated" in refusal(text)


@pytest.mark.parametrize("odd", ["andon_t_a\x00b_secret", "andon_t_ab_\udcff", "andon_t_%s_%s"])
def test_odd_bytes_are_refused_and_not_an_error(odd):
    assert refusal(odd)


def test_its_last_use_is_noted_once_a_minute(text, time_machine, django_assert_num_queries):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    recognise(text)
    time_machine.move_to(start + timedelta(seconds=59), tick=False)
    with django_assert_num_queries(1):
        recognise(text)
    assert ApiToken.objects.get().last_used_at == start
    time_machine.move_to(start + timedelta(seconds=61), tick=False)
    recognise(text)
    assert ApiToken.objects.get().last_used_at == start + timedelta(seconds=61)


def test_a_refused_use_is_not_noted(text):
    refusal(text, Scope.PAUSE)
    assert ApiToken.objects.get().last_used_at is None
