"""One collector of the drill, a process of its own.

Prints when it may collect and when it stopped.
"""

import sys
import threading
import time

import andon


def _say(word: str) -> None:
    # Wall time, as it is compared with the time of a commit; both on one machine.
    sys.stdout.write(f"{word} {time.time_ns()}\n")
    sys.stdout.flush()


def main() -> None:
    """Collect, which is to do nothing, until standard input is closed."""
    stopped = threading.Event()

    def halt() -> None:
        _say("stopped")
        stopped.set()

    with andon.Gate(version="drill/1", halt=halt) as gate:
        if gate.wait(60):
            _say("collecting")
        sys.stdin.read()


if __name__ == "__main__":
    main()
