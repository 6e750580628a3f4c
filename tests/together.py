"""Let things happen at the same moment, each on a database connection of its own."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, connections, transaction

# For a race that no single row holds open. One that is left open shows within a few rounds.
ROUNDS = 8
PATIENCE_SECONDS = 20


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Call each in a thread of its own, released together; return what each gave or raised."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_SECONDS)
        return _tried(call)

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(PATIENCE_SECONDS) for future in [pool.submit(run, c) for c in calls]]


def _tried(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - handed to the test, which judges it
        return error
    finally:
        connections.close_all()


def in_turn(*calls: Callable[[], Any], behind: Any) -> list[Any]:
    """Let each come to a locked row, in this order, before any goes on; return what each gave.

    What a call has read before it waits is old by the time it goes on: so a lock that is
    missing shows at once, and always.
    """
    with ThreadPoolExecutor(len(calls)) as pool, transaction.atomic():
        type(behind)._base_manager.select_for_update().get(pk=behind.pk)
        running = []
        for call in calls:
            running.append(pool.submit(_tried, call))
            until(lambda: who_wait_for_a_lock() >= sum(not one.done() for one in running))
    return [one.result(PATIENCE_SECONDS) for one in running]


def before_it_commits(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Let the first do all but commit, then let the second come; return what each gave."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            done = first()
            other = pool.submit(_tried, second)
            until(lambda: other.done() or who_wait_for_a_lock())
        return done, other.result(PATIENCE_SECONDS)


def failures(outcomes: list[Any]) -> list[Exception]:
    """Those of the outcomes that are exceptions."""
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


def who_wait_for_a_lock() -> int:
    """Count the sessions on this database that wait; on others of the server some may as well."""
    with connection.cursor() as cursor:
        # Which database a row is in, its lock does not tell; the lock of its table does.
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN"
            " (SELECT l.pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE d.datname = current_database())"
        )
        return int(cursor.fetchone()[0])


def until(true: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for what only looking can tell; fail when it does not come."""
    end = time.monotonic() + seconds
    while not (said := true()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return said
