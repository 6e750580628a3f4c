"""What holds for versions of runbooks, threshold rules and rule sets alike."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.functions import Function
from incidents import library, rulemaking, rulesets, seconding
from tests import make


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("  ", "reason: say why, in at most 500 characters"),
        ("a" * 501, "reason: say why, in at most 500 characters"),
        ("We\0learned.", "reason: may hold any character but NUL"),
    ],
)
def test_a_reason_must_say_something_that_can_be_kept(reason, said):
    with pytest.raises(seconding.Refused, match=said):
        seconding.reason_of(reason)
    assert seconding.reason_of(f" {'a' * 500}\n") == "a" * 500


def test_a_version_counts_from_a_moment_within_a_year_or_at_once():
    soon = timezone.now() + timedelta(days=364)
    assert seconding.ahead(soon) == soon
    assert seconding.ahead(datetime(1, 1, 1, tzinfo=UTC)) is None
    with pytest.raises(seconding.Refused, match="effective_from: at most a year ahead"):
        seconding.ahead(soon + timedelta(days=2))


@pytest.mark.django_db
@pytest.mark.parametrize("function", Function)
def test_three_functions_write_and_decide(function):
    person = make.user(function)
    assert seconding.may_edit(person) is (function in seconding.MAY_EDIT)
    person.is_active = False
    assert not seconding.may_edit(person)


def test_whoever_catches_one_refusal_catches_it_of_all():
    assert library.Refused is rulemaking.Refused is rulesets.Refused is seconding.Refused
