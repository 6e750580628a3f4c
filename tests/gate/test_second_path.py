import asyncio
import os

import pytest
import redis

from programs.gate import second_path
from programs.news import CHANNEL


@pytest.fixture
def url():
    return os.environ["REDIS_URL"] or pytest.skip("this machine has no Redis")


async def hears(url, tell):
    heard = asyncio.Event()
    following = asyncio.create_task(second_path.follow(url, nudge=heard.set))
    try:
        async with asyncio.timeout(10):
            while not heard.is_set():
                await asyncio.to_thread(tell)
                await asyncio.sleep(0.01)
    finally:
        following.cancel()
        await asyncio.wait([following])


def test_news_that_comes_through_redis_makes_the_gate_read(url):
    with redis.Redis.from_url(url) as sender:
        asyncio.run(hears(url, lambda: sender.publish(CHANNEL, "1:2")))


def test_a_subscription_that_was_cut_is_made_again(url, monkeypatch):
    monkeypatch.setattr(second_path, "_REST_SECONDS", 0.05)
    with redis.Redis.from_url(url) as sender:

        async def run():
            heard = asyncio.Event()
            following = asyncio.create_task(second_path.follow(url, nudge=heard.set))
            async with asyncio.timeout(10):
                while not await asyncio.to_thread(sender.publish, CHANNEL, "1:2"):
                    await asyncio.sleep(0.01)
                await heard.wait()
                await asyncio.to_thread(sender.client_kill_filter, _type="pubsub")
                heard.clear()
                while not heard.is_set():
                    await asyncio.to_thread(sender.publish, CHANNEL, "1:3")
                    await asyncio.sleep(0.01)
            following.cancel()
            await asyncio.wait([following])

        asyncio.run(run())
