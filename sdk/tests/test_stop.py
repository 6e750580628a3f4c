import itertools
import json
import threading
import time

import pytest

from andon.announcer import Announcer, Hooks
from andon.permit import Permit
from andon.protocol import Acknowledgement, News
from andon.timing import Timing
from andon.wire import read_time

KEY = bytes(range(32))


def is_signed(ack, *, collector="laptop-7"):
    said = Acknowledgement(
        ack["program"],
        collector,
        ack["generation"],
        ack["lease_generation"],
        ack["stopped_at"],
        ack["buffer"],
        ack["counter"],
    )
    return ack["signature"] == said.signature(KEY)


def paused(server, gate):
    assert gate.wait(10)
    server.until_streaming()
    server.pause()
    return server.acks.get(timeout=10)


def test_a_stop_is_acknowledged_and_signed_with_the_key_of_the_last_lease(open_gate, server):
    began = time.time()
    ack = paused(server, open_gate())
    assert (ack["program"], ack["generation"], ack["lease_generation"]) == ("study", 8, 7)
    assert ack["buffer"] == "empty"
    assert began - 1 < read_time(ack["stopped_at"]) < time.time() + 1
    assert is_signed(ack)


def test_the_counter_grows(open_gate, server):
    gate = open_gate()
    first = paused(server, gate)
    server.resume()
    assert gate.wait(10)
    server.pause()
    assert server.acks.get(timeout=10)["counter"] > first["counter"]


def test_the_time_of_the_stop_is_told_on_the_clock_of_the_gate(open_gate, server):
    hour_ahead = "2031-01-01T12:00:00.000Z"
    server.on_lease = lambda _: (200, server.lease(server_time=hour_ahead))
    gate = open_gate()
    assert gate.wait(10)
    server.until_streaming()
    server.on_lease = server.hang
    server.pause()
    ack = server.acks.get(timeout=10)
    assert abs(read_time(ack["stopped_at"]) - read_time(hour_ahead)) < 2


def test_an_acknowledgement_is_repeated_word_for_word_until_it_is_stored(open_gate, server):
    answers = iter(
        [
            (503, {}),
            (403, {"detail": "The signature does not match."}),
            (200, b"<html>"),
            (200, {"state": "acknowledged", "generation": 7}),
        ]
    )
    stored = (200, {"state": "acknowledged", "generation": 8})
    server.on_ack = lambda _: next(answers, stored)
    gate = open_gate()
    first = paused(server, gate)
    repeated = [server.acks.get(timeout=10) for _ in range(4)]
    assert all(ack == first for ack in repeated)
    assert gate.wait_acknowledged(10)
    assert gate.state.acknowledged == 8


def test_an_acknowledgement_is_given_up_when_the_program_goes_on(open_gate, server):
    server.on_ack = lambda _: (503, {})
    gate = open_gate()
    paused(server, gate)
    server.resume()
    assert gate.wait(10)
    assert gate._permit.stop is None
    server.on_ack = None
    server.pause()
    while (ack := server.acks.get(timeout=10))["generation"] == 8:
        pass
    assert (ack["generation"], ack["lease_generation"]) == (10, 9)


def test_the_deadline_is_zero_before_anything_is_called(open_gate, server, called):
    seen = called()
    gate = open_gate(
        halt=lambda: seen("halt", gate._permit.deadline),
        on_stop=lambda _: seen("on_stop", gate._permit.deadline),
    )
    server.on_ack = lambda ack: (
        seen("ack", gate._permit.deadline)
        or (200, {"state": "acknowledged", "generation": ack["generation"]})
    )
    paused(server, gate)
    assert [seen.within() for _ in range(3)] == [("halt", 0), ("on_stop", 0), ("ack", 0)]


def test_a_callback_that_raises_ends_nothing(open_gate, server, called, caplog):
    started = called()

    def fail(state):
        started(state)
        raise SystemExit("a callback may not end the thread")

    gate = open_gate(on_start=fail, on_stop=fail)
    assert started.within()[0].allowed
    paused(server, gate)
    assert not started.within()[0].allowed
    server.resume()
    assert started.within()[0].allowed
    server.pause()
    server.acks.get(timeout=10)
    assert caplog.text.count("a callback of the collector failed") == 4


