"""How the whole suite is spread over the cores. Loaded by `-p tests.order`."""

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What takes long for each file comes first, so that in the end no core waits for another's.
FIRST = ("browser", "doors", "faults", "gate", "launch", "audit")
MOST_WORKERS = 4


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores, since half of the tests wait for a process of their own."""
    return min(len(os.sched_getaffinity(0)) + 1, MOST_WORKERS)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.path))


def _turn(path: Path) -> int:
    folder = path.relative_to(HERE).parts[0] if path.is_relative_to(HERE) else ""
    return FIRST.index(folder) if folder in FIRST else len(FIRST)
