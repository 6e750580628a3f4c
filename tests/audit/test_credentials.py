"""Tokens with which programs act for people: issued for a while, withdrawn at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import tokens
from accounts.models import ApiToken, Scope
from audit import credentials, people
from audit.models import Entry
from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def issue(owner=None, **fields):
    owner = owner or make.user()
    defaults = {
        "label": "nightly export",
        "scopes": [Scope.READ],
        "expires_at": timezone.now() + DAY,
        "actor": make.actor(owner),
    }
    return credentials.issue(owner, **(defaults | fields))


def test_the_text_of_a_token_opens_and_is_stored_nowhere():
    token, text = issue()
    assert tokens.recognise(f"Bearer {text}", scope=Scope.READ) == token
    secret = text.rpartition(token.key_id)[2].strip("_")
    stored = {field.attname: getattr(token, field.attname) for field in token._meta.fields}
    assert secret not in str(stored)
    assert secret not in str([*Entry.objects.values_list("body", flat=True)])
    assert not hasattr(token.history.get(), "secret_hash")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"scopes": []}, "scopes: choose at least one"),
        ({"label": " "}, "label: .* at most 80"),
        ({"label": "x" * 81}, "label: .* at most 80"),
    ],
)
def test_a_token_without_use_is_refused(wrong, words):
    with pytest.raises(credentials.Refused, match=words):
        issue(**wrong)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("life", [timedelta(0), -DAY, 90 * DAY + timedelta(microseconds=1)])
def test_a_token_lives_at_most_90_days(life, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    with pytest.raises(credentials.Refused, match="expires_at: at most 90 days"):
        issue(expires_at=timezone.now() + life)
    token, _ = issue(expires_at=timezone.now() + 90 * DAY)
    assert token.usable(timezone.now())


def test_nobody_gets_a_token_who_is_shut_out():
    owner = make.user()
    people.deactivate(owner, actor=make.SYSTEM)
    owner.refresh_from_db()
    with pytest.raises(credentials.Refused, match="deactivated"):
        issue(owner)


def test_a_withdrawn_token_opens_nothing_from_that_moment():
    token, text = issue()
    credentials.withdraw(token, actor=make.SYSTEM)
    with pytest.raises(tokens.Refused, match="was withdrawn"):
        tokens.recognise(f"Bearer {text}", scope=Scope.READ)


def test_withdrawing_again_keeps_the_first_time():
    token, _ = issue()
    credentials.withdraw(token, actor=make.SYSTEM)
    first = ApiToken.objects.get().revoked_at
    credentials.withdraw(token, actor=make.SYSTEM)
    assert ApiToken.objects.get().revoked_at == first
    assert Entry.objects.filter(action="token.withdrawn").count() == 1


def test_issuing_and_withdrawing_stand_in_the_record_of_the_owner():
    owner = make.user()
    token, _ = issue(owner)
    credentials.withdraw(token, actor=make.SYSTEM)
    acts = Entry.objects.filter(stream=f"user:{owner.pk}").order_by("seq")
    assert [act.action for act in acts] == ["token.issued", "token.withdrawn"]
    assert token.history.count() == 2
