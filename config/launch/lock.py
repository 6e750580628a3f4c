"""One launcher for each folder. The only module that writes var/lock."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from config.launch.living import lives
from config.launch.refusal import CannotStart

# A killed launcher's keeper holds the lock until the last child is gone: keeper.PATIENCE, a bit.
CLEANING_UP_SECONDS = 15.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Holder:
    """Who holds the folder, and the environment in which others reach its parts."""

    pid: int
    url: str
    env: dict[str, str]


@contextmanager
def held(path: Path) -> Iterator["Lock"]:
    """Hold the folder for as long as the block runs.

    Raises:
        CannotStart: if another launcher holds it; the message says which.
    """
    try:
        file = path.open("a+")
        # For its owner alone: a DATABASE_URL may hold a password.
        path.chmod(0o600)
    except PermissionError as error:
        raise CannotStart(
            f"{path} belongs to another user: start as that user, or set ANDON_VAR to a folder"
            " of your own."
        ) from error
    with file:
        _take(file, path)
        lock = Lock(file)
        try:
            yield lock
        finally:
            lock.clear()


class Lock:
    """A held lock. What is written in it is for other launchers to read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def tell(self, *, url: str, env: dict[str, str]) -> None:
        """Write who holds the folder and where its parts answer."""
        self.clear()
        json.dump(asdict(Holder(os.getpid(), url, env)), self._file)
        self._file.flush()

    def clear(self) -> None:
        # The file stays: removing it would let two starts each lock a file of their own.
        self._file.seek(0)
        self._file.truncate()
        self._file.flush()


def holder(path: Path) -> Holder | None:
    """Return who holds the folder, or None if it is free or nobody alive says so."""
    with suppress(OSError), path.open() as file:
        # A killed launcher's words stay in the file, and its number may be another's by now.
        return None if _try(file) else _signature(path)
    return None


def _signature(path: Path) -> Holder | None:
    try:
        found = Holder(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if lives(found.pid) else None


def _take(file: TextIO, path: Path) -> None:
    give_up = time.monotonic() + CLEANING_UP_SECONDS
    while not _try(file):
        who = _signature(path)
        if who is not None:
            where = f", {who.url}" if who.url else ""
            raise CannotStart(
                f"Andon already runs here (pid {who.pid}{where})."
                f" Stop it first: Ctrl-C where it runs, or kill {who.pid}."
            )
        if time.monotonic() > give_up:
            raise CannotStart(
                f"{path} is held, but nobody says by whom: another start or stop is under way."
            )
        time.sleep(POLL_SECONDS)


def _try(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
