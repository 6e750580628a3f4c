"""Write a backup of one moment: the database, the evidence in a local folder, and a manifest."""

import shutil
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.actors import Actor
from audit import clockwork, outbox, trail
from config.backup import manifest, tools
from config.backup.manifest import DATABASE, EVIDENCE, Manifest
from config.backup.tools import Refused
from config.context import version

BACKUP = Actor(name="backup", via="command")
STREAM, TAKEN = "house:backups", "backup.taken"
PREFIX, HALF = "andon-", ".part"


def take(into: Path, *, keep: int = 0) -> Path:
    """Write a backup into a folder of its own there, and return that.

    Args:
        keep: so many of the newest are kept, this one among them; all if it is 0.

    Raises:
        Refused: if it cannot be written as a whole. What was half written is removed.
    """
    name = f"{PREFIX}{datetime.now(tz=UTC):%Y-%m-%dT%H%M%SZ}"
    half, whole = into / f"{name}{HALF}", into / name
    try:
        into.mkdir(parents=True, exist_ok=True)
        half.mkdir(mode=0o700)
    except OSError as error:
        raise Refused(f"{into}: {error.strerror or error}; give a folder to write to.") from error
    try:
        said = _write(half)
        half.rename(whole)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    _record(whole, said)
    if keep:
        _remove_old(into, keep)
    return whole


def _write(folder: Path) -> Manifest:
    database = folder / DATABASE
    with transaction.atomic(), connection.cursor() as cursor:
        # What the manifest says and what is dumped are of one moment.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version'), now()")
        snapshot, server, moment = cursor.fetchone()
        record = manifest.record()
        tools.run(
            "pg_dump",
            *("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"),
            *("--no-password", f"--file={database}"),
            database=connection.settings_dict,
        )
    # After the database: what a row names was stored before it, so nothing named is missing.
    files = {DATABASE: manifest.fingerprint(database)}
    if _evidence(folder / EVIDENCE):
        files[EVIDENCE] = manifest.fingerprint(folder / EVIDENCE)
    said = Manifest(moment.astimezone(UTC).isoformat(), version(), server, record, files)
    manifest.write(folder, said)
    return said


def _evidence(into: Path) -> bool:
    """Pack what is kept in the local folder; False where there is none."""
    kept = settings.ENVIRONMENT.evidence
    if not kept.is_dir():
        return False
    with tarfile.open(into, "w") as packed:
        for file in sorted(kept.rglob("*")):
            if file.is_file() and not file.is_symlink():
                packed.add(file, arcname=str(file.relative_to(kept)), recursive=False)
    return True


@transaction.atomic
def _record(folder: Path, said: Manifest) -> None:
    facts: dict[str, Any] = {
        "backup": folder.name,
        "bytes": sum(size for size, _sha in said.files.values()),
        "sha256": said.files[DATABASE][1],
        "entries": said.record.entries,
    }
    event = outbox.publish("house.backup_taken", **facts, at=clockwork.now().isoformat())
    trail.record(TAKEN, event, actor=BACKUP, stream=STREAM, **facts)


def _remove_old(into: Path, keep: int) -> None:
    there = sorted(
        folder
        for folder in into.glob(f"{PREFIX}*")
        if folder.is_dir() and not folder.name.endswith(HALF)
    )
    for folder in there[:-keep]:
        shutil.rmtree(folder)
