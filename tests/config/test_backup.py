"""Backups: of one moment, whole or refused, and put back only into an empty database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import Entry
from config.backup import manifest, proving, restoring, taking, tools
from config.backup.tools import Refused
from tests import make

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def backup(transactional_db, tmp_path):
    """A backup of an incident."""
    make.incident()
    return taking.take(tmp_path / "backups")


@pytest.fixture
def empty_database(transactional_db):
    """The address of another database of the same server."""
    there = connection.settings_dict
    name = f"{there['NAME']}_restored"
    admin = {"host": there["HOST"], "port": there["PORT"], "user": there["USER"]}
    with psycopg.connect(dbname="postgres", autocommit=True, **admin) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        yield f"postgres://{there['USER']}@/{name}?host={there['HOST']}&port={there['PORT']}"
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def restored(folder, into, evidence):
    env = os.environ | {
        "DATABASE_URL": into,
        "ANDON_EVIDENCE": str(evidence),
        "ANDON_ENV": "test",
        "REDIS_URL": "",
        "SECRET_KEY": "test",
    }
    return subprocess.run(
        [sys.executable, "manage.py", "restore", str(folder), "--json"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_was_backed_up_is_put_back_whole_once(backup, empty_database, tmp_path):
    done = restored(backup, empty_database, tmp_path / "evidence")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["entries"] == manifest.read(backup).record.entries
    again = restored(backup, empty_database, tmp_path / "evidence")
    assert again.returncode == 1
    assert "The database is not empty" in again.stderr


def test_a_backup_is_recorded_and_the_page_knows_it(backup):
    found = proving.standing()
    assert found.taken.facts["backup"] == backup.name
    assert (found.proven, found.failed) == (None, None)
    assert Entry.objects.get(action=taking.TAKEN).stream == taking.STREAM


@pytest.mark.django_db
def test_into_a_database_that_holds_something_nothing_is_put_back(tmp_path):
    files = {"database.dump": (0, "")}
    (tmp_path / "database.dump").touch()
    files["database.dump"] = manifest.fingerprint(tmp_path / "database.dump")
    record = manifest.Record(0, 0, "")
    manifest.write(tmp_path, manifest.Manifest("2026", "0", "18", record, files))
    with pytest.raises(Refused, match="not empty"):
        restoring.restore(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (None, None, "holds no backup"),
        ("manifest.json", "{", "no JSON"),
        ("manifest.json", "[]", "not of form 1"),
        ("manifest.json", '{"form": 2}', "not of form 1"),
        ("manifest.json", '{"form": 1}', "says less"),
        ("manifest.json", '{"form": 1, "files": []}', "says less"),
    ],
)
def test_what_is_no_backup_is_refused_with_the_reason(tmp_path, name, content, said):
    if name:
        (tmp_path / name).write_text(content)
    with pytest.raises(Refused, match=said):
        manifest.read(tmp_path)


def written(folder, **files):
    told = {name: manifest.fingerprint(folder / name) for name in files.values()}
    record = manifest.Record(0, 0, "")
    manifest.write(folder, manifest.Manifest("2026", "0", "18", record, told))


def test_a_file_that_was_changed_or_lost_is_found(tmp_path):
    dump = tmp_path / "database.dump"
    dump.write_bytes(b"dump")
    written(tmp_path, database="database.dump")
    assert manifest.read(tmp_path).files
    dump.write_bytes(b"Dump")
    with pytest.raises(Refused, match="SHA-256 is another"):
        manifest.read(tmp_path)
    dump.unlink()
    with pytest.raises(Refused, match="is missing"):
        manifest.read(tmp_path)


def test_a_name_that_leads_elsewhere_is_no_file_of_a_backup(tmp_path):
    (tmp_path / "other").write_bytes(b"x")
    written(tmp_path, other="other")
    with pytest.raises(Refused, match="other is missing"):
        manifest.read(tmp_path)


@pytest.mark.django_db
def test_where_nothing_can_be_written_no_backup_is_taken(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="give a folder to write to"):
        call_command("backup", tmp_path / "file")


@pytest.mark.django_db(transaction=True)
def test_what_was_half_written_is_removed(tmp_path, monkeypatch):
    def fail(*_arguments, **_options):
        raise Refused("pg_dump ended with 1: disk full")

    monkeypatch.setattr(tools, "run", fail)
    with pytest.raises(Refused, match="disk full"):
        taking.take(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_so_many_are_kept(tmp_path):
    for day in range(1, 5):
        (tmp_path / f"andon-2026-01-0{day}T000000Z").mkdir()
    (tmp_path / "other").mkdir()
    taking._remove_old(tmp_path, 2)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "andon-2026-01-03T000000Z",
        "andon-2026-01-04T000000Z",
        "other",
    ]


def test_the_password_is_no_argument_of_the_tools(monkeypatch):
    told = {}

    class Done:
        returncode = 0

    monkeypatch.setattr(tools, "tool", Path)
    monkeypatch.setattr(
        tools.subprocess, "run", lambda line, **options: told.update(options, line=line) or Done
    )
    tools.run("pg_dump", "--x", database={"NAME": "n", "PASSWORD": "s3cret", "HOST": "h"})
    assert "s3cret" not in str(told["line"])
    assert told["env"]["PGPASSWORD"] == "s3cret"
    assert settings.DATABASES
