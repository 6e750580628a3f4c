"""Decides which clock a lease runs on: one that goes on while the machine sleeps."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial


def _choose() -> int | None:
    # A clock that stands still during sleep would let a laptop wake up hours later and go on
    # with the rest of an old lease. On Linux and macOS time.monotonic() is such a clock; on
    # Windows it is not.
    if sys.platform == "linux":
        return time.CLOCK_BOOTTIME
    elif sys.platform == "darwin":
        return time.CLOCK_MONOTONIC_RAW
    else:
        return getattr(time, "CLOCK_MONOTONIC", None)


# The system's number of the clock; None where clocks have no numbers (Windows).
ID = _choose()

# Seconds from an arbitrary origin, never set back, comparable only within one boot.
now: Callable[[], float] = time.monotonic if ID is None else partial(time.clock_gettime, ID)
