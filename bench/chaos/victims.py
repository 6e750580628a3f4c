"""The processes of one Andon, found by what they are, and killed without warning."""

import os
import random
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# What stands in the command line of each kind. Of several, any may be hit.
KINDS = {
    "web": "config.wsgi:application",
    "gate": "run_gate",
    "engine": "run_engine",
    "worker": "celery",
    "redis": "redis-server",
    "postgres": "postgres -D",
}


@dataclass
class Victims:
    """Everything below one launcher. `killed` counts what was hit."""

    launcher: int
    dice: random.Random
    killed: dict[str, int] = field(default_factory=dict)

    def kill_one(self) -> str:
        """Send SIGKILL to one process of a kind drawn by lot.

        Return the kind, or nothing if none runs.
        """
        kind = self.dice.choice(list(KINDS))
        there = [pid for pid, line in self._living() if KINDS[kind] in line]
        if not there:
            return ""
        try:
            os.kill(self.dice.choice(there), signal.SIGKILL)
        except ProcessLookupError:
            return ""
        self.killed[kind] = self.killed.get(kind, 0) + 1
        return kind

    def _living(self) -> list[tuple[int, str]]:
        said = subprocess.run(
            ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
        ).stdout
        rows = [line.split(None, 2) for line in said.splitlines()[1:]]
        parents = {int(pid): int(ppid) for pid, ppid, *_ in rows}
        return [
            (int(pid), args)
            for pid, _, args in (row for row in rows if len(row) == 3)
            if self._is_below(int(pid), parents)
        ]

    def _is_below(self, pid: int, parents: dict[int, int]) -> bool:
        while pid > 1:
            pid = parents.get(pid, 0)
            if pid == self.launcher:
                return True
        return False


def flush_redis(url: str) -> bool:
    """Empty Redis; False if it does not answer just now."""
    import redis

    if not url:
        return False
    try:
        return bool(redis.Redis.from_url(url, socket_timeout=1, retry=None).flushall())
    except redis.RedisError:
        return False


def captures(folder: Path) -> list[int]:
    """Return when each capture of the collectors was made, in nanoseconds of wall time."""
    return [int(word) for file in folder.glob("*.log") for word in file.read_text().split()]
