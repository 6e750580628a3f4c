"""A throw-away PostgreSQL and Redis for one run of tests or measurements."""

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from config.launch import places, servers
from config.launch.children import Process
from config.launch.supervisor import until_ready

PREFIX = "andon-test-"
# A folder this young may belong to a run that has not locked it yet.
LEFTOVER_SECONDS = 300.0
END_SECONDS = 5.0


def start(environ: Mapping[str, str] = os.environ, *, fast: bool = True) -> dict[str, str]:
    """Return DATABASE_URL and REDIS_URL of servers that live as long as this process.

    What is set already is returned as it is, and nothing is started for it.
    REDIS_URL is empty where there is no Redis. Call it once, from the main
    thread: the kernel stops the servers when that thread ends, however it does.

    Args:
        fast: write nothing through to the disk, as a crash may destroy these data. A
            measurement wants what production pays.

    Raises:
        CannotStart: if there is no PostgreSQL, or a server does not become ready.
    """
    given = {name: environ[name] for name in ("DATABASE_URL", "REDIS_URL") if environ.get(name)}
    if len(given) == 2:
        return given
    where = _throw_away()
    postgres = (
        None if "DATABASE_URL" in given else servers.postgres(where, environ=environ, fast=fast)
    )
    redis = None if "REDIS_URL" in given else servers.redis(where, environ=environ, fast=fast)
    processes: list[Process] = []
    atexit.register(_end, processes, where, os.getpid())
    for child in (server.child() for server in (redis, postgres) if server):
        child.prepare()
        processes.append(Process(child, log=where.logs / f"{child.name}.log"))
    for process in processes:
        until_ready(process, wait=time.sleep)
    if postgres:
        postgres.create_database()
        given["DATABASE_URL"] = postgres.url()
    return {"REDIS_URL": redis.url if redis else "", **given}


def _throw_away() -> places.Places:
    _remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    folder.chmod(0o711)
    places.hold(folder)
    return places.make(folder)


def _remove_leftovers() -> None:
    """Remove what runs left that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            old = time.time() - folder.stat().st_mtime > LEFTOVER_SECONDS
            if old and folder.stat().st_uid == os.geteuid() and places.hold(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _end(processes: list[Process], where: places.Places, owner: int) -> None:
    # A test may fork, and the child must not end what its parent uses.
    if os.getpid() != owner:
        return
    for process in processes:
        process.signal(process.child.hurry)
    for process in processes:
        process.ends_within(END_SECONDS)
        process.sweep()
    for folder in {where.var, where.data, where.sockets.parent}:
        shutil.rmtree(folder, ignore_errors=True)
