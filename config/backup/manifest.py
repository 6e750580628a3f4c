"""What a backup says of itself: what it holds, of which moment, and the hashes to check it by."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from config.backup.tools import Refused

NAME, FORM = "manifest.json", 1
DATABASE, EVIDENCE = "database.dump", "evidence.tar"
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Record:
    """How far the record was: entries and streams, and one hash over the head of each stream."""

    entries: int
    streams: int
    heads: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says. `taken_at` in ISO format; `files` are name, bytes, SHA-256."""

    taken_at: str
    version: str
    server: str
    record: Record
    files: dict[str, tuple[int, str]]
    form: int = FORM


def record() -> Record:
    """Return how far the record is, as this transaction sees it."""
    digest, streams, entries = hashlib.sha256(), 0, 0
    with connection.cursor() as cursor:
        cursor.execute('SELECT stream, seq, hash FROM audit_head ORDER BY stream COLLATE "C"')
        for stream, seq, head in cursor:
            digest.update(f"{stream} {seq} {head}\n".encode())
            streams += 1
            entries += seq
    return Record(entries, streams, digest.hexdigest())


def fingerprint(file: Path) -> tuple[int, str]:
    """Return the size and the SHA-256 of a file, read piece by piece."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(_BLOCK):
            digest.update(piece)
    return file.stat().st_size, digest.hexdigest()


def write(folder: Path, manifest: Manifest) -> None:
    text = json.dumps(dataclasses.asdict(manifest), indent=2)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """Return what a backup says, after a look whether its files are what it says.

    Raises:
        Refused: if the folder holds no backup, one of another form, or a file is missing or other.
    """
    try:
        told: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except OSError:
        raise Refused(f"{folder} holds no backup: there is no {NAME}.") from None
    except ValueError:
        raise Refused(f"{folder / NAME} is no JSON: the backup is torn.") from None
    if not isinstance(told, dict) or told.get("form") != FORM:
        raise Refused(f"{folder / NAME} is not of form {FORM}: take the Andon that wrote it.")
    try:
        files = {name: (int(size), str(sha)) for name, (size, sha) in told["files"].items()}
        found = Manifest(**told | {"files": files, "record": Record(**told["record"])})
    except (TypeError, KeyError, ValueError, AttributeError):
        raise Refused(f"{folder / NAME} says less than a backup does: it is torn.") from None
    for name, said in found.files.items():
        _check(folder, name, said)
    return found


def _check(folder: Path, name: str, said: tuple[int, str]) -> None:
    if name not in (DATABASE, EVIDENCE) or not (folder / name).is_file():
        raise Refused(f"{name} is missing in {folder}.")
    if fingerprint(folder / name) != said:
        raise Refused(f"{folder / name} is not what was written: its SHA-256 is another.")
