"""Hears of changes through Redis as well. Its loss is harmless: the feed reads each second."""

import asyncio
from collections.abc import Callable

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from programs.news import CHANNEL

logger = structlog.get_logger(__name__)

_PATIENCE_SECONDS = 2.0
_REST_SECONDS = 5.0
# Without a word for so long we ask whether it is still there.
_SILENCE_SECONDS = 10.0


async def follow(url: str, *, nudge: Callable[[], None]) -> None:
    """Call `nudge` for each piece of news, until cancelled."""
    away = False
    while True:
        try:
            await _listen(url, nudge)
        except (RedisError, OSError) as error:
            if not away:
                logger.warning("gate_second_path_away", error=type(error).__name__)
            away = True
        await asyncio.sleep(_REST_SECONDS)


async def _listen(url: str, nudge: Callable[[], None]) -> None:
    client = redis.asyncio.Redis.from_url(
        url, socket_connect_timeout=_PATIENCE_SECONDS, health_check_interval=_SILENCE_SECONDS
    )
    async with client, client.pubsub(ignore_subscribe_messages=True) as news:
        await news.subscribe(CHANNEL)
        while True:
            if await news.get_message(timeout=_SILENCE_SECONDS):
                nudge()
