"""Put checkpoints where nobody who rewrites the database can reach them.

The only module that writes Deposit.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from audit.models import Checkpoint, Deposit

FILE = "audit.deposit_in_file"
SUFFIX = ".jsonl"
Place = Deposit.Place


def note(checkpoint: Checkpoint, place: str, where: str, *, token: bytes = b"") -> None:
    """Write down that a place has a checkpoint. Safe to call again."""
    Deposit.objects.get_or_create(
        checkpoint=checkpoint, place=place, where=where, defaults={"token": token}
    )


def in_file(payload: dict[str, Any]) -> Callable[[], None]:
    """Add a checkpoint to the file of its day; return what to write of it.

    A line that is there twice, as after a crash, says nothing else than once.
    """
    checkpoint = Checkpoint.objects.get(number=payload["number"])
    folder: Path = settings.RECORD.folder
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    path = folder / f"checkpoints-{checkpoint.made_at:%Y-%m-%d}{SUFFIX}"
    # Nothing but additions: so the folder may be one that allows no other change.
    line = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(line, f"{checkpoint.text}\n".encode())
        os.fsync(line)
    finally:
        os.close(line)
    return lambda: note(checkpoint, Place.FILE, path.name)


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield every checkpoint in a file, or in the files of a folder, with the name of its file.

    Raises:
        OSError: if it cannot be read.
    """
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as opened:
            # In pieces of a bounded size: whoever gives a wrong file gives a large one.
            while line := opened.readline(1_000_000):
                if line.strip():
                    yield line.strip(), file.name
