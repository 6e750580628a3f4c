import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from tests.launch.launcher import Launcher


def in_memory():
    """Return a folder in memory, where making a database costs no disk; None if there is none."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or os.statvfs(memory).f_flag & os.ST_NOEXEC:
        return None
    return memory if shutil.disk_usage(memory).free > 1024**3 else None


@pytest.fixture
def folder():
    """A folder that every account may pass; pytest's own are closed to the servers' account."""
    made = Path(tempfile.mkdtemp(prefix="andon-launch-", dir=in_memory()))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def launchers(folder, monkeypatch):
    """Nothing that a test starts outlives it."""
    started = []
    begin = Launcher.__init__

    def remember(self, *command, **more):
        begin(self, *command, **more)
        started.append(self)

    monkeypatch.setattr(Launcher, "__init__", remember)
    yield
    for launcher in started:
        with suppress(ProcessLookupError):
            launcher.process.terminate()
        launcher.end()
        launcher.process.stdout.close()
