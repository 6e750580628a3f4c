"""A machine that sleeps: the lease clock jumps, and no thread of ours has run meanwhile."""

import inspect
import time

import pytest

import andon
from andon import clock as clocks
from andon.stamps import Claim, key_for
from andon.wire import write_time

HOURS = 7200


@pytest.fixture
def asleep(server, clock):
    """Let the machine sleep while the network is away, and wake up before it is back."""

    def asleep():
        server.on_lease = server.on_sheet = server.hang
        clock.advance(HOURS)

    return asleep


def test_a_machine_that_wakes_up_collects_nothing_before_it_has_asked(
    open_gate, server, clock, asleep
):
    buffer = andon.Buffer(5)
    gate = open_gate(clock=clock, buffer=buffer)
    assert gate.wait(10, subject="p-17")
    buffer.put(b"a record")
    asleep()
    assert not gate.allowed()
    assert not gate.allowed_for("p-17")
    for use in (gate.stamp, lambda: buffer.put(b"another"), buffer.delivery().__enter__):
        with pytest.raises(andon.Stopped, match="the lease ran out"):
            use()


def test_a_machine_that_wakes_up_asks_at_once(open_gate, server, clock, called):
    server.lease_seconds, server.renew_seconds = 1000, 500
    server.has_stream = False
    stopped = called()
    gate = open_gate(clock=clock, on_stop=stopped)
    assert gate.wait(10)
    server.until_asked()
    clock.advance(HOURS)
    stopped.within()
    # Ten minutes of real time would pass if it sat out the wait from before.
    server.until_asked(status="starting")
    assert gate.wait(10)


def test_a_pause_during_the_sleep_is_acknowledged_as_of_the_end_of_the_lease(
    open_gate, server, clock
):
    server.has_stream = False
    gate = open_gate(clock=clock)
    assert gate.wait(10)
    ended = gate._permit.deadline
    server.pause()
    clock.advance(HOURS)
    ack = server.acks.get(timeout=60)
    zero = gate._permit.lease.wall_zero
    assert ack["stopped_at"] == write_time(zero + ended)


def test_a_verifier_that_wakes_up_takes_nothing_in_before_it_has_asked(
    open_verifier, server, asleep
):
    claim = Claim("study", "laptop-7", 7, write_time(time.time()), "-")
    stamp = claim.stamp(key_for(bytes(range(32, 64)), collector="laptop-7", generation=7))
    verifier = open_verifier()
    assert verifier.wait(10)
    assert verifier.check(stamp)
    asleep()
    assert verifier.check(stamp).reason == "stale_sheet"


def test_a_break_goes_on_while_the_machine_sleeps(open_gate, server, clock):
    server.lease_seconds = 3600
    gate = open_gate(clock=clock)
    assert gate.wait(10, subject="p-17")
    gate.take_break("p-17", 3600)
    assert gate.wait(10, subject="p-18")
    clock.advance(HOURS)
    assert gate.wait(10, subject="p-17")


@pytest.mark.parametrize("face", [andon.Gate, andon.AsyncGate, andon.Verifier])
def test_whatever_runs_out_runs_on_the_clock_that_counts_sleep(face):
    assert inspect.signature(face).parameters["clock"].default is clocks.now


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux has this clock")
def test_the_clock_that_counts_sleep_is_the_systems_own():
    assert clocks.ID == time.CLOCK_BOOTTIME
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= clocks.now() <= time.clock_gettime(time.CLOCK_BOOTTIME)