def test_nothing_is_acknowledged_before_halt_has_returned(open_gate, server):
    halted, may_return = threading.Event(), threading.Event()

    def halt():
        halted.set()
        may_return.wait(10)

    gate = open_gate(halt=halt)
    assert gate.wait(10)
    server.until_streaming()
    server.pause()
    assert halted.wait(10)
    server.until_asked_anew()
    assert server.acks.empty()
    released = time.time()
    may_return.set()
    ack = server.acks.get(timeout=10)
    assert read_time(ack["stopped_at"]) > released - 0.1


def test_a_halt_that_raises_is_called_again_before_the_acknowledgement(
    open_gate, server, called, caplog
):
    calls, failures = called(), itertools.chain([OSError("disk full")] * 2, itertools.repeat(None))

    def halt():
        calls()
        if failure := next(failures):
            raise failure

    paused(server, open_gate(halt=halt))
    assert calls.qsize() == 3
    assert caplog.text.count("halt failed") == 2


def test_a_lease_that_runs_out_halts_too_and_acknowledges_nothing(open_gate, server, clock, called):
    halted, stopped = called(), called()
    gate = open_gate(halt=halted, on_stop=stopped, clock=clock)
    assert gate.wait(10)
    server.on_lease = server.hang
    clock.advance(10)
    halted.within()
    stopped.within()
    assert server.acks.empty()


def test_a_missed_pause_still_halts_and_starts_anew(open_gate, server, called):
    halted, started = called(), called()
    gate = open_gate(halt=halted, on_start=started)
    assert gate.wait(10)
    assert started.within()[0].generation == 7
    server.generation = 9
    halted.within()
    assert started.within()[0].generation == 9


@pytest.mark.parametrize("buffer", ["sealed", "purged"])
def test_the_state_of_the_buffer_is_asked_when_the_stop_is_acknowledged(open_gate, server, buffer):
    ack = paused(server, open_gate(buffer=lambda: buffer))
    assert ack["buffer"] == buffer
    assert is_signed(ack)


def test_the_acknowledgement_waits_for_a_buffer_that_can_be_named(open_gate, server, caplog):
    states = iter(["half-full", "sealed"])
    assert paused(server, open_gate(buffer=lambda: next(states)))["buffer"] == "sealed"
    assert "buffer must be one of empty, sealed, purged" in caplog.text


class Recorder:
    """Stands in for the connection to the gate and notes what is sent when."""

    def __init__(self, notes):
        self.notes = notes

    def post(self, path, body, *, timeout):
        self.notes(path, json.loads(body)["generation"])
        raise ConnectionError("not there")

    def close(self):
        pass


def test_a_run_that_began_and_ended_unseen_is_halted_before_it_is_acknowledged(
    clock, make_lease, called
):
    permit, notes = Permit("study", clock), called()
    permit.grant(make_lease(7))
    clock.advance(1)
    permit.hear(News(8, "paused", "the program is paused"))
    hooks = Hooks(lambda: notes("halt"), None, None, "empty")
    timing = Timing(jitter=0, tick=0.02)
    announcer = Announcer(permit, Recorder(notes), hooks, clock=clock, timing=timing)
    thread = threading.Thread(target=announcer.run, daemon=True)
    thread.start()
    assert [notes.within() for _ in range(2)] == [("halt",), ("/v1/ack", 8)]
    permit.close("over")
    thread.join(10)


def test_the_acknowledgements_of_many_are_spread(clock, make_lease, called):
    waits = []
    for _ in range(20):
        permit, notes = Permit("study", clock), called()
        permit.grant(make_lease(7))
        permit.hear(News(8, "paused", "the program is paused"))
        announcer = Announcer(
            permit, Recorder(notes), Hooks(None, None, None, "empty"), clock=clock, timing=Timing()
        )
        began = time.monotonic()
        announcer._step()
        announcer._step()
        waits.append(announcer._not_before - began)
    assert all(0 <= wait < 0.35 for wait in waits)
    assert max(waits) - min(waits) > 0.1
