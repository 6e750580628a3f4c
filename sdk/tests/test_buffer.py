import contextlib
import threading
import time

import pytest

import andon
from andon.announcer import NotYet
from andon.permit import Permit
from andon.protocol import News


@pytest.fixture
def buffer(permit):
    buffer = andon.Buffer(5)
    buffer.attach(permit)
    return buffer


@pytest.fixture
def go(permit, make_lease, clock):
    """Let a lease of this generation run."""

    def go(generation=7):
        clock.advance(1)
        assert permit.grant(make_lease(generation))

    return go


@pytest.fixture
def stop(permit):
    def stop(generation=8):
        permit.hear(News(generation, "paused", "the program is paused"))

    return stop


def deliver(buffer, at_most=None):
    with buffer.delivery(at_most) as batch:
        return batch


def test_records_come_out_in_the_order_they_went_in(buffer, go):
    go()
    for number in range(4):
        buffer.put(number)
    assert deliver(buffer, 3) == [0, 1, 2]
    assert deliver(buffer) == [3]
    assert deliver(buffer) == []


def test_what_could_not_be_delivered_goes_back_to_the_front(buffer, go):
    go()
    for number in range(3):
        buffer.put(number)
    with pytest.raises(OSError, match="the network"), buffer.delivery(2):
        raise OSError("the network is away")
    assert deliver(buffer) == [0, 1, 2]


def test_it_holds_no_more_than_its_capacity_also_while_it_delivers(buffer, go):
    go()
    for number in range(5):
        buffer.put(number)
    with pytest.raises(andon.Full, match="holds 5 records"):
        buffer.put(5)
    with buffer.delivery(2), pytest.raises(andon.Full):
        buffer.put(5)
    buffer.put(5)


def test_nothing_goes_in_or_out_while_no_lease_runs(buffer, go, clock):
    with pytest.raises(andon.Stopped, match="no lease yet"):
        buffer.put(0)
    go()
    buffer.put(0)
    clock.advance(11)
    with pytest.raises(andon.Stopped, match="the lease ran out"):
        buffer.put(1)
    with pytest.raises(andon.Stopped):
        deliver(buffer)
    assert buffer.state == andon.BufferState(1, 0, sealed=True, generation=7)


def test_a_lease_that_ran_out_and_came_again_unseals_what_is_of_its_generation(buffer, go, clock):
    go()
    buffer.put(0)
    clock.advance(11)
    go()
    assert deliver(buffer) == [0]


def test_after_a_stop_it_takes_a_new_generation_and_a_choice_to_deliver(buffer, go, stop):
    go()
    buffer.put(0)
    stop()
    assert buffer.report() == "sealed"
    for choose in (buffer.release, lambda: deliver(buffer)):
        with pytest.raises(andon.Stopped):
            choose()
    go(9)
    for use in (lambda: deliver(buffer), lambda: buffer.put(1)):
        with pytest.raises(andon.Sealed, match="1 records of generation 7, which is over"):
            use()
    assert not buffer.wait(0)
    assert buffer.release() == 1
    buffer.put(1)
    assert deliver(buffer) == [0, 1]


def test_what_is_purged_is_gone_and_said_so(buffer, go, stop):
    go()
    buffer.put(0)
    stop()
    assert buffer.purge() == 1
    assert buffer.report() == "purged"
    go(9)
    assert buffer.release() == 0
    buffer.put(1)
    assert deliver(buffer) == [1]
    stop(10)
    assert buffer.report() == "empty"


def test_a_purge_while_it_collects_is_not_one_at_a_stop(buffer, go, stop):
    go()
    buffer.put(0)
    buffer.purge()
    stop()
    assert buffer.report() == "empty"


def test_it_may_be_made_to_purge_at_each_stop(permit, go, stop):
    buffer = andon.Buffer(5, at_stop="purge")
    buffer.attach(permit)
    go()
    stop()
    assert buffer.report() == "empty"
    go(9)
    buffer.put(0)
    stop(10)
    assert buffer.report() == buffer.report() == "purged"
    assert len(buffer) == 0


