"""The clock by which the age of the gate's copy is judged. Knows nothing else."""

import time

# time.monotonic() stands still while the machine sleeps: a gate that wakes up after an hour
# would take its copy of the programs for a fresh one.
_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now() -> float:
    """Return seconds that only ever grow, and grow while the machine sleeps as well."""
    return time.clock_gettime(_BOOT)
