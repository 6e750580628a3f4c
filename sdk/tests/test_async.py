import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import andon
from andon.timing import Timing
from andon.wire import read_time

TOKEN = "andon_c_k7_s3cret-of-the-collector"


@pytest.fixture
def make(server, open_gate):
    """Make an async gate against the fake one."""

    def make(**options):
        quick = {"jitter": 0.0, "tick": 0.02, "retry": 0.2, "reconnect": 0.2, "pace": 0.1}
        timing = Timing(farewell=0.3, **quick)
        return andon.AsyncGate(server.program, server.url, TOKEN, timing=timing, **options)

    return make


def run(coroutine):
    """Run to the end, and complain of whatever is left in the loop."""
    return asyncio.run(asyncio.wait_for(coroutine, 30), debug=False)


async def soon(true):
    """Wait for what announces itself to nobody."""
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_collecting_begins_and_a_pause_ends_it(make, server):
    async def collect():
        async with make() as gate:
            assert await gate.wait(10)
            assert gate.allowed()
            assert gate.stamp("a record").startswith("andon1;study;laptop-7;7;")
            server.pause()
            await soon(lambda: not gate.allowed())
            assert await gate.wait_acknowledged(10)
            assert gate.state.acknowledged == 8
            server.resume()
            assert await gate.wait(10)
        assert not gate.allowed()

    run(collect())
    assert server.until_asked(status="stopped")["generation"] == 9


def test_waiting_ends_after_its_timeout_and_when_the_gate_is_closed(make, server):
    server.state = "paused"

    async def collect():
        gate = make()
        assert not await gate.wait(0.05)
        assert not await gate.wait(0)
        waiting = asyncio.ensure_future(gate.wait())
        await asyncio.sleep(0)
        await gate.close()
        assert not await waiting
        with pytest.raises(andon.ConfigError, match="stays closed"):
            await gate.start()

    run(collect())


def test_a_wait_that_is_cancelled_leaves_nothing_behind(make, server):
    server.state = "paused"

    async def collect():
        async with make() as gate:
            waiting = [asyncio.ensure_future(gate.wait()) for _ in range(5)]
            await asyncio.sleep(0.05)
            assert len(gate._gate._permit.changed.watchers) == 5
            for each in waiting:
                each.cancel()
            ended = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in ended)
            assert not gate._gate._permit.changed.watchers
            server.resume()
            assert await gate.wait(10)

    run(collect())


def test_the_loop_is_not_held_up_and_does_not_hold_up_the_renewals(make, server):
    async def collect():
        async with make() as gate:
            assert await gate.wait(10)
            before = gate._gate._permit.deadline
            server.until_asked_anew()  # holds the loop up
            assert gate._gate._permit.deadline > before

    run(collect())


def test_callbacks_run_in_the_loop_and_may_be_async(make, server):
    seen = []

    async def on_start(state):
        await asyncio.sleep(0)
        seen.append(("start", state.generation, threading.current_thread()))

    def on_stop(state):
        seen.append(("stop", state.generation, threading.current_thread()))

    async def collect():
        async with make(on_start=on_start, on_stop=on_stop, buffer=lambda: "sealed") as gate:
            assert await gate.wait(10)
            await soon(lambda: seen)
            server.pause()
            await soon(lambda: len(seen) == 2)
            await soon(lambda: not server.acks.empty())

    run(collect())
    here = threading.current_thread()
    assert seen == [("start", 7, here), ("stop", 8, here)]
    assert server.acks.get()["buffer"] == "sealed"


def test_nothing_is_acknowledged_before_an_async_halt_has_returned(make, server):
    async def collect():
        may_return, halted = asyncio.Event(), asyncio.Event()

        async def halt():
            halted.set()
            await may_return.wait()

        async with make(halt=halt) as gate:
            assert await gate.wait(10)
            server.pause()
            await asyncio.wait_for(halted.wait(), 10)
            await asyncio.sleep(0.2)
            assert server.acks.empty()
            released = time.time()
            may_return.set()
            await soon(lambda: not server.acks.empty())
            assert read_time(server.acks.get()["stopped_at"]) > released - 0.1

    run(collect())


