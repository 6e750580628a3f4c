"""The embedded servers of one machine: for evaluation, development and tests, never production."""

from collections.abc import Mapping

from config.launch import binaries
from config.launch.places import Places
from config.launch.postgres import Postgres
from config.launch.redis import Redis


def postgres(where: Places, *, environ: Mapping[str, str], fast: bool = False) -> Postgres:
    """Return the PostgreSQL of these places; PG_BIN_DIR names another one's programs.

    Raises:
        CannotStart: if there is none, or only one that cannot read the data.
    """
    version = where.data / "pg" / "PG_VERSION"
    made_by = version.read_text().strip() if version.exists() else ""
    program = binaries.find_postgres(environ, made_by=made_by)
    return Postgres(program, where, fast=fast)


def redis(where: Places, *, environ: Mapping[str, str], fast: bool = False) -> Redis | None:
    """Return the Redis of these places, or None if this machine has none.

    Raises:
        CannotStart: if REDIS_SERVER names something that is no Redis.
    """
    program = binaries.find_redis(environ)
    return Redis(program, where, fast=fast) if program else None
