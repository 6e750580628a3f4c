"""A PostgreSQL that holds a program's data, for the drill of an exposure; gone afterwards.

On loopback, and with passwords: it is reached as a store of others is.
"""

import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import LiteralString

import psycopg

from config.launch import places, servers
from config.launch.children import Process
from config.launch.supervisor import until_ready

END_SECONDS = 10.0
DATABASE, TABLE, WATCH = "postgres", "study.keys", "andon_watch"
_ACCESS = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


@dataclass
class Store:
    """Where it is. `tell` does something there as its superuser, as a careless hand would."""

    port: int
    sockets: Path
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def tell(self, *words: LiteralString) -> None:
        with psycopg.connect(
            host=str(self.sockets), port=self.port, user="postgres", dbname=DATABASE
        ) as line:
            for each in words:
                line.execute(each)

    def set_up(self) -> None:
        """Make the table, a team that may read it, and a role for the watch without any right."""
        self.tell(
            "CREATE ROLE team NOLOGIN",
            "CREATE ROLE ana LOGIN IN ROLE team",
            "CREATE ROLE everybody_else LOGIN",
            "CREATE ROLE andon_watch LOGIN",
            "CREATE SCHEMA study",
            "CREATE TABLE study.keys (who text, what text)",
            "INSERT INTO study.keys SELECT 'p' || n, 'typed' FROM generate_series(1, 100) n",
            "GRANT USAGE ON SCHEMA study TO PUBLIC",
            "GRANT SELECT ON study.keys TO team",
        )
        with psycopg.connect(
            host=str(self.sockets), port=self.port, user="postgres", dbname=DATABASE
        ) as line:
            line.execute(
                psycopg.sql.SQL("ALTER ROLE andon_watch PASSWORD {}").format(self.password)
            )


@contextmanager
def running(port: int) -> Iterator[Store]:
    """Start one on a port of loopback; stop and remove it in the end.

    Raises:
        CannotStart: if there is no PostgreSQL, or it does not become ready.
    """
    folder = Path(tempfile.mkdtemp(prefix="andon-store-")).resolve()
    # PostgreSQL runs as another user when we are root, and must get through.
    folder.chmod(0o711)
    where = places.make(folder)
    server = servers.postgres(where, environ={}, fast=True)
    child = server.child()
    own = ("-c", "listen_addresses=127.0.0.1", "-c", f"port={port}")
    child = replace(child, command=(*child.command, *own))
    process = None
    try:
        child.prepare()
        (server.data / "pg_hba.conf").write_text(_ACCESS)
        process = Process(child, log=where.logs / "store.log")
        until_ready(process, wait=time.sleep)
        store = Store(port, where.sockets)
        store.set_up()
        yield store
    finally:
        if process:
            process.signal(child.hurry)
            process.ends_within(END_SECONDS)
            process.sweep()
        for each in {where.var, where.data, where.sockets.parent}:
            shutil.rmtree(each, ignore_errors=True)
