"""One PostgreSQL for one machine: makes its data folder, clears what a crash left, starts it.

Data are made aside and renamed, so a killed first start leaves nothing half made.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from config.launch.binaries import Program, Version, within_reach
from config.launch.children import Child, Stage, dies_with_parent
from config.launch.living import command_line
from config.launch.places import Places, own
from config.launch.refusal import CannotStart

PORT = 5432
USER = "postgres"
# A crash can leave gigabytes of log to replay.
RECOVERY_SECONDS = 90.0
ORPHAN_SECONDS = 30.0
FIRST_WITH_BUILTIN_LOCALE: Version = (17,)
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "track_commit_timestamp": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # No replica follows an evaluation: write less.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
# For data that nobody will miss: a crash may destroy them.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """The server of one data folder. Sockets only; who reaches them is the superuser."""

    def __init__(self, program: Program, where: Places, *, fast: bool = False) -> None:
        self.program = program
        self._path = within_reach(program, where)
        self._where = where
        self._fast = fast
        self.data = where.data / "pg"

    def url(self, database: str = "andon") -> str:
        # With a port: PGPORT in somebody's environment would lead elsewhere.
        host = quote(str(self._where.sockets), safe="")
        return f"postgres://{USER}@/{database}?host={host}&port={PORT}"

    def child(self) -> Child:
        """Return how to start it. SIGINT ends sessions and stops; SIGTERM would wait for them."""
        settings = {
            **SETTINGS,
            "unix_socket_directories": '"' + str(self._where.sockets).replace('"', '""') + '"',
            **(FAST if self._fast else {}),
        }
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        return Child(
            name="postgres",
            command=(str(self._path), "-D", str(self.data), "-p", str(PORT), *options),
            stage=Stage.SERVERS,
            env=_environment(),
            cwd=Path("/"),
            account=self._where.account,
            stop=signal.SIGINT,
            hurry=signal.SIGQUIT,
            prepare=self.prepare,
            ready=self.ready,
            patience=RECOVERY_SECONDS,
        )

    def prepare(self) -> None:
        """Make the data folder if there is none, and clear the way after a crash.

        Call it only while holding the folder's lock: a server found on these
        data is then an orphan, and is stopped.
        """
        if not (self.data / "PG_VERSION").exists():
            self._make()
        self._clear_the_way()

    def ready(self) -> bool:
        """Tell whether it accepts connections; its pid file says so in the eighth line."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def create_database(self, name: str = "andon") -> bool:
        """Create the database; return False if it was there."""
        # Half of a warm start's time; it passes while PostgreSQL starts, not before.
        import psycopg  # noqa: PLC0415
        from psycopg import sql  # noqa: PLC0415

        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=10) as database:
            known = database.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone():
                return False
            database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return True

    def _make(self) -> None:
        if self.data.exists() and any(self.data.iterdir()):
            raise CannotStart(f"{self.data} holds something, but no PostgreSQL data: move it away.")
        making = self.data.with_name("pg.new")
        shutil.rmtree(making, ignore_errors=True)
        own(making, self._where.account)
        self._initdb(making)
        with suppress(FileNotFoundError):
            self.data.rmdir()
        making.rename(self.data)

    def _initdb(self, folder: Path) -> None:
        builtin = self.program.version >= FIRST_WITH_BUILTIN_LOCALE
        account = self._where.account
        made = subprocess.run(
            [
                self._path.with_name("initdb"),
                *("-D", folder, "-U", USER, "--auth=trust", "--encoding=UTF8"),
                *(["--locale-provider=builtin"] if builtin else []),
                *("--locale=C.UTF-8", "--no-instructions"),
                *(["--no-sync"] if self._fast else []),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            env=_environment(),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            # A Ctrl-C must not tear it down half way; it takes a second.
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        if made.returncode:
            raise CannotStart(f"PostgreSQL could not make its data folder:\n{made.stdout.strip()}")

    def _clear_the_way(self) -> None:
        pid_file = self.data / "postmaster.pid"
        pid = _first_number(pid_file)
        if pid and self._is_ours(pid):
            self._end_orphan(pid)
        for file in (pid_file, self._where.sockets / f".s.PGSQL.{PORT}.lock"):
            _disown(file)

    def _is_ours(self, pid: int) -> bool:
        return str(self.data) in command_line(pid)

    def _end_orphan(self, pid: int) -> None:
        os.kill(pid, signal.SIGINT)
        give_up = time.monotonic() + ORPHAN_SECONDS
        while self._is_ours(pid):
            if time.monotonic() > give_up:
                raise CannotStart(
                    f"A PostgreSQL that nobody looks after (pid {pid}) uses {self.data} and does"
                    f" not stop: end it with kill -QUIT {pid}."
                )
            time.sleep(0.05)


def _disown(lock: Path) -> None:
    """Make a dead server's lock file one that PostgreSQL replaces by itself.

    PostgreSQL takes any living process of its user for the one that wrote the
    file, and after a restart of the machine the number may well be another's.
    Removing the file would also remove the shared memory key, by which it sees
    that sessions of the dead server still write. So the file is kept, in the
    name of the new server's parent, which PostgreSQL never takes for a rival.
    """
    if not lock.exists():
        return
    lines = lock.read_text(errors="replace").splitlines()
    if not _first_number(lock):
        # Cut short by the crash: PostgreSQL refuses such a file.
        lock.unlink()
        return
    # The eighth line would still say "ready".
    lock.write_text("\n".join([str(os.getpid()), *lines[1:7]]) + "\n")


def _first_number(file: Path) -> int:
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _environment() -> dict[str, str]:
    # Not ours: a server has no use for the product's secrets.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