def test_nothing_is_told_while_records_are_still_going_out(buffer, go, stop):
    go()
    buffer.put(0)
    with buffer.delivery():
        stop()
        with pytest.raises(NotYet, match="1 records are still being delivered"):
            buffer.report()
    assert buffer.report() == "empty"


def test_what_was_purged_during_its_delivery_does_not_come_back(buffer, go, stop):
    go()
    buffer.put(0)

    def fail():
        stop()
        buffer.purge()
        raise OSError("the network is away")

    with pytest.raises(OSError, match="away"), buffer.delivery():
        fail()
    assert (len(buffer), buffer.report()) == (0, "purged")


def test_who_delivers_may_wait_for_records(buffer, permit, go, stop):
    waited = []
    thread = threading.Thread(target=lambda: waited.append(buffer.wait(60)), daemon=True)
    thread.start()
    go()
    assert not waited
    buffer.put(0)
    thread.join(60)
    assert waited == [True]
    deliver(buffer)
    thread = threading.Thread(target=lambda: waited.append(buffer.wait()), daemon=True)
    thread.start()
    permit.close("the gate was closed")
    thread.join(60)
    assert waited == [True, False]


@pytest.mark.parametrize(
    ("given", "message"), [({"capacity": 0}, "capacity"), ({"at_stop": "keep"}, "at_stop")]
)
def test_a_wrong_setting_is_refused(given, message):
    with pytest.raises(andon.ConfigError, match=f"{message} must be"):
        andon.Buffer(**{"capacity": 1, **given})


def test_a_buffer_belongs_to_one_gate(buffer, open_gate):
    with pytest.raises(andon.ConfigError, match="has another gate"):
        open_gate(buffer=buffer)
    with pytest.raises(andon.Stopped, match="given to no gate"):
        andon.Buffer(1).put(0)


def test_a_gate_acknowledges_with_the_state_of_its_buffer(open_gate, server):
    buffer = andon.Buffer(5)
    gate = open_gate(buffer=buffer)
    assert gate.wait(10)
    buffer.put(b"a record")
    server.pause()
    assert server.acks.get(timeout=60)["buffer"] == "sealed"
    server.resume()
    assert gate.wait(60)
    assert buffer.release() == 1
    assert deliver(buffer) == [b"a record"]


def test_a_gate_acknowledges_only_when_the_delivery_is_over(open_gate, server):
    buffer = andon.Buffer(5)
    gate = open_gate(buffer=buffer)
    assert gate.wait(10)
    buffer.put(b"a record")
    with buffer.delivery():
        server.pause()
        server.until_asked_anew()
        assert server.acks.empty()
    assert server.acks.get(timeout=60)["buffer"] == "empty"


def keep_doing(step, over):
    while not over.is_set():
        with contextlib.suppress(andon.NotAllowed, andon.Full):
            step()


def test_no_record_goes_in_or_out_after_the_stop(make_lease):
    permit = Permit("study", time.monotonic)
    buffer, over = andon.Buffer(100), threading.Event()
    buffer.attach(permit)
    threads = [
        threading.Thread(target=keep_doing, args=(step, over), daemon=True)
        for step in (lambda: buffer.put(0), lambda: deliver(buffer, 2))
    ]
    for thread in threads:
        thread.start()
    for generation in range(1, 100, 2):
        permit.grant(make_lease(generation, asked_at=time.monotonic()))
        time.sleep(0.001)
        permit.hear(News(generation + 1, "paused", "the program is paused"))
        counted = len(buffer)
        time.sleep(0.001)
        assert len(buffer) == counted
        buffer.purge()
    over.set()
    for thread in threads:
        thread.join()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_starts_with_an_empty_buffer(open_gate, in_child):
    buffer = andon.Buffer(5)
    gate = open_gate(buffer=buffer)
    assert gate.wait(10)
    buffer.put(b"a record")

    def child():
        before = len(buffer)
        gate.wait(60)
        buffer.put(b"another")
        return f"{before} {deliver(buffer)}"

    assert in_child(child) == "0 [b'another']"
    assert deliver(buffer) == [b"a record"]
