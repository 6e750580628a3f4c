import pytest
from django.db import connection

from programs import pauses
from programs.models import Lease, Program
from tests import make
from tests.gate.served import caller, known, until

pytestmark = pytest.mark.process


def pause(program, **fields):
    how = {"holder": "INC-17", "label": "Amber Otter", "reason": "Readable by all."} | fields
    return pauses.pause(program, actor=make.SYSTEM, **how)


def hang_up(application):
    """End the database connections of this name; return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = %s AND datname = current_database()",
            [application],
        )
        return cursor.fetchone()[0]


def test_a_new_stream_is_told_the_present_state(collector):
    assert collector.stream().event() == (
        "state",
        {"program": collector.collector.program.slug, "generation": 1, "state": "collecting"},
    )


def test_a_pause_reaches_the_stream(collector):
    stream = collector.stream()
    stream.event()

    pause(collector.collector.program)

    assert stream.event() == (
        "state",
        {
            "program": collector.collector.program.slug,
            "generation": 2,
            "state": "paused",
            "held_by": "Amber Otter",
        },
    )


def test_a_paused_collector_is_refused_with_the_codename_of_what_holds_it(collector):
    collector.lease()
    pause(collector.collector.program)

    status, said = until(lambda: (a := collector.lease())[0] != 200 and a)

    assert (status, said["state"], said["generation"]) == (409, "paused", 2)
    assert said["held_by"] == "Amber Otter"
    assert "INC-17" not in str(said)


def test_a_pause_whose_news_is_lost_is_known_within_a_second_and_a_half(collector):
    collector.lease()

    # No notification, no Redis: this is all that a gate can go by.
    Program.objects.filter(pk=collector.collector.program_id).update(state="paused", generation=2)

    until(lambda: collector.lease()[0] == 409, seconds=1.5)


def test_a_pause_is_known_within_a_second_and_a_half_although_the_listener_was_cut(collector):
    collector.lease()

    assert hang_up("andon-gate-feed")
    pause(collector.collector.program)

    until(lambda: collector.lease()[0] == 409, seconds=1.5)


def test_a_cut_ledger_is_replaced_before_anybody_notices(collector):
    collector.lease()
    hang_up("andon-gate-ledger")
    program = collector.collector.program
    Program.objects.filter(pk=program.pk).update(generation=2, whole_generation=2)

    assert collector.lease(generation=2)[0] == 200


def test_a_paused_dataset_stops_its_own_and_the_undecided_collectors_alone(gate):
    program = make.program()
    lake, other = make.dataset(program), make.dataset(program)
    callers = [caller(gate, program, dataset=where) for where in (lake, other, None)]
    known(gate)
    streams = [one.stream() for one in callers]
    assert [one.lease()[0] for one in callers] == [200, 200, 200]

    pause(program, dataset=lake)

    told = [stream.event()[1] for stream in streams]
    assert [said["generation"] for said in told] == [1, 1, 1]
    told = [streams[n].event()[1] for n in (0, 2)]
    assert [(said["state"], said["generation"]) for said in told] == [("paused", 2), ("paused", 2)]
    answers = [one.lease() for one in callers]
    assert [status for status, _ in answers] == [409, 200, 409]
    assert answers[1][1]["generation"] == 1


def test_a_stopped_collector_is_told_the_stop_that_was_its_own_and_no_later_one(gate):
    program = make.program()
    one, other = (caller(gate, program, dataset=make.dataset(program)) for _ in range(2))
    known(gate)
    one.lease()
    pause(program, dataset=one.collector.dataset)

    pause(program, holder="INC-18", label="Blue Heron")

    said = until(lambda: (a := other.lease())[0] == 409 and a[1])
    assert (said["generation"], said["held_by"]) == (3, "Blue Heron")
    said = one.lease()[1]
    assert (said["generation"], said["held_by"]) == (2, "Amber Otter")


def test_two_gates_both_know_of_a_pause_and_share_their_leases(gate, gates):
    second = gates()
    until(second.ready)
    one = caller(gate)
    known(gate)
    known(second)
    first = one.lease()[1]
    assert one.lease(gate=second)[1]["signing_key"] == first["signing_key"]
    assert Lease.objects.filter(collector=one.collector).count() == 1

    pause(one.collector.program)

    for each in (gate, second):
        until(lambda each=each: one.lease(gate=each)[0] == 409, seconds=1.5)


def test_a_gate_without_its_redis_goes_on(gates):
    gate = gates(redis="unix:///nowhere/redis.sock")
    until(gate.ready)
    one = caller(gate)
    known(gate)
    assert one.lease()[0] == 200

    pause(one.collector.program)

    until(lambda: one.lease()[0] == 409, seconds=1.5)
    assert "gate_second_path_away" in gate.said()
