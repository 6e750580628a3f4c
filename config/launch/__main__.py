"""Start Andon on this machine: `python -m config.launch run`, `servers` or `env`."""

import argparse
import os
import sys

from config.launch import commands
from config.launch.refusal import CannotStart


def main(arguments: list[str] | None = None) -> int:
    """Return 0 after a clean stop, 1 if Andon could not start; the reason is on standard error."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "servers":
            commands.only_servers(os.environ)
        elif asked.command == "env":
            commands.print_env(os.environ)
        else:
            commands.run(commands.Options(asked.port, asked.demo, asked.redis), os.environ)
    except CannotStart as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error.filename or 'The machine'}: {error.strerror or error}.\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config.launch", description=__doc__)
    commands_ = parser.add_subparsers(dest="command", required=True)
    run = commands_.add_parser("run", help="start all of Andon and stay in front")
    run.add_argument("--port", help="the port of the pages; the gate's is one above (PORT, 8000)")
    run.add_argument(
        "--no-demo", dest="demo", action="store_false", help="no demo data, no demo collectors"
    )
    run.add_argument(
        "--no-redis", dest="redis", action="store_false", help="no Redis, no Celery worker"
    )
    commands_.add_parser("servers", help="start PostgreSQL and Redis alone and print their URLs")
    commands_.add_parser("env", help="print the environment of the Andon that runs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
