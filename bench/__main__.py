"""`make bench`: measure, print a table and one JSON line. ARGS="allowed pause" for some."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict

from bench import allowed, imports, list, pages, pause, record, report, rules, stop, watch
from bench.figure import Figure, machine

# Those that set Django up on servers of their own come last, for there is one Django a process.
PARTS: dict[str, Callable[[argparse.Namespace], Iterable[Figure]]] = {
    "allowed": lambda _asked: allowed.measure(),
    "stop": lambda _asked: stop.measure(),
    "watch": lambda _asked: watch.measure(),
    "report": lambda _asked: report.measure(),
    "pages": lambda asked: pages.measure(asked.escalations),
    "imports": lambda _asked: imports.measure(),
    "rules": lambda _asked: rules.measure(),
    "list": lambda asked: list.measure(tuple(asked.incidents), _only(asked, list.PARTS)),
    "record": lambda asked: record.measure(asked.entries, _only(asked, record.PARTS)),
    "pause": lambda asked: pause.measure(asked.streams),
}


def _only(asked: argparse.Namespace, parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in parts if part in asked.only) or parts


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all if left out")
    parser.add_argument("--streams", type=int, default=pause.STREAMS, help="of `pause`")
    parser.add_argument(
        "--incidents", type=int, nargs="+", default=list.SIZES, help="of `list`: at which sizes"
    )
    parser.add_argument("--escalations", type=int, default=pages.ESCALATIONS, help="of `pages`")
    parser.add_argument("--entries", type=int, default=record.ENTRIES, help="of `record`")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        choices=[*list.PARTS, *record.PARTS],
        help="of `list` and `record`: only these of their parts",
    )
    asked = parser.parse_args()
    print(machine(), flush=True)
    figures: list[Figure] = []
    for part in asked.parts or PARTS:
        for figure in PARTS[part](asked):
            print(figure.line(), flush=True)
            figures.append(figure)
    print(json.dumps([asdict(figure) | {"met": figure.met} for figure in figures]))
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
