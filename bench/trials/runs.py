"""Processes that answer yes or no all the time and write down when: collectors and verifiers."""

import json
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from bench import stand


class Runs:
    """A process of ours that uses the SDK, and from when to when each of its answers was yes.

    Args:
        told: called with the name and the text of each stamp that a collector made.
    """

    def __init__(
        self, module: str, wanted: list[dict[str, str]], *options: str, told: Callable[..., Any]
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            cwd=stand.ROOT,
            env={"PYTHONPATH": "sdk:."},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._told = told
        self._writing = threading.Lock()
        # Of each its runs as [first yes, last yes or None], in seconds of wall time.
        self.runs: defaultdict[str, list[list[float | None]]] = defaultdict(list)
        self.say(json.dumps(wanted))
        threading.Thread(target=self._listen, daemon=True).start()

    def say(self, line: str) -> None:
        assert self.process.stdin
        with self._writing:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            name, said, rest = line.split(maxsplit=2)
            if said == "stamp":
                self._told(name, rest.strip())
            elif said == "yes":
                self.runs[name].append([int(rest) / 1e9, None])
            else:
                self.runs[name][-1][1] = int(rest) / 1e9

    def is_yes(self, name: str) -> bool:
        """True if its answer is yes now."""
        runs = self.runs[name]
        return bool(runs) and runs[-1][1] is None

    def last_within(self, name: str, since: float, until: float) -> float:
        """Return when its answer was last yes between two moments, or 0 if it was not."""
        ends = [
            min(until, end if end is not None else until)
            for begin, end in list(self.runs[name])
            if begin is not None and begin < until and (end is None or end > since)
        ]
        return max(ends, default=0.0)
