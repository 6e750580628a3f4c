"""Tell the gates that a program changed. Speed only: a gate re-reads every program each second."""

import functools
import time
from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.db import connection, transaction

from programs.models import Program

logger = structlog.get_logger(__name__)

CHANNEL = "andon_program"
# Somebody waits for the page that paused; a dead Redis must not hold it up.
_PATIENCE_SECONDS = 0.2
_REST_SECONDS = 5.0


def announce(program: Program) -> None:
    """Send the news within the transaction, so that it leaves if and only if that commits."""
    news = f"{program.pk}:{program.generation}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, news])
    transaction.on_commit(functools.partial(second_path.tell, news), robust=True)


class SecondPath:
    """Redis, asked with little patience and left alone for a while when it does not answer.

    An incident may pause many programs at once: only the first may wait for a dead Redis.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rests_until = 0.0

    def tell(self, news: str) -> None:
        if not settings.REDIS_URL or self._clock() < self._rests_until:
            return
        try:
            _redis().publish(CHANNEL, news)
        except redis.RedisError as error:
            self._rests_until = self._clock() + _REST_SECONDS
            logger.warning("news_second_path_away", error=type(error).__name__)


second_path = SecondPath()


@functools.cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_PATIENCE_SECONDS,
        socket_connect_timeout=_PATIENCE_SECONDS,
        retry=None,
    )
