"""How many queries the incident list takes, with ten incidents and with a thousand."""

import json
import subprocess
import sys

from bench.figure import Figure
from config.launch import fresh, stack

GOAL = 20


def measure() -> list[Figure]:
    with fresh.andon("--no-demo") as instance:
        counted = subprocess.run(
            [sys.executable, "-m", "bench.listing_count"],
            cwd=stack.ROOT,
            env={**instance.env, "DJANGO_SETTINGS_MODULE": "config.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
    few, many, milliseconds = json.loads(counted.stdout.splitlines()[-1])
    return [
        Figure("incident list, queries with 10 incidents", few, "queries", GOAL),
        Figure("incident list, queries with 1,000 incidents", many, "queries", few),
        Figure("incident list, server time with 1,000 incidents", milliseconds, "ms", 300),
    ]
