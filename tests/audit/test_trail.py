"""What one entry of the record holds, and what it hangs on."""

from itertools import pairwise

import pytest
from django.apps import apps
from django.db import transaction

from accounts.actors import Actor
from accounts.models import User
from audit import chain, trail
from audit.gathering import OutsideTransaction
from audit.models import Entry, Remark
from tests import make

pytestmark = pytest.mark.django_db


def record(subject, act="test.done", **facts):
    entry = trail.record(act, subject, actor=make.SYSTEM, **facts)
    # The database has filled in place, time and hashes.
    return Entry.objects.get(pk=entry.pk)


def link(entry):
    return chain.Link(entry.stream, entry.seq, entry.at, entry.body, entry.prev, entry.hash)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_without_a_transaction_to_belong_to():
    person = make.user()
    with pytest.raises(OutsideTransaction, match=r"record\('test.done'\) needs"):
        record(person)
    assert not Entry.objects.exists()
    with transaction.atomic():
        record(person)
    assert Entry.objects.count() == 1


def test_what_has_no_key_yet_is_not_recorded():
    with pytest.raises(ValueError, match=r"accounts\.User has no key yet"):
        record(User(username="nobody"))
    with pytest.raises(ValueError, match=r"accounts\.User has no key yet"):
        record(User(username="nobody"), stream="incident:1")
    assert not Entry.objects.exists()


def test_the_database_writes_the_hash_that_we_compute():
    person = make.user()
    entries = [record(person, number=number, text="ünïcode\n☂") for number in range(3)]
    assert [chain.digest(link(entry)) for entry in entries] == [e.hash for e in entries]


def test_each_entry_holds_the_hash_of_the_one_before_it():
    person = make.user()
    entries = [record(person) for _ in range(3)]
    assert [entry.seq for entry in entries] == [1, 2, 3]
    assert entries[0].prev == chain.GENESIS
    assert all(after.prev == before.hash for before, after in pairwise(entries))


def test_each_stream_counts_for_itself():
    one, two = make.user(), make.user()
    assert [record(one).seq, record(two).seq, record(one).seq] == [1, 1, 2]


def test_no_two_kinds_of_object_share_a_stream():
    names = [model._meta.model_name for model in apps.get_models()]
    assert len(names) == len(set(names))


def test_an_entry_says_who_by_which_door_and_what():
    person = make.user(first_name="Ada", last_name="Lovelace")
    entry = trail.record("test.done", person, actor=Actor.person(person, via="api"), count=3)
    assert entry.actor == person
    assert entry.body == (
        f'{{"action":"test.done","actor":{person.pk},"actor_name":"Ada Lovelace",'
        f'"facts":{{"count":3}},"subject":"accounts.user:{person.pk}","via":"api"}}'
    )


@pytest.mark.parametrize("fact", [0.5, [0.5], {"deep": [{"er": 0.5}]}, float("nan")])
def test_a_float_is_refused_since_it_has_many_spellings(fact):
    with pytest.raises(TypeError, match="no floats"):
        record(make.user(), fact=fact)
    assert not Entry.objects.exists()


def test_the_words_of_a_remark_stay_outside_the_chain():
    entry = record(make.user(), remark="Bob saw it")
    remark = Remark.objects.get(entry=entry)
    assert remark.text == "Bob saw it"
    assert "Bob" not in entry.body
    assert chain.commitment(remark.salt, remark.text) in entry.body


def test_the_same_remark_twice_has_two_hashes_so_that_it_cannot_be_guessed():
    person = make.user()
    one, two = record(person, remark="yes"), record(person, remark="yes")
    assert one.remark.salt != two.remark.salt
    assert one.body != two.body


def test_a_change_that_fails_leaves_no_entry():
    person = make.user()

    @transaction.atomic
    def fail():
        record(person)
        raise ZeroDivisionError

    pytest.raises(ZeroDivisionError, fail)
    assert not Entry.objects.exists()
    assert record(person).seq == 1
