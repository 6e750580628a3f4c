"""The command `andon`: run a command under a gate, or ask a gate once. Decides the exit codes."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPException

from andon import clock
from andon.connection import Line, NoStream
from andon.endpoint import ConfigError, program_from
from andon.gate import Gate
from andon.gates import gates_from
from andon.listener import STREAM_PATH
from andon.protocol import BUFFERS, COLLECTING, News, read_news
from andon.run import Plan, Supervisor
from andon.sse import events
from andon.version import VERSION
from andon.wire import Malformed

EXIT_COLLECTING = 0
EXIT_USAGE = 2
EXIT_STOPPED = 3
EXIT_UNKNOWN = 4

_SETTINGS = (
    "The token is read from ANDON_TOKEN, never from an argument: arguments can be read by "
    "everyone on the machine."
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    # All after the first -- belongs to the command, also what looks like our own options.
    cut = given.index("--") if "--" in given else len(given)
    parser = _parser()
    options = parser.parse_args(given[:cut])
    command = given[cut + 1 :]
    try:
        if options.action == "status":
            return _status(options)
        _check_run(parser, options, command)
        return _run(options, command)
    except ConfigError as trouble:
        sys.stderr.write(f"andon: {trouble}\n")
        return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="andon", description="A collector's gate.")
    parser.add_argument("--version", action="version", version=f"andon-sdk {VERSION}")
    actions = parser.add_subparsers(dest="action", required=True)
    _add_run(actions.add_parser)
    _add_status(actions.add_parser)
    return parser


def _add_run(add: Callable[..., argparse.ArgumentParser]) -> None:
    run = add(
        "run",
        usage="andon run [options] -- COMMAND [ARGUMENT ...]",
        help="run a command only while its program may collect",
        epilog=f"{_SETTINGS} Exit code: the command's; 128 + n if signal n ended it; 2 for a wrong "
        "option; 3 if the gate stopped it and --once was given.",
    )
    _add_gate_options(run)
    run.add_argument(
        "--grace",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help="from SIGTERM to SIGKILL when the gate stops the command; 0 to 3600, usually 5",
    )
    run.add_argument(
        "--restart",
        choices=("never", "on-failure", "always"),
        default="never",
        help="what to do when the command ends by itself; usually never",
    )
    run.add_argument("--once", action="store_true", help="do not start again after a stop")
    run.add_argument(
        "--buffer",
        choices=BUFFERS,
        default="empty",
        help="what the command leaves of undelivered data when it is stopped; usually empty",
    )


def _add_status(add: Callable[..., argparse.ArgumentParser]) -> None:
    status = add(
        "status",
        help="ask once whether a program may collect",
        epilog=f"{_SETTINGS} Exit code: 0 collecting, 3 paused or not collecting, "
        "4 no usable answer, 2 for a wrong option.",
    )
    _add_gate_options(status)
    status.add_argument("--json", action="store_true", help="print one JSON object")
    status.add_argument(
        "--timeout", type=_seconds, default=5.0, metavar="SECONDS", help="usually 5"
    )


def _add_gate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--program", metavar="SLUG", help="usually $ANDON_PROGRAM")
    parser.add_argument("--url", help="address of the gate, usually $ANDON_GATE_URL")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 3600:
        raise argparse.ArgumentTypeError("must be between 0 and 3600 seconds")
    return value


def _check_run(
    parser: argparse.ArgumentParser, options: argparse.Namespace, command: list[str]
) -> None:
    if not command:
        parser.error("put -- before the command: andon run --program SLUG -- COMMAND")
    if options.once and options.restart != "never":
        parser.error("--once runs the command at most once: it takes no --restart")
    if os.name != "posix":
        parser.error("run needs process groups, which this system lacks: use the library")


def _run(options: argparse.Namespace, command: list[str]) -> int:
    supervisor = Supervisor(Plan(command, options.grace, options.restart, options.once))
    gate = Gate(
        options.program,
        options.url,
        version=f"andon-run/{VERSION}",
        buffer=options.buffer,
        halt=supervisor.halt,
        on_start=supervisor.start,
        start=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("andon: %(message)s"))
    log = logging.getLogger("andon")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    return supervisor.run(gate)


def _status(options: argparse.Namespace) -> int:
    program = program_from(options.program)
    line = Line(gates_from(options.url, None), clock.now)
    try:
        news = _ask(line, program, options.timeout)
    except (OSError, HTTPException, Malformed, NoStream) as trouble:
        reason = f"no usable answer: {trouble or type(trouble).__name__}"
        said: dict[str, object] = {"program": program, "state": "unknown", "reason": reason}
        code = EXIT_UNKNOWN
    else:
        said = {
            "program": program,
            "state": news.state,
            "generation": news.generation,
            "reason": news.reason,
        }
        code = EXIT_COLLECTING if news.state == COLLECTING else EXIT_STOPPED
    if options.json:
        sys.stdout.write(json.dumps(said) + "\n")
    else:
        number = f" (generation {said['generation']})" if "generation" in said else ""
        sys.stdout.write(f"{program}: {said['reason']}{number}\n")
    return code


def _ask(line: Line, program: str, timeout: float) -> News:
    # The stream tells the state without asking for a lease: a question from a terminal must
    # not look like a collector that runs.
    chunks = line.stream(STREAM_PATH + program, timeout=timeout, silence=timeout)
    with closing(chunks):
        for name, data in events(_until(chunks, time.monotonic() + timeout)):
            if name == "state":
                return read_news(data, program=program)
    raise ConnectionError("the stream ended without a state")


def _until(chunks: Iterator[bytes], deadline: float) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        if time.monotonic() > deadline:
            raise TimeoutError("the stream did not tell the state in time")
