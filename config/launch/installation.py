"""What the environment says of this installation, and the secret that it keeps."""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import unquote

from config.launch.places import Places
from config.launch.refusal import CannotStart
from config.launch.stack import ROOT

KINDS = ("development", "production", "test")
# Each may come from a file instead: NAME_FILE names it, as the settings allow.
SECRET_NAMES = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


def kind(environ: Mapping[str, str]) -> str:
    """Return development, production or test.

    Raises:
        CannotStart: if ANDON_ENV is something else.
    """
    told = environ.get("ANDON_ENV") or "development"
    if told not in KINDS:
        raise CannotStart(f"ANDON_ENV is {told!r}: give one of {', '.join(KINDS)}.")
    return told


def var(environ: Mapping[str, str]) -> Path:
    """Return the folder of everything that this installation writes."""
    return Path(environ.get("ANDON_VAR") or ROOT / "var").resolve()


def told(name: str, environ: Mapping[str, str]) -> str:
    """Return the value of the variable, or of the file that NAME_FILE names; empty if neither.

    Raises:
        OSError: if the file cannot be read.
    """
    file = environ.get(f"{name}_FILE")
    return Path(file).read_text().strip() if file else environ.get(name, "").strip()


def without_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for children: what was read from files is passed as it is."""
    files = {f"{name}_FILE" for name in SECRET_NAMES}
    return {name: value for name, value in environ.items() if name not in files}


def servers_of_others(name: str, *, environ: Mapping[str, str], where: Places) -> str:
    """Return the URL of a server that is not ours to start; empty if ours is wanted."""
    url = told(name, environ)
    # A shell that evaluated our own `env` still names the servers that we are to start.
    return "" if str(where.sockets) in unquote(url) else url


def refuse_embedded(environ: Mapping[str, str], names: Iterable[str]) -> None:
    """Raise CannotStart if this is production and a server's URL is missing."""
    if kind(environ) != "production":
        return
    missing = " and ".join(name for name in names if not told(name, environ))
    if missing:
        raise CannotStart(
            f"ANDON_ENV=production needs {missing}: the servers that Andon brings along are for"
            " evaluation and development on one machine."
        )


def secret_key(environ: Mapping[str, str]) -> str:
    """Return the secret key: the one told, else the one kept in var, made at the first start."""
    given = told("SECRET_KEY", environ)
    if given:
        return given
    file = var(environ) / "secret_key"
    if not file.exists() or not file.read_text().strip():
        making = file.with_name("secret_key.new")
        making.touch(mode=0o600)
        making.chmod(0o600)
        making.write_text(secrets.token_urlsafe(64))
        making.replace(file)
    return file.read_text().strip()
