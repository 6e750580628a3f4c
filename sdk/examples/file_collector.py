"""Writes one line a second to a file, only while its program may collect.

    file_collector.py FILE [SECONDS]

Alone it asks the gate itself (ANDON_GATE_URL, ANDON_TOKEN, ANDON_PROGRAM). Under `andon run` the
wrapper asks, and stops this process; ANDON_RUN_GENERATION tells that it is there.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import andon


def record(path: Path, generation: str) -> None:
    """Append one line: when, and under which generation."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    with path.open("a") as file:
        file.write(f"{now} generation={generation}\n")


def main() -> None:
    """Collect until stopped."""
    path = Path(sys.argv[1])
    every = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    wrapped = os.environ.get("ANDON_RUN_GENERATION")
    if wrapped is not None:
        while True:
            record(path, wrapped)
            time.sleep(every)
    with andon.Gate(version="file-collector/1") as gate:
        while gate.wait():
            record(path, str(gate.state.generation))
            time.sleep(every)


if __name__ == "__main__":
    main()
