"""Play a drill on an Andon of its own, started in a fresh folder as anybody starts it.

Prints the story and, as the last line, one JSON object. Exit status 0 only if
the stop is proven, 1 if it is not, 2 for wrong arguments.
"""

import argparse
import subprocess
import sys

from config.launch import fresh, stack

MOST = 1000


def main() -> int:
    asked = _arguments()
    (pager,) = fresh.free_ports(1)
    try:
        with fresh.andon("--no-demo", ANDON_INTERNAL_HOSTS=f"127.0.0.1:{pager}") as drilled:
            command = ["manage.py", "drill", str(asked.collectors), "--pager-port", str(pager)]
            played = subprocess.run(
                [sys.executable, *command], cwd=stack.ROOT, env=drilled.env, check=False
            )
            return played.returncode
    except fresh.NotStarted as error:
        sys.stderr.write(f"The drill failed: {error}\n")
        return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make drill ARGS=", description=__doc__)
    parser.add_argument("--collectors", type=int, default=50, help=f"1 to {MOST}, 50 if left out")
    asked = parser.parse_args()
    if not 1 <= asked.collectors <= MOST:
        parser.error(f"--collectors: {asked.collectors} is not from 1 to {MOST}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
