"""The command `andon`: run under a gate, look, verify, pull the cord, report. Decides who acts."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from andon import asking, people
from andon.endpoint import ConfigError
from andon.gate import Gate
from andon.options import parser
from andon.output import EXIT_NO, EXIT_UNKNOWN, EXIT_USAGE, fail
from andon.run import Plan, Supervisor
from andon.version import VERSION
from andon.web import NoAnswer, Refused

_ACTIONS = {"verify": asking.verify, "pause": people.pause, "report": people.report}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line. Returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    # All after the first -- belongs to the command, also what looks like our own options.
    cut = given.index("--") if "--" in given and given[0] == "run" else len(given)
    words = parser()
    options = words.parse_args(given[:cut])
    try:
        if options.action == "run":
            command = given[cut + 1 :]
            _check_run(words, options, command)
            return _run(options, command)
        return _status(options) if options.action == "status" else _ACTIONS[options.action](options)
    except ConfigError as trouble:
        fail(options, str(trouble))
        return EXIT_USAGE
    except Refused as refusal:
        fail(options, str(refusal), **refusal.said)
        return EXIT_NO
    except NoAnswer as trouble:
        fail(options, str(trouble))
        return EXIT_UNKNOWN


def _status(options: argparse.Namespace) -> int:
    if os.environ.get("ANDON_TOKEN") or not os.environ.get("ANDON_API_TOKEN"):
        return asking.status(options)
    return people.status(options, options.program or os.environ.get("ANDON_PROGRAM") or None)


def _check_run(
    words: argparse.ArgumentParser, options: argparse.Namespace, command: list[str]
) -> None:
    if not command:
        words.error("put -- before the command: andon run --program SLUG -- COMMAND")
    if options.once and options.restart != "never":
        words.error("--once runs the command at most once: it takes no --restart")
    if os.name != "posix":
        words.error("run needs process groups, which this system lacks: use the library")


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
