"""What `run`, `servers` and `env` do, step by step."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from config.launch import installation, lock, ports, servers, session
from config.launch.console import Console, table
from config.launch.refusal import CannotStart
from config.launch.session import Session
from config.launch.stack import Demo, Stack, read_demo


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line; `port` as typed."""

    port: str | None = None
    demo: bool = True
    redis: bool = True


@dataclass(frozen=True)
class Urls:
    """Where the servers answer; `redis` is empty where there is none.

    `known` is true of a database of ours that was there before this start.
    """

    database: str
    redis: str
    known: bool = False

    def env(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database, "REDIS_URL": self.redis}


def run(options: Options, environ: Mapping[str, str]) -> None:
    """Start all of Andon and keep it alive until asked to stop.

    Raises:
        CannotStart: with the sentence to show.
    """
    kind = installation.kind(environ)
    needed = ("DATABASE_URL", "REDIS_URL") if options.redis else ("DATABASE_URL",)
    installation.refuse_embedded(environ, needed)
    port, gate_port = ports.choose(environ, web=options.port)
    url, var = f"http://localhost:{port}", installation.var(environ)
    with session.on(var, url=url, console=Console()) as now:
        ports.refuse_taken(port, gate_port)
        urls = _servers(now, options, environ)
        shared = {
            **urls.env(),
            "ANDON_ENV": kind,
            "ANDON_VAR": str(var),
            "PORT": str(port),
            "ANDON_GATE_PORT": str(gate_port),
        }
        now.lock.tell(url=url, env=shared)
        own = {"SECRET_KEY": installation.secret_key(environ), "PYTHONUNBUFFERED": "1"}
        stack = Stack(port, gate_port, {**installation.without_files(environ), **shared, **own})
        demo = _start(stack, now, urls=urls, demo=options.demo and kind != "production")
        _tell(now.console, stack, url=url, demo=demo)
        now.supervisor.watch()


def only_servers(environ: Mapping[str, str]) -> None:
    """Start PostgreSQL and Redis alone; print their URLs as shell lines on standard output.

    Raises:
        CannotStart: with the sentence to show.
    """
    own = ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE")
    unset = {name: value for name, value in environ.items() if name not in own}
    installation.refuse_embedded(unset, ("DATABASE_URL", "REDIS_URL"))
    with session.on(installation.var(environ), url="", console=Console()) as now:
        urls = _servers(now, Options(), unset)
        now.lock.tell(url="", env=urls.env())
        Console(sys.stdout).line(_as_shell(urls.env()))
        now.supervisor.watch()


def print_env(environ: Mapping[str, str]) -> None:
    """Print the environment of the launcher that runs, for `eval` in a shell.

    Raises:
        CannotStart: if none runs.
    """
    var = installation.var(environ)
    holder = lock.holder(var / "lock")
    if holder is None or not holder.env:
        raise CannotStart(f"Andon does not run on {var}: start it with make run.")
    lines = [_as_shell(holder.env)]
    key = var / "secret_key"
    if key.exists() and not installation.told("SECRET_KEY", environ):
        # Read when the line is evaluated, so that it never stands on a screen.
        lines.append(f'export SECRET_KEY="$(cat {shlex.quote(str(key))})"')
    Console(sys.stdout).line("\n".join(lines))


def _servers(now: Session, options: Options, environ: Mapping[str, str]) -> Urls:
    others = partial(installation.servers_of_others, environ=environ, where=now.where)
    database_url = others("DATABASE_URL")
    redis_url = others("REDIS_URL") if options.redis else ""
    postgres = None if database_url else servers.postgres(now.where, environ=environ)
    redis = None
    if options.redis and not redis_url:
        redis = servers.redis(now.where, environ=environ)
    if not redis and not redis_url:
        why = "No Redis found" if options.redis else "Redis is left out"
        now.console.step(f"{why}: the engine does the workers' part")
    now.supervisor.start(*(server.child() for server in (redis, postgres) if server))
    if redis:
        now.console.step(f"Redis {redis.program} is ready")
    is_new = postgres.create_database() if postgres else False
    if postgres:
        new = f", with a new database in {postgres.data}" if is_new else ""
        now.console.step(f"PostgreSQL {postgres.program} is ready{new}")
    return Urls(
        postgres.url() if postgres else database_url,
        redis.url if redis else redis_url,
        known=postgres is not None and not is_new,
    )


def _start(stack: Stack, now: Session, *, urls: Urls, demo: bool) -> Demo | None:
    supervisor, console = now.supervisor, now.console
    supervisor.run_to_end(stack.once("migrate", "--noinput"))
    console.step("the database is up to date")
    seeded = None
    if demo:
        file = now.where.var / "demo.json"
        # Written when all of it is committed, so where both are there nothing is left to do.
        if not (urls.known and file.exists()):
            supervisor.run_to_end(stack.once("seed_demo"))
        seeded = read_demo(file)
        console.step("the demo data are there")
    workers = [stack.worker()] if urls.redis else []
    supervisor.start(stack.gate(), *stack.engines(), *workers, stack.web())
    console.step("gate, engines and web answer")
    if seeded:
        supervisor.start(*stack.collectors(seeded, var=now.where.var))
        console.step(f"{len(seeded.collectors)} demo collectors run")
    return seeded


def _tell(console: Console, stack: Stack, *, url: str, demo: Demo | None) -> None:
    console.line(f"\nAndon runs on {url}   (gate: http://localhost:{stack.gate_port})\n")
    if demo:
        rows = [(one.role, one.username, one.password) for one in demo.sign_ins]
        console.line(table(("role", "username", "password"), rows) + "\n")
    console.line(f"Logs are in {stack.env['ANDON_VAR']}/log. Ctrl-C stops Andon.\n")


def _as_shell(env: Mapping[str, str]) -> str:
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in env.items())
