"""Who gets a lease, for how long, and what is written of it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from programs import collectors, leases, lifecycle, pauses, stops
from programs.leases import Ask, Renewal
from programs.models import Collector, Lease, Program
from programs.reach import SEATS
from tests import make

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def program():
    return make.program(lease_seconds=30)


def ask(of, **fields):
    now = Program.objects.get(pk=of.program_id)
    of.program = now
    return Ask(
        **(
            {"collector_id": of.pk, "program_id": now.pk, "version": "a/1"}
            | {"generation": stops.generation_of(of)}
            | fields
        )
    )


def pause(program, **fields):
    pauses.pause(program, holder="INC-1", label="L", reason="r", actor=make.SYSTEM, **fields)


def test_a_first_lease_is_written_with_its_length_and_version(program):
    one = make.collector(program)
    assert leases.grant([ask(one, version="studio/2.1")]) == {one.pk}
    lease = Lease.objects.get()
    assert (lease.collector, lease.program, lease.generation) == (one, program, program.generation)
    assert lease.expires_at - lease.granted_at == 30 * SECOND
    assert (lease.version, lease.revoked_at) == ("studio/2.1", None)


def test_only_those_of_a_batch_that_may_collect_get_one(program):
    good, retired = make.collector(program), make.collector(program)
    collectors.retire(retired, actor=make.SYSTEM)
    drafted = make.collector(make.draft())
    assert leases.grant([ask(one) for one in (retired, good, drafted)]) == {good.pk}


def test_no_asks_get_nothing():
    assert leases.grant([]) == set()
    leases.note([])


def test_an_ask_of_another_generation_gets_nothing(program):
    one = make.collector(program)
    for generation in (program.generation - 1, program.generation + 1, 0):
        assert leases.grant([ask(one, generation=generation)]) == set()
    assert not Lease.objects.exists()


def test_a_collector_nobody_knows_gets_nothing(program):
    assert leases.grant([ask(make.collector(program), collector_id=0)]) == set()


def test_a_program_that_is_not_collecting_grants_nothing(program):
    one = make.collector(program)
    pause(program)
    assert leases.grant([ask(one)]) == set()
    assert not make.lease(make.collector(make.draft()))


def test_a_held_dataset_grants_nothing_and_neither_do_those_that_do_not_say(program):
    lake, sea = make.dataset(program), make.dataset(program)
    held, silent = make.collector(program, dataset=lake), make.collector(program)
    other = make.collector(program, dataset=sea)
    pause(program, dataset=lake)
    assert leases.grant([ask(one) for one in (held, silent, other)]) == {other.pk}


def test_asking_again_extends_the_lease_that_is_there(program):
    one = make.collector(program)
    leases.grant([ask(one)])
    first = Lease.objects.get()
    assert leases.grant([ask(one, version="a/2")]) == {one.pk}
    again = Lease.objects.get()
    assert again.expires_at > first.expires_at
    assert (again.granted_at, again.version) == (first.granted_at, "a/2")


def test_asking_twice_at_once_does_not_fail_the_others(program):
    one, two = make.collector(program), make.collector(program)
    assert leases.grant([ask(one), ask(two), ask(one), ask(one, generation=0)]) == {one.pk, two.pk}


def test_a_lease_that_was_revoked_is_not_brought_back(program):
    one = make.collector(program)
    leases.grant([ask(one)])
    Lease.objects.update(revoked_at=timezone.now())
    assert leases.grant([ask(one)]) == set()


def test_a_stop_of_a_part_leaves_the_others_their_leases(program):
    lake, one = make.dataset(program), make.collector(program, dataset=make.dataset(program))
    leases.grant([ask(one)])
    pause(program, dataset=lake)
    assert leases.grant([ask(one)]) == {one.pk}
    lease = Lease.objects.get()
    assert (lease.generation, lease.revoked_at) == (program.generation, None)


def test_a_drill_stops_the_collectors_for_drills_alone(program):
    drilled, other = make.collector(program), make.collector(program)
    Collector.objects.filter(pk=drilled.pk).update(is_drill=True)
    drilled.refresh_from_db()
    leases.grant([ask(drilled), ask(other)])
    pause(program, drill_only=True)
    assert leases.grant([ask(drilled), ask(other)]) == {other.pk}
    assert Lease.objects.get(revoked_at=None).collector == other


def test_while_a_program_resumes_only_the_open_seats_get_a_lease(program):
    low, high = make.collector(program), make.collector(program)
    Collector.objects.filter(pk=low.pk).update(seat=99)
    Collector.objects.filter(pk=high.pk).update(seat=100)
    pause(program)
    with transaction.atomic():
        held = lifecycle.lock(program)
        held.pauses.update(lifted_at=timezone.now())
        resuming = lifecycle.go_on_in_stages(held, open_seats=100, actor=make.SYSTEM, why="r")
    assert leases.grant([ask(low), ask(high)]) == {low.pk}
    with transaction.atomic():
        lifecycle.let_more_go_on(resuming, open_seats=SEATS, actor=make.SYSTEM, why="r")
    assert leases.grant([ask(low), ask(high)]) == {low.pk, high.pk}


def note(lease, *, until, **fields):
    renewal = {"collector_id": lease.collector_id, "generation": lease.generation}
    at = lease.renewed_at + SECOND
    leases.note([Renewal(**(renewal | {"at": at, "expires_at": until} | fields))])
    return Lease.objects.get(pk=lease.pk)


@pytest.fixture
def lease(program):
    leases.grant([ask(make.collector(program))])
    return Lease.objects.get()


def test_a_renewal_is_written_down(lease):
    later = note(lease, until=lease.expires_at + 5 * SECOND)
    assert later.expires_at == lease.expires_at + 5 * SECOND
    assert later.renewed_at == lease.renewed_at + SECOND


@pytest.mark.parametrize("earlier", [0 * SECOND, 5 * SECOND])
def test_a_note_that_comes_late_never_shortens_a_lease(lease, earlier):
    later = note(lease, until=lease.expires_at - earlier)
    assert (later.expires_at, later.renewed_at) == (lease.expires_at, lease.renewed_at)


def test_a_note_does_not_undo_a_revocation(lease):
    Lease.objects.update(revoked_at=timezone.now())
    later = note(lease, until=lease.expires_at + 5 * SECOND)
    assert later.revoked_at
    assert not later.alive(timezone.now())


def test_a_note_of_a_lease_that_nobody_has_writes_nothing(lease):
    later = note(lease, until=lease.expires_at + 5 * SECOND, generation=lease.generation + 1)
    assert later.expires_at == lease.expires_at
    assert Lease.objects.count() == 1


def test_a_batch_of_notes_is_one_statement(program, django_assert_num_queries):
    machines = [make.collector(program) for _ in range(20)]
    leases.grant([ask(one) for one in machines])
    at = timezone.now() + 60 * SECOND
    renewals = [Renewal(one.pk, program.generation, at, at) for one in machines]
    with django_assert_num_queries(1):
        leases.note(renewals)
    assert not Lease.objects.exclude(expires_at=at).exists()


def test_a_lease_is_alive_until_it_ends_or_is_revoked(lease):
    assert lease.alive(lease.expires_at - SECOND)
    assert not lease.alive(lease.expires_at)
    lease.revoked_at = lease.granted_at
    assert not lease.alive(lease.granted_at)
