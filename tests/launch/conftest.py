import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from tests.launch.launcher import Launcher


@pytest.fixture
def folder():
    """A folder that every account may pass; pytest's own are closed to the servers' account."""
    made = Path(tempfile.mkdtemp(prefix="andon-launch-"))
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