def test_a_callback_that_raises_ends_nothing(make, server, caplog):
    called = []

    async def fail(_):
        called.append(True)
        raise ValueError("a fault of the collector")

    async def collect():
        async with make(on_start=fail, on_stop=fail):
            await soon(lambda: called)
            server.pause()
            await soon(lambda: not server.acks.empty())

    run(collect())
    assert caplog.text.count("a callback of the collector failed") == 2


def test_a_callback_may_close_the_gate(make, server, caplog):
    async def collect():
        closed = asyncio.Event()

        async def on_stop(_):
            await gate.close()
            closed.set()

        gate = make(on_stop=on_stop)
        assert await gate.wait(10)
        server.pause()
        await asyncio.wait_for(closed.wait(), 10)
        assert gate.state.reason == "the gate was closed"

    run(collect())
    assert "failed" not in caplog.text


def test_a_halt_that_never_returns_does_not_hold_up_the_close(make, server):
    async def collect():
        halted = asyncio.Event()

        async def halt():
            halted.set()
            await asyncio.Event().wait()

        gate = make(halt=halt)
        assert await gate.wait(10)
        threads = gate._gate._workers.threads
        server.pause()
        await asyncio.wait_for(halted.wait(), 10)
        await gate.close()
        for thread in threads:
            await asyncio.get_running_loop().run_in_executor(None, thread.join, 10)
            assert not thread.is_alive()

    run(collect())
    assert server.acks.empty()


def test_a_gate_whose_loop_was_closed_closes_itself_when_it_is_to_stop(make, server, called):
    gate = make(halt=lambda: None)

    async def collect():
        assert await gate.wait(10)

    asyncio.run(collect())
    assert gate.allowed()
    server.pause()
    permit = gate._gate._permit
    with permit.changed:
        assert permit.changed.wait_for(lambda: permit.closed, 10)
    assert not gate.allowed()
    assert gate.state.reason == "the event loop was closed"
    assert server.acks.empty()


def test_a_gate_goes_on_in_the_next_loop(make):
    gate = make(on_stop=lambda _: None)

    async def collect():
        assert await gate.wait(10)

    asyncio.run(collect())
    asyncio.run(collect())
    asyncio.run(gate.close())


def test_participants_choose_without_holding_up_the_loop(make, server):
    async def collect():
        async with make() as gate:
            assert await gate.wait(10, subject="p-17")
            assert (await gate.opt_out("p-17")).version == 1
            assert not gate.allowed_for("p-17")
            assert await gate.wait(10, subject="p-18")
            assert not await gate.wait(0.05, subject="p-17")
            await gate.go_on("p-17")
            assert (await gate.take_break("p-18", 60)).choice == "break"
            assert await gate.wait(10, subject="p-17")
            server.on_choice = lambda _: (503, {})
            with pytest.raises(andon.NotStored, match="tried again"):
                await gate.opt_out("p-17", timeout=0.1)

    run(collect())


def test_the_guard_is_the_same(make, server):
    async def collect():
        gate = make()

        @gate.guard()
        async def record():
            return "kept"

        with pytest.raises(andon.Stopped, match="no lease yet"):
            await record()
        assert await gate.wait(10)
        assert await record() == "kept"
        with gate.guard() as entered:
            assert entered is gate
        await gate.close()
        with pytest.raises(andon.Stopped, match="was closed"):
            await record()

    run(collect())


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_starts_closed_and_gets_a_loop_of_its_own(make, in_child):
    started = []
    gate = make(on_start=started.append)

    async def begin():
        assert await gate.wait(10)
        await soon(lambda: started)

    def child():
        started.clear()
        before = gate.allowed()
        asyncio.run(begin())
        return f"{before} {gate.allowed()}"

    async def collect():
        await begin()
        assert in_child(child) == "False True"  # with the parent's loop still open
        assert gate.allowed()
        await gate.close()

    asyncio.run(collect())


def test_who_needs_no_loop_does_not_load_one():
    code = "import andon, sys, json; print(json.dumps(['asyncio' in sys.modules]))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    said = subprocess.run(
        [sys.executable, "-c", code + "; andon.AsyncGate"],
        env=environment,
        capture_output=True,
        check=True,
    ).stdout
    assert json.loads(said) == [False]
    with pytest.raises(AttributeError, match="no attribute 'SyncGate'"):
        _ = andon.SyncGate
