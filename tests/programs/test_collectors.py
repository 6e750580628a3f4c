"""Machines that collect, and the keys that say which one speaks."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import secrets
from audit.models import Entry
from programs import collectors, pauses
from programs.models import Collector, CollectorKey
from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def acts(program):
    return [*Entry.objects.filter(stream=f"program:{program.pk}").values_list("action", flat=True)]


def test_a_collector_is_registered_for_a_program_and_where_it_writes():
    program = make.program()
    dataset = make.dataset(program)
    made = collectors.register(program, name="laptop-7", dataset=dataset, actor=make.SYSTEM)
    assert (made.program, made.dataset, made.retired_at) == (program, dataset, None)
    assert made.history.count() == 1
    assert acts(program)[-1] == "collector.registered"


def test_a_name_is_taken_once_in_a_program():
    program = make.program()
    make.collector(program, name="laptop-7")
    with pytest.raises(collectors.Refused, match="has a collector 'laptop-7' already"):
        make.collector(program, name="laptop-7")
    assert make.collector(make.program(), name="laptop-7")


def test_a_dataset_of_another_program_is_refused():
    with pytest.raises(collectors.Refused, match="dataset: choose one of this program"):
        make.collector(make.program(), dataset=make.dataset(make.program()))


def test_an_ended_program_takes_no_collectors():
    program = pauses.retire(make.program(), reason="over", actor=make.SYSTEM)
    with pytest.raises(collectors.Refused, match="has ended"):
        make.collector(program)


@pytest.mark.parametrize("name", ["", "Laptop", "a b", "-a", "x" * 81, "a\x00b", "ü", "laptop\n"])
def test_a_name_that_no_machine_has_is_refused(name):
    program = make.program()
    with pytest.raises(collectors.Refused, match="name: "):
        collectors.register(program, name=name, actor=make.SYSTEM)
    assert not Collector.objects.exists()


def issue(collector, **fields):
    return collectors.issue_key(collector, actor=make.SYSTEM, **fields)


def test_a_key_is_recognised_and_its_secret_is_stored_nowhere():
    program = make.program()
    key, text = issue(make.collector(program))
    presented = secrets.parse(text)
    assert (presented.kind, presented.key_id) == ("c", key.key_id)
    assert secrets.matches(presented, key.secret_hash)
    stored = str([getattr(key, field.attname) for field in key._meta.fields])
    assert presented.secret not in stored + str([*Entry.objects.values_list("body")])
    assert not hasattr(key.history.get(), "secret_hash")
    assert acts(program)[-1] == "collector.key_issued"


def test_a_key_lives_for_90_days_unless_said_otherwise(time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    key, _ = issue(make.collector(make.program()))
    assert key.expires_at == timezone.now() + 90 * DAY


@pytest.mark.parametrize("life", [0 * DAY, -DAY, 365 * DAY + timedelta(microseconds=1)])
def test_a_key_lives_for_a_year_at_most(life, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    collector = make.collector(make.program())
    with pytest.raises(collectors.Refused, match="expires_at: at most 365 days"):
        issue(collector, expires_at=timezone.now() + life)
    assert issue(collector, expires_at=timezone.now() + 365 * DAY)


def test_a_key_is_withdrawn_once():
    program = make.program()
    key, _ = issue(make.collector(program))
    collectors.withdraw_key(key, actor=make.SYSTEM)
    first = CollectorKey.objects.get().revoked_at
    collectors.withdraw_key(key, actor=make.SYSTEM)
    assert first
    assert CollectorKey.objects.get().revoked_at == first
    assert acts(program).count("collector.key_withdrawn") == 1


def test_a_retired_collector_has_no_keys_and_gets_none():
    program = make.program()
    collector = make.collector(program)
    issue(collector), issue(collector)
    collectors.retire(collector, actor=make.SYSTEM)
    collector.refresh_from_db()
    assert not CollectorKey.objects.filter(revoked_at=None).exists()
    with pytest.raises(collectors.Refused, match="is retired"):
        issue(collector)
    collectors.retire(collector, actor=make.SYSTEM)
    assert acts(program).count("collector.retired") == 1
