"""`make model`: search the model of pauses and leases for a step that breaks its promises.

The model as it is must have none; with each flaw planted in it one must be found.
Exit status 0 only then.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.figure import machine

MODEL = Path(__file__).resolve().parents[1] / "docs" / "model" / "pause.pml"
PROGRAMS = ("spin", "gcc")
SEARCH_SECONDS = 300.0
# Deep enough for all of it: a search that stops at its depth has not seen everything.
DEPTH = 1_000_000


@dataclass(frozen=True)
class Search:
    """One search: of what, with which definitions, and whether a broken promise must be found."""

    what: str
    defined: tuple[str, ...]
    flawed: bool = False


SEARCHES = (
    Search("one collector, two pauses", ("ONE_COLLECTOR", "GENERATIONS=4")),
    Search("two collectors, small figures", ("SMALL",)),
    Search("flaw: a gate never minds the age of its copy", ("SMALL", "SKIP_REREAD"), True),
    Search(
        "  and the bound is broken too", ("ONE_COLLECTOR", "SKIP_REREAD", "ONLY_THE_BOUND"), True
    ),
    Search("flaw: it renews what is not held any more", ("ONE_COLLECTOR", "MEMORY_FOR_ALL"), True),
    Search("flaw: it answers before it writes", ("ONE_COLLECTOR", "ANSWER_BEFORE_WRITE"), True),
    Search("flaw: a pause takes each row for the truth", ("ONE_COLLECTOR", "NO_SLACK"), True),
    Search("flaw: a lease counts from its answer", ("ONE_COLLECTOR", "COUNT_FROM_ANSWER"), True),
)


@dataclass(frozen=True)
class Found:
    """What a search said. `broken` is the promise that was broken, or empty."""

    broken: str
    states: int
    seconds: float


class CannotSearch(Exception):
    """The search was not made; the message says why."""


def search(*defined: str) -> Found:
    """Try every order of steps of the model.

    Raises:
        CannotSearch: if it cannot be compiled, or stopped before it had seen everything.
    """
    definitions = [f"-D{each}" for each in defined]
    with tempfile.TemporaryDirectory(prefix="andon-model-") as folder:
        _run(folder, "spin", "-a", *definitions, str(MODEL))
        options = ("-O2", "-w", "-DSAFETY", "-DNOREDUCE")
        _run(folder, "gcc", *options, "-o", "pan", "pan.c")
        began = time.monotonic()
        said = _run(folder, "./pan", f"-m{DEPTH}", "-w24")
        seconds = time.monotonic() - began
    states = re.search(r"(\d+) states, stored", said)
    errors = re.search(r"errors: (\d+)", said)
    if not states or not errors or "too small" in said or "resource limit" in said:
        raise CannotSearch(f"the search ended early:\n{said}")
    broken = re.search(r"assertion violated .*?(\w+)\)", said)
    if (errors[1] != "0") != bool(broken):
        raise CannotSearch(f"the search failed of itself:\n{said}")
    return Found(broken[1] if broken else "", int(states[1]), seconds)


def _run(folder: str, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SEARCH_SECONDS,
        check=False,
    )
    if done.returncode:
        raise CannotSearch(f"{command[0]} failed:\n{done.stdout}")
    return done.stdout


def missing() -> list[str]:
    """Return what the search needs and this machine does not have."""
    return [name for name in PROGRAMS if not shutil.which(name)]


def install() -> None:
    """Install what is missing, where that is ours to do.

    Raises:
        CannotSearch: if something is still missing.
    """
    if missing() and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing spin and gcc, once", file=sys.stderr, flush=True)
        for command in (["update"], ["install", "-y", "--no-install-recommends", "spin", "gcc"]):
            env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(["apt-get", *command], env=env, capture_output=True, check=False)
    if names := missing():
        raise CannotSearch(
            f"{' and '.join(names)} not found. On Debian and Ubuntu: apt-get install spin gcc"
        )


def main() -> int:
    print(machine(), flush=True)
    wrong = []
    try:
        install()
        for one in SEARCHES:
            found = search(*one.defined)
            verdict = f"breaks: {found.broken}" if found.broken else "holds"
            print(f"{one.what:<48}{found.states:>12,} states {found.seconds:6.1f} s  {verdict}")
            sys.stdout.flush()
            if bool(found.broken) != one.flawed:
                wrong.append(one.what.strip())
    except (CannotSearch, subprocess.TimeoutExpired) as trouble:
        print(trouble, file=sys.stderr)
        return 1
    print(f"WRONG: {'; '.join(wrong)}" if wrong else "the model holds, and each flaw is found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
