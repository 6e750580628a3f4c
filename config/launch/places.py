"""Where the servers keep data and sockets, and as whom they run. Makes these folders."""

import fcntl
import hashlib
import os
import pwd
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.launch.refusal import CannotStart

# A socket's path may have 104 bytes on macOS and 108 on Linux, its ending NUL included.
LONGEST_SOCKET_PATH = 100
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432"
DURABLE_TEMP = Path("/var/tmp")  # noqa: S108 - used only through private(), which checks the owner
NOTE = "WHERE-THE-DATA-IS.txt"


@dataclass(frozen=True)
class Account:
    """Whom the servers run as when the launcher is root, which PostgreSQL refuses to be."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Places:
    """`var` belongs to the checkout; `data` and `sockets` to the servers."""

    var: Path
    data: Path
    sockets: Path
    account: Account | None

    @property
    def logs(self) -> Path:
        return self.var / "log"


def make_var(var: Path) -> None:
    """Make the folder of this checkout; other accounts may pass it, not list it.

    Raises:
        CannotStart: if it cannot be made.
    """
    try:
        if not var.exists():
            var.mkdir(parents=True)
            var.chmod(0o711)
    except OSError as error:
        raise CannotStart(
            f"{var} cannot be made ({error.strerror}): set ANDON_VAR to a folder of your own."
        ) from error


def make(var: Path) -> Places:
    """Find and make the folders of this installation.

    Raises:
        CannotStart: if a folder cannot be made, or belongs to someone else.
    """
    try:
        account = _account(var / "pg")
        (var / "log").mkdir(mode=0o700, exist_ok=True)
        data = _data(var, account)
        places = Places(var, data, _sockets(var, data, account), account)
        own(places.sockets, account)
    except PermissionError as error:
        raise CannotStart(
            f"{error.filename or var} cannot be written: set ANDON_VAR to a folder of your own."
        ) from error
    return places


def own(folder: Path, account: Account | None) -> None:
    """Make the folder, readable by the servers' account alone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account and folder.stat().st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def reaches(account: Account, path: Path) -> bool:
    """Tell whether the account may enter the folder, or run the file.

    A process of that account tries: mode bits alone know nothing of access
    lists, mounts or network file systems.

    Raises:
        CannotStart: if this root may not become another user.
    """
    try:
        tried = subprocess.run(
            ["/bin/sh", "-c", 'test -x "$1"', "sh", path],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
    except PermissionError as error:
        raise CannotStart(
            "PostgreSQL does not run as root, and this root may not become another user:"
            " start as an ordinary user, or set DATABASE_URL and REDIS_URL."
        ) from error
    return tried.returncode == 0


def private(folder: Path) -> Path:
    """Make a folder in a place that all may write to; others may pass it, not list it.

    Raises:
        CannotStart: if someone else made it first.
    """
    try:
        folder.mkdir(mode=0o711)
        # The umask may have taken away the right to pass.
        folder.chmod(0o711)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise CannotStart(
                f"{folder} is not a folder of yours: remove it, or set ANDON_VAR to a short path"
                " that every user may pass."
            ) from None
    return folder


def clear(where: Places) -> None:
    """Remove the folder that only sockets needed; it stays if one is still in it."""
    if where.sockets.parent in (where.var, where.data):
        return
    with suppress(OSError):
        where.sockets.rmdir()
        where.sockets.parent.rmdir()


def hold(folder: Path) -> bool:
    """Lock the folder for as long as this process lives; return False if another holds it."""
    guard = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(guard)
        return False
    return True


def marked(parent: Path, var: Path) -> Path:
    """Return the name of this installation's folder in a shared place."""
    mark = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return parent / f"andon-{os.geteuid()}-{mark}"


def _account(pg: Path) -> Account | None:
    owner = pg.stat().st_uid if pg.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise CannotStart(
                f"{pg} belongs to another user (uid {owner}): start as the user who made it,"
                " or set ANDON_VAR to a folder of your own."
            )
        return None
    if owner:
        # Data that an ordinary user made stay that user's.
        return Account(owner, pg.stat().st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "PostgreSQL does not run as root, and there is no account 'nobody' to run it as:"
            " start as an ordinary user, or set DATABASE_URL and REDIS_URL."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _data(var: Path, account: Account | None) -> Path:
    pg = var / "pg"
    if pg.is_symlink():
        return _hold(private(Path(os.readlink(pg)).parent))
    if account is None or reaches(account, var):
        return var
    if pg.exists():
        raise CannotStart(
            f"The database in {pg} lies under a folder that only root may enter, and PostgreSQL"
            " does not run as root. Move the checkout, or set ANDON_VAR to where the data are."
        )
    elsewhere = _hold(private(marked(DURABLE_TEMP, var)))
    pg.symlink_to(elsewhere / "pg")
    (var / NOTE).write_text(
        f"PostgreSQL does not run as root, and no other user may enter {var}.\n"
        f"So the data are in {elsewhere}.\n"
        "Many systems remove what lies there untouched for 30 days. For data that stay,\n"
        "start with ANDON_VAR set to a folder that every user may pass.\n"
    )
    return elsewhere


def _hold(folder: Path) -> Path:
    # Two copies of a checkout would share the folder; and systemd-tmpfiles spares a locked one.
    if not hold(folder):
        raise CannotStart(f"Another start of Andon uses {folder}: stop that one first.")
    return folder


def _sockets(var: Path, data: Path, account: Account | None) -> Path:
    if _fits(data / "run"):
        return data / "run"
    for temp in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - see DURABLE_TEMP
        folder = marked(temp, var)
        if _fits(folder / "run") and (account is None or reaches(account, temp)):
            return private(folder) / "run"
    raise CannotStart(f"{data} is too long a path for a socket: set ANDON_VAR to a shorter one.")


def _fits(folder: Path) -> bool:
    # PostgreSQL's clients take a comma for the end of a host name.
    name = os.fsencode(folder) + LONGEST_SOCKET_NAME.encode()
    return len(name) <= LONGEST_SOCKET_PATH and b"," not in name
