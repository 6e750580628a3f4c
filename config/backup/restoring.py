"""Put a backup back into an empty database, and say whether all of it is there."""

import tarfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

from audit import verification
from config.backup import manifest, tools
from config.backup.manifest import DATABASE, EVIDENCE
from config.backup.tools import Refused


@dataclass(frozen=True)
class Restored:
    """What was put back. Its record is clean, and ends where that of the backup ended."""

    taken_at: str
    entries: int
    streams: int
    files: int


def restore(folder: Path) -> Restored:
    """Put a backup back into the database of the settings, and its evidence into its folder.

    Raises:
        Refused: if the database is not empty, the evidence would overwrite something, the backup
            is not whole, or the record that was put back is not that of the backup.
    """
    said = manifest.read(folder)
    if connection.introspection.table_names():
        raise Refused(
            "The database is not empty, and nothing is ever overwritten: name a new one in"
            " DATABASE_URL."
        )
    # First the files, as rows name them.
    files = _unpack(folder / EVIDENCE) if EVIDENCE in said.files else 0
    # It brings tables of its own, and a connection that stood by would plan on none.
    connection.close()
    tools.run(
        "pg_restore",
        *("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
        *("--no-password", f"--dbname={connection.settings_dict['NAME']}", str(folder / DATABASE)),
        database=connection.settings_dict,
    )
    found = manifest.record()
    if found != said.record:
        raise Refused(
            f"The record that was put back has {found.entries} entries in {found.streams} streams"
            f" and not the {said.record.entries} in {said.record.streams} of the backup, or others."
        )
    report = verification.verify()
    if not report.clean:
        first = report.flaws[0]
        raise Refused(
            f"The record that was put back is not clean: {len(report.flaws)} flaws, the first"
            f" {first.stream} #{first.seq} {first.what}."
        )
    return Restored(said.taken_at, report.entries, report.streams, files)


def _unpack(packed: Path) -> int:
    into = settings.ENVIRONMENT.evidence
    into.mkdir(parents=True, exist_ok=True)
    with tarfile.open(packed) as archive:
        members = [member for member in archive if member.isfile()]
        for member in members:
            if (into / member.name).exists():
                raise Refused(f"{into / member.name} is there already: name a new ANDON_EVIDENCE.")
        archive.extractall(into, members=members, filter="data")
    return len(members)
