"""How much processor time the processes of a bench took: that does not depend on what runs beside.

Reads Linux's /proc; elsewhere nothing is found, and nothing is said.
"""

import os
from collections import Counter
from pathlib import Path

# A word of the command line, and what the process is called here.
_CALLED = {
    "celery": "workers",
    "run_engine": "engines",
    "bench.chaos.receiver": "receiver",
    "redis": "redis",
    "postgres": "postgres",
}
# The fields of /proc/PID/stat after the name: the parent, and the time of it and its dead children.
_PARENT, _TIMES = 1, slice(11, 15)


def spent() -> Counter[str]:
    """Return the seconds that all processes under this one took so far, by what they are."""
    parents, seconds = _read()
    found: Counter[str] = Counter()
    for pid, name in _under(os.getpid(), parents).items():
        found[name] += seconds[pid]
    return found


def _read() -> tuple[dict[int, int], dict[int, float]]:
    parents, seconds = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(file.parent.name)
        parents[pid] = int(words[_PARENT])
        seconds[pid] = sum(map(int, words[_TIMES])) / os.sysconf("SC_CLK_TCK")
    return parents, seconds


def _under(root: int, parents: dict[int, int]) -> dict[int, str]:
    found: dict[int, str] = {}
    new = {pid: "" for pid, parent in parents.items() if parent == root}
    while new:
        # What a process of ours forks is called as it is.
        named = {pid: name or _name(pid) for pid, name in new.items()}
        found |= named
        new = {pid: named[parent] for pid, parent in parents.items() if parent in named}
    return found


def _name(pid: int) -> str:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return "others"
    return next((name for word, name in _CALLED.items() if word in line), "others")
