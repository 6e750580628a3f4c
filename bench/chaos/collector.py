"""A collector that keeps the protocol.

Writes the time of each capture, only while it is allowed.
"""

import sys
import time
from pathlib import Path

import andon


def main() -> None:
    with Path(sys.argv[1]).open("a", buffering=1) as log, andon.Gate(version="chaos/1") as gate:
        while True:
            if gate.allowed():
                log.write(f"{time.time_ns()}\n")
            time.sleep(0.02)


if __name__ == "__main__":
    main()
