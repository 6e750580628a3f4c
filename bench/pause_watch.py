"""Real SDK gates in one process: when did allowed() turn?

As a program it reads tokens from standard input, one a line, and prints `NUMBER yes|no TIME`
at each turn, in nanoseconds of wall time.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Watch:
    """A process with real SDK gates, one for each token, beside the streams."""

    def __init__(self, port: int, program: str, tokens: list[str]) -> None:
        url = f"http://127.0.0.1:{port}"
        self._gates = len(tokens)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.pause_watch", url, program],
            env={"PYTHONPATH": "sdk:."},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdin
        self._process.stdin.write("\n".join(tokens))
        self._process.stdin.close()
        self._allowed: dict[int, bool] = {}

    def wait(self, *, allowed: bool) -> list[float]:
        """Wait until every gate says so; return when each did, in seconds of the wall clock."""
        assert self._process.stdout
        times = []
        while sum(a == allowed for a in self._allowed.values()) < self._gates:
            number, said, at = self._process.stdout.readline().split()
            self._allowed[int(number)] = said == "yes"
            times.append(int(at) / 1e9)
        return times

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def main() -> None:
    import andon

    url, program = sys.argv[1:3]
    tokens = sys.stdin.read().split()
    gates = [andon.Gate(program, url, token, version="bench/1") for token in tokens]
    before = [False] * len(gates)
    while True:
        for number, gate in enumerate(gates):
            allowed = gate.allowed()
            if allowed != before[number]:
                before[number] = allowed
                print(number, "yes" if allowed else "no", time.time_ns(), flush=True)
        time.sleep(0.001)


if __name__ == "__main__":
    main()
