"""Kills a process group when its wrapper is gone. Run as a script; reads group ids, 0 for none.

The kernel's parent-death signal reaches only the direct child; this reaches what that started.
"""

import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Remember the last group named; when the pipe closes, end it."""
    # Whoever ends the wrapper politely may signal this process with it; it must outlive that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    group = 0
    for line in sys.stdin.buffer:
        group = int(line)
    if group:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)


main()
