"""Real SDK gates in one process that write down when each of them allowed a capture.

Reads a JSON list of {"name", "program", "url", "token"} from standard input. Prints
`NAME yes TIME` at the first capture of a run and `NAME no TIME` with the time of its last,
in nanoseconds of the machine's wall clock, and each second `NAME stamp TEXT`, what it would
keep beside a record. `--ahead SECONDS` sets this process's own clock wrong.
"""

import json
import sys
import time
from contextlib import suppress

really = time.time_ns
LOOK_SECONDS = 0.002
STAMP_NS = 10**9


def main() -> None:
    if sys.argv[1:2] == ["--ahead"]:
        ahead = float(sys.argv[2])
        time.time = lambda: really() / 1e9 + ahead
        time.time_ns = lambda: really() + int(ahead * 1e9)
    import andon

    wanted = json.loads(sys.stdin.readline())
    gates = [
        (one["name"], andon.Gate(one["program"], one["url"], one["token"], version="trials/1"))
        for one in wanted
    ]
    last: dict[str, int] = {}
    stamped: dict[str, int] = {}
    while True:
        for name, gate in gates:
            at = really()
            if gate.allowed():
                if name not in last:
                    print(name, "yes", at, flush=True)
                    stamped[name] = 0
                last[name] = at
                if at - stamped[name] > STAMP_NS:
                    stamped[name] = at
                    with suppress(andon.Stopped):
                        print(name, "stamp", gate.stamp(), flush=True)
            elif name in last:
                print(name, "no", last.pop(name), flush=True)
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
