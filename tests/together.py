"""Let things happen at the same moment, each on a database connection of its own."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

# Enough to see what happens in one of ten; a race that is left open shows within a few rounds.
ROUNDS = 25
PATIENCE_SECONDS = 20


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Call each in a thread of its own, released together; return what each gave or raised."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_SECONDS)
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - handed to the test, which judges it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(PATIENCE_SECONDS) for future in [pool.submit(run, c) for c in calls]]


def failures(outcomes: list[Any]) -> list[Exception]:
    """Those of the outcomes that are exceptions."""
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]


def until(true: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for what only looking can tell; fail when it does not come."""
    end = time.monotonic() + seconds
    while not (said := true()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return said
