"""Drill an exposure on an Andon of its own: somebody grants too much, and nobody lifts a hand.

`python -m config.drill.exposure`. Prints the story and, as the last line, one JSON object. Exit
status 0 only if the grant led to an incident, a severity, a paused program and a page in time; 1 if
not, 2 for wrong arguments.
"""

import argparse
import subprocess
import sys

from config.drill import store
from config.launch import fresh, stack
from config.launch.refusal import CannotStart

LONGEST = 600


def main() -> int:
    asked = _arguments()
    pager, port = fresh.free_ports(2)
    hosts = f"127.0.0.1:{pager},127.0.0.1:{port}"
    try:
        with (
            store.running(port) as made,
            fresh.andon("--no-demo", ANDON_INTERNAL_HOSTS=hosts) as drilled,
        ):
            command = ["manage.py", "drill_exposure", "--pager-port", str(pager)]
            command += ["--store-port", str(port), "--store-sockets", str(made.sockets)]
            command += ["--within", str(asked.within)]
            played = subprocess.run(
                [sys.executable, *command],
                cwd=stack.ROOT,
                env={**drilled.env, "ANDON_DRILL_PASSWORD": made.password},
                check=False,
            )
            return played.returncode
    except (fresh.NotStarted, CannotStart) as error:
        sys.stderr.write(f"The drill failed: {error}\n")
        return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make drill-exposure ARGS=", description=__doc__)
    parser.add_argument(
        "--within", type=int, default=60, help=f"seconds, 1 to {LONGEST}; 60 if left out"
    )
    asked = parser.parse_args()
    if not 1 <= asked.within <= LONGEST:
        parser.error(f"--within: {asked.within} is not from 1 to {LONGEST}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
