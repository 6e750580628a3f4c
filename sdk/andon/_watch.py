"""Kills a command's group when its wrapper is gone or frozen. Run as a script: CLOCK.

Reads lines "GROUP UNTIL": the process group, 0 for none, and how long it may live without
another word, on the clock of that number. The kernel's parent-death signal reaches only the
direct child of a wrapper that is gone, and nobody of one that is frozen.
"""

import os
import select
import signal
import sys
import time
from contextlib import suppress

# A timed wait stands still while the machine sleeps: look at the clock after waking up.
LOOK_EVERY = 1.0


def kill(group: int) -> None:
    """End the group, if there is one."""
    if group:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Remember the last line; end the group when its time is up or the pipe closes."""
    # Whoever ends the wrapper politely may signal this process with it; it must outlive that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    clock, group, until, rest = int(sys.argv[1]), 0, 0.0, b""
    while True:
        heard, _, _ = select.select([0], [], [], LOOK_EVERY if group else None)
        if heard:
            said = os.read(0, 65536)
            if not said:
                break
            *lines, rest = (rest + said).split(b"\n")
            for line in lines:
                group, until = int(line.split()[0]), float(line.split()[1])
        if time.clock_gettime(clock) >= until:
            kill(group)
            group = 0
    kill(group)


main()
