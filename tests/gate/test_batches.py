import asyncio

import pytest

from programs.gate import batches
from programs.gate.batches import Batch


async def with_batch(use, *, most=batches.MOST):
    written = []

    async def double(items):
        written.append(list(items))
        return [item * 2 for item in items]

    batch = Batch(double, most=most)
    running = asyncio.create_task(batch.run())
    try:
        return await asyncio.wait_for(use(batch), 5), written
    finally:
        running.cancel()


def test_a_lone_item_is_written_at_once(monkeypatch):
    monkeypatch.setattr(batches, "GATHER_SECONDS", 60)

    answer, written = asyncio.run(with_batch(lambda batch: batch.ask(21)))

    assert (answer, written) == (42, [[21]])


def test_each_gets_its_own_result():
    async def use(batch):
        return await asyncio.gather(*map(batch.ask, range(10)))

    assert asyncio.run(with_batch(use))[0] == [n * 2 for n in range(10)]


def test_what_comes_in_a_rush_is_written_together():
    async def use(batch):
        await batch.ask(0)
        await asyncio.gather(*map(batch.ask, range(100)))

    _, written = asyncio.run(with_batch(use))

    assert [len(items) for items in written] == [1, 100]


def test_a_batch_is_never_larger_than_the_most():
    async def use(batch):
        await asyncio.gather(*map(batch.ask, range(100)))

    _, written = asyncio.run(with_batch(use, most=30))

    assert [len(items) for items in written] == [30, 30, 30, 10]


def test_nothing_is_written_for_one_who_gave_up():
    async def use(batch):
        await batch.ask(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await batch.ask(1)
        await batch.ask(2)

    _, written = asyncio.run(with_batch(use))

    assert written == [[0], [2]]
