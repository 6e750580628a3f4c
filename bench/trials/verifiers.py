"""Real SDK verifiers in one process that write down when each stamp would have been accepted.

Reads a JSON list of {"name", "url", "token"} from standard input, one program each, then lines
`PROGRAM LABEL STAMP`: a stamp to try from now on, in place of the last of that label. Prints
`LABEL yes TIME` when it is accepted first, and `LABEL no TIME` with the time when it last was,
in nanoseconds of the machine's wall clock.
"""

import json
import sys
import threading
import time

LOOK_SECONDS = 0.01


def main() -> None:
    import andon

    wanted = json.loads(sys.stdin.readline())
    verifiers = {
        one["name"]: andon.Verifier(one["name"], one["url"], one["token"]) for one in wanted
    }
    held: dict[str, tuple[andon.Verifier, str]] = {}
    threading.Thread(target=_listen, args=(verifiers, held), daemon=True).start()
    last: dict[str, int] = {}
    while True:
        for label, (verifier, stamp) in list(held.items()):
            at = time.time_ns()
            if verifier.check(stamp).accepted:
                if label not in last:
                    print(label, "yes", at, flush=True)
                last[label] = at
            elif label in last:
                print(label, "no", last.pop(label), flush=True)
        time.sleep(LOOK_SECONDS)


def _listen(verifiers, held) -> None:
    for line in sys.stdin:
        program, label, stamp = line.split(maxsplit=2)
        held[label] = verifiers[program], stamp.strip()


if __name__ == "__main__":
    main()
