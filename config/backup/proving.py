"""Prove that a backup can be put back: do it, in a throw-away database, and record that.

What was never restored is no backup. The record says which was tried last, and what came of it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from audit import outbox, trail
from audit.models import Entry
from config.backup import manifest
from config.backup.taking import BACKUP, STREAM, TAKEN
from config.backup.tools import Refused
from config.launch import testing
from config.launch.refusal import CannotStart

PROVEN, FAILED = "restore.proven", "restore.failed"


@dataclass(frozen=True)
class Known:
    """The newest of something in the record: when, and what is said of it."""

    at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True)
class Standing:
    """The last backup, the last restore that was proven, and the last that failed since then."""

    taken: Known | None
    proven: Known | None
    failed: Known | None


def standing() -> Standing:
    """Return what the record says of backups."""
    taken, proven, failed = (_newest(act) for act in (TAKEN, PROVEN, FAILED))
    if proven and failed and failed.at < proven.at:
        failed = None
    return Standing(taken, proven, failed)


def _newest(act: str) -> Known | None:
    entry = Entry.objects.filter(stream=STREAM, action=act).order_by("-seq").first()
    return Known(entry.at, json.loads(entry.body)["facts"]) if entry else None


def prove(folder: Path) -> dict[str, Any]:
    """Restore a backup into a PostgreSQL of its own, check it, record that; return what it said.

    Raises:
        Refused: if it could not be put back, which is recorded too.
    """
    begun = time.monotonic()
    try:
        said = manifest.read(folder)
        found = _restored(folder)
    except (Refused, CannotStart) as refusal:
        _note(FAILED, backup=folder.name, why=str(refusal)[:300])
        raise Refused(str(refusal)) from refusal
    facts = {
        "backup": folder.name,
        "taken_at": said.taken_at,
        "entries": found["entries"],
        "files": found["files"],
        "seconds": round(time.monotonic() - begun),
    }
    _note(PROVEN, **facts)
    return facts


def _restored(folder: Path) -> dict[str, Any]:
    server = testing.start({"REDIS_URL": "none"}, fast=True)
    with tempfile.TemporaryDirectory(prefix="andon-restore-") as evidence:
        done = subprocess.run(
            [sys.executable, "manage.py", "restore", str(folder.resolve()), "--json"],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {"DATABASE_URL": server["DATABASE_URL"], "ANDON_EVIDENCE": evidence, "REDIS_URL": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise Refused((done.stderr.strip() or "no reason given").splitlines()[-1])
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@transaction.atomic
def _note(act: str, **facts: Any) -> None:
    event = outbox.publish("house.restore_tried", proven=act == PROVEN, **facts)
    trail.record(act, event, actor=BACKUP, stream=STREAM, **facts)
