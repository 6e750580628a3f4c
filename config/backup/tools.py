"""Which pg_dump and pg_restore to run, and how they reach the database."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.launch import binaries


class Refused(Exception):
    """It was not done, or not to its end; the message says why."""


def tool(name: str) -> Path:
    """Return `pg_dump` or `pg_restore`: that of PG_BIN_DIR, else the newest that is here.

    An older one than the server cannot read it.

    Raises:
        Refused: if there is none.
    """
    found = [path for path in _candidates(name) if path.is_file()]
    if not found:
        raise Refused(
            f"{name} is not here: install PostgreSQL's client programs of the server's version or"
            " newer, or name their folder in PG_BIN_DIR."
        )
    return max(found, key=binaries.version_of)


def _candidates(name: str) -> list[Path]:
    chosen, on_path = os.environ.get("PG_BIN_DIR"), shutil.which(name)
    if chosen:
        return [Path(chosen) / name]
    folders = [Path(on_path).parent] if on_path else []
    return [folder / name for folder in (*folders, *binaries.folders_of_postgres())]


def run(name: str, *arguments: str, database: Mapping[str, Any]) -> None:
    """Run a tool against a database, as Django's settings name it.

    Raises:
        Refused: if it fails, with the last line that it said.
    """
    done = subprocess.run(
        [tool(name), *arguments],
        env=_environment(database),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise Refused(f"{name} ended with {done.returncode}: {said}")


def _environment(database: Mapping[str, Any]) -> dict[str, str]:
    """How libpq is told; the password is no argument, which all could read."""
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {name: str(database.get(key) or "") for name, key in names.items()}
    given["PGDATABASE"] = str(database["NAME"])
    options = database.get("OPTIONS", {})
    for key in ("sslmode", "sslrootcert", "sslcert", "sslkey"):
        given[f"PG{key.upper()}"] = str(options.get(key, ""))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {name: value for name, value in given.items() if value}
