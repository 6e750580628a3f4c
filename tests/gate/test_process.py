import asyncio

from programs.gate.process import Gate


def test_a_gate_that_cannot_follow_the_database_any_more_says_so(monkeypatch):
    async def run():
        given_up = asyncio.Event()
        gate = Gate(secret_key="x" * 50, on_fault=given_up.set)

        async def fail():
            raise AssertionError

        monkeypatch.setattr(gate.feed, "run", fail)
        gate.start()
        await asyncio.wait_for(given_up.wait(), 5)
        await gate.stop()

    asyncio.run(run())


def test_a_gate_that_is_stopped_is_at_no_fault(monkeypatch):
    faults = []

    async def run():
        gate = Gate(secret_key="x" * 50, on_fault=lambda: faults.append(1))
        monkeypatch.setattr(gate.feed, "run", asyncio.Event().wait)
        gate.start()
        await asyncio.sleep(0)
        await gate.stop()

    asyncio.run(run())

    assert not faults
