"""From the commit of a pause to the last of fifty collectors: the drill, several times."""

import json
import statistics
import subprocess
import sys

from bench.figure import Figure, spread

ROUNDS = 3
GOAL_MS = 250.0


def measure() -> list[Figure]:
    times = [_one_drill() for _ in range(ROUNDS)]
    return [
        Figure(
            "commit of the pause → last of 50 collectors stopped",
            statistics.median(times),
            "ms",
            GOAL_MS,
            spread(times, "ms"),
        )
    ]


def _one_drill() -> float:
    played = subprocess.run(
        [sys.executable, "-m", "config.drill"], capture_output=True, text=True, check=True
    )
    figures = json.loads(played.stdout.splitlines()[-1])
    return float(figures["commit_to_last_stop_ms"])
