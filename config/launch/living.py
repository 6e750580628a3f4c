"""Whether a process lives, and what it was started as: processes that are not our children."""

import os
import subprocess
from pathlib import Path

PROC = Path("/proc")


def lives(pid: int) -> bool:
    """Tell whether the process still does something.

    One that ended and that nobody waited for (in a container without an init
    process that may be for ever) does not.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return not (PROC / "self").exists()
    return state not in "ZX"


def command_line(pid: int) -> list[str]:
    """Return the words a process was started with; none if it is gone or hidden."""
    if (PROC / "self").exists():
        try:
            return os.fsdecode((PROC / str(pid) / "cmdline").read_bytes()).split("\0")
        except OSError:
            return []
    told = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return told.stdout.split()
