import os
import threading
import time

import pytest

import andon
from andon import clock as clocks
from andon.measure import cost_of_allowed


def in_child(answer):
    """Run `answer` in a forked child and return the text that it returns."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        text = "the child failed"
        try:
            text = answer()
        finally:
            os.write(writing, text.encode())
            os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()


# Python warns of a fork with threads about; that is the case these tests are for.
forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@forks
def test_a_forked_child_starts_closed_and_the_parent_goes_on(open_gate):
    gate = open_gate()
    assert gate.wait(10)
    assert in_child(lambda: f"{gate.allowed()} {gate.state.reason}") == (
        "False this process was forked: call start()"
    )
    assert gate.allowed()


@forks
def test_a_forked_child_gets_a_lease_of_its_own(open_gate, server):
    gate = open_gate()
    assert gate.wait(10)
    server.until_asked_anew()

    def child():
        gate.start()
        return f"{gate.wait(10)} {gate.state.generation}"

    assert in_child(child) == "True 7"
    assert server.until_asked(generation=None)["status"] == "starting"


@forks
def test_waiting_starts_a_forked_child_too(open_gate):
    gate = open_gate()
    assert gate.wait(10)
    assert in_child(lambda: str(gate.wait(10))) == "True"


@forks
def test_a_fork_while_the_lock_is_held_leaves_the_child_free(open_gate):
    gate = open_gate()
    assert gate.wait(10)
    held, over = threading.Event(), threading.Event()

    def hold():
        with gate._permit.changed, gate._lock:
            held.set()
            over.wait(10)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert held.wait(10)
    assert in_child(lambda: str(gate.wait(10))) == "True"
    over.set()
    thread.join()


@forks
def test_a_child_of_a_closed_gate_is_closed(open_gate):
    gate = open_gate()
    gate.close()
    assert in_child(lambda: str(gate.wait(10))) == "False"


def test_a_gate_may_be_started_later(open_gate, server):
    gate = open_gate(start=False)
    assert gate._workers is None
    assert server.asked.empty()
    gate.start()
    workers = gate._workers
    gate.start()
    assert gate._workers is workers
    assert gate.wait(10)


def test_closing_stops_says_goodbye_and_acknowledges_nothing(open_gate, server):
    gate = open_gate()
    assert gate.wait(10)
    threads = gate._workers.threads
    gate.close()
    gate.close()
    assert not gate.allowed()
    assert server.until_asked(status="stopped")["generation"] == 7
    assert server.acks.empty()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert gate.state.reason == "the gate was closed"


def test_closing_takes_no_longer_than_its_patience_when_nobody_answers(open_gate, server):
    gate = open_gate()
    assert gate.wait(10)
    server.on_lease = server.hang
    server.until_streaming()
    began = time.monotonic()
    gate.close()
    assert time.monotonic() - began < 2


def test_closing_from_a_callback_is_possible(open_gate, server):
    gates = []
    gate = open_gate(on_stop=lambda _: gates[0].close())
    gates.append(gate)
    assert gate.wait(10)
    server.pause()
    with gate._permit.changed:
        assert gate._permit.changed.wait_for(lambda: gate._permit.closed, 10)


def test_a_closed_gate_does_not_start_again(open_gate):
    gate = open_gate()
    gate.close()
    assert not gate.wait()
    with pytest.raises(andon.ConfigError, match="stays closed"):
        gate.start()


def test_a_gate_closes_itself_at_the_end_of_its_block(open_gate):
    with open_gate() as gate:
        assert gate.wait(10)
    assert not gate.allowed()


def test_the_state_is_a_picture_for_logs(open_gate, clock):
    gate = open_gate(clock=clock)
    assert gate.wait(10)
    assert gate.state == andon.State(
        program="study",
        generation=7,
        allowed=True,
        seconds_left=pytest.approx(9.99),
        reason="lease of generation 7",
        acknowledged=None,
        run=1,
    )


def test_two_gates_in_one_process_do_not_mix(open_gate, server):
    first, second = open_gate(), open_gate()
    assert first.wait(10)
    assert second.wait(10)
    first.close()
    assert second.allowed()


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux has this clock")
def test_leases_run_on_the_clock_that_counts_sleep():
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= clocks.now() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_look_at_the_gate_costs_less_than_a_microsecond():
    assert cost_of_allowed(rounds=20, calls=2000).median < 1.0
