"""Real SDK gates in one process that write down when each of them allowed a capture.

Reads a JSON list of {"name", "program", "url", "token"} from standard input. Prints
`NAME yes TIME` at the first capture of a run and `NAME no TIME` with the time of its last,
in nanoseconds of the machine's wall clock. `--ahead SECONDS` sets this process's own clock wrong.
"""

import json
import sys
import time

really = time.time_ns


def main() -> None:
    if sys.argv[1:2] == ["--ahead"]:
        ahead = float(sys.argv[2])
        time.time = lambda: really() / 1e9 + ahead
        time.time_ns = lambda: really() + int(ahead * 1e9)
    import andon

    wanted = json.loads(sys.stdin.read())
    gates = [
        (one["name"], andon.Gate(one["program"], one["url"], one["token"], version="trials/1"))
        for one in wanted
    ]
    last: dict[str, int] = {}
    while True:
        for name, gate in gates:
            at = really()
            if gate.allowed():
                if name not in last:
                    print(name, "yes", at, flush=True)
                last[name] = at
            elif name in last:
                print(name, "no", last.pop(name), flush=True)
        time.sleep(0.002)


if __name__ == "__main__":
    main()
