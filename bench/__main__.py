"""`make bench`: measure, print a table and one JSON line. ARGS="allowed report" for some."""

import argparse
import json
import sys
from dataclasses import asdict

from bench import allowed, listing, report, stop
from bench.figure import Figure, machine

PARTS = {
    "allowed": allowed.measure,
    "report": report.measure,
    "stop": stop.measure,
    "list": listing.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all if left out")
    asked = parser.parse_args().parts or list(PARTS)
    print(machine(), flush=True)
    figures: list[Figure] = []
    for part in asked:
        for figure in PARTS[part]():
            print(figure.line(), flush=True)
            figures.append(figure)
    print(json.dumps([asdict(figure) | {"met": figure.met} for figure in figures]))
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
