"""How the whole suite is spread over the cores, and over commits. Loaded by `-p tests.order`."""

import gc
import os
import subprocess
import zlib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What takes long for each file comes first, so that in the end no core waits for another's.
# Before all but the longest: what needs no database, while the first worker migrates one.
FIRST = ("test_accessible.py", "severity", "browser", "doors", "faults", "gate", "launch", "audit")
MOST_WORKERS = 4
# What a run holds from its first test on is thousands of modules and tests: looking through them
# for what can be forgotten takes a twentieth of the time.
FORGETS_EACH = (50_000, 20, 100)
# Of what asks the same of hundreds of doors a run takes one part, the commit says which.
PARTS = 8
PART = "ANDON_TEST_PART"


def pytest_xdist_auto_num_workers() -> int:
    """Two more than cores, since half of the tests wait for a process of their own."""
    return min(len(os.sched_getaffinity(0)) + 2, MOST_WORKERS)


def pytest_configure(config: pytest.Config) -> None:
    # Said once, for all processes. Whoever names files or tests wants them all.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        all_of_them = os.environ.get("EVERY") == "yes" or config.args_source.name == "ARGS"
        os.environ[PART] = "" if all_of_them else str(_part())


def _part() -> int:
    """Which part this commit runs. The first where there is no git."""
    count = ["git", "rev-list", "--count", "HEAD"]
    said = subprocess.run(count, cwd=HERE, capture_output=True, text=True, check=False)
    return int(said.stdout or 0) % PARTS


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.path))
    if left := [item for item in items if _waits(item)]:
        config.hook.pytest_deselected(items=left)
        waits = set(left)
        items[:] = [item for item in items if item not in waits]


def pytest_collection_finish() -> None:
    """Leave what is there by now out of each search for what can be forgotten."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*FORGETS_EACH)


def of_this_run(name: str) -> bool:
    """True if what has this name, a test or a page, is in the part that this run looks at."""
    part = os.environ[PART]
    # By its name: one that is new must not put the others into another part.
    return not part or zlib.crc32(name.encode()) % PARTS == int(part)


def _waits(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("rotates")) and not of_this_run(item.name)


def _turn(path: Path) -> int:
    folder = path.relative_to(HERE).parts[0] if path.is_relative_to(HERE) else ""
    name = path.name if path.name in FIRST else folder
    return FIRST.index(name) if name in FIRST else len(FIRST)
