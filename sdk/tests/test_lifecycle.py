import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import andon
from andon.measure import cost_of_allowed

# Python warns of a fork with threads about; that is the case these tests are for.
forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@forks
def test_a_forked_child_starts_closed_and_the_parent_goes_on(open_gate, in_child):
    gate = open_gate()
    assert gate.wait(10)
    assert in_child(lambda: f"{gate.allowed()} {gate.state.reason}") == (
        "False this process was forked: call start()"
    )
    assert gate.allowed()


@forks
def test_a_forked_child_gets_a_lease_of_its_own(open_gate, server, in_child):
    gate = open_gate()
    assert gate.wait(10)
    server.until_asked_anew()

    def child():
        gate.start()
        return f"{gate.wait(10)} {gate.state.generation}"

    assert in_child(child) == "True 7"
    assert server.until_asked(generation=None)["status"] == "starting"


@forks
def test_waiting_starts_a_forked_child_too(open_gate, in_child):
    gate = open_gate()
    assert gate.wait(10)
    assert in_child(lambda: str(gate.wait(10))) == "True"


@forks
def test_a_fork_while_the_lock_is_held_leaves_the_child_free(open_gate, in_child):
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
def test_a_child_of_a_closed_gate_is_closed(open_gate, in_child):
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


def at_once(step, count=8):
    """Do the same in many threads at the same moment; raise what any of them raises."""
    barrier = threading.Barrier(count)
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda _: (barrier.wait(60), step()), range(count)))


def test_many_threads_may_start_one_gate_and_it_starts_once(open_gate, server):
    gate = open_gate(start=False)
    seen = set()
    at_once(lambda: (gate.wait(60), seen.add(gate._workers)))
    assert len(seen) == 1
    gate.close()
    asked = [server.asked.get() for _ in range(server.asked.qsize())]
    assert sum(each["generation"] is None for each in asked) == 1


def test_many_threads_may_close_one_gate_and_it_says_goodbye_once(open_gate, server):
    gate = open_gate()
    assert gate.wait(10)
    at_once(gate.close)
    asked = [server.asked.get() for _ in range(server.asked.qsize())]
    assert sum(each["status"] == "stopped" for each in asked) == 1


def test_many_threads_may_use_one_guard(open_gate):
    gate = open_gate()
    assert gate.wait(10)
    kept = []
    record = gate.guard()(kept.append)
    at_once(lambda: [record(number) for number in range(100)])
    assert len(kept) == 800


@forks
def test_a_fork_of_a_fork_starts_closed_too(open_gate, in_child):
    gate = open_gate()
    assert gate.wait(10)

    def child():
        gate.start()
        gate.wait(60)
        return in_child(lambda: f"{gate.allowed()} {gate.wait(60)}") + f" {gate.allowed()}"

    assert in_child(child) == "False True True"
    assert gate.allowed()


@forks
def test_forks_while_threads_stamp_and_choose_leave_every_child_free(open_gate, server, in_child):
    gate = open_gate(buffer=andon.Buffer(5))
    assert gate.wait(10, subject="p-17")
    over = threading.Event()

    def work():
        while not over.is_set():
            gate.stamp(b"a record")
            gate._choices.reason("p-17")

    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        assert in_child(lambda: f"{gate.wait(60)} {gate.stamp()[:7]}") == "True andon1;"
    over.set()
    for thread in threads:
        thread.join()


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


def test_a_look_at_the_gate_costs_less_than_a_microsecond():
    # The least: a busy machine makes the others longer.
    assert cost_of_allowed(rounds=20, calls=2000).least < 1.0
