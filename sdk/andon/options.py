"""Decides which words the command line takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from andon.protocol import BUFFERS
from andon.version import VERSION

Adder = Callable[..., argparse.ArgumentParser]

_SECRETS = (
    "The token is read from {}, never from an argument: arguments can be read by everyone on the "
    "machine."
)
_CODES = "Exit code: {}, 2 for a wrong option or setting."


def parser() -> argparse.ArgumentParser:
    """Return the parser of all that stands before `--`."""
    top = argparse.ArgumentParser(
        prog="andon", description="Run a collector under its gate; look, stop and report."
    )
    top.add_argument("--version", action="version", version=f"andon-sdk {VERSION}")
    actions = top.add_subparsers(dest="action", required=True)
    for add in (_add_run, _add_status, _add_verify, _add_pause, _add_report):
        add(actions.add_parser)
    return top


def _add_run(add: Adder) -> None:
    run = add(
        "run",
        usage="andon run [options] -- COMMAND [ARGUMENT ...]",
        help="run a command only while its program may collect",
        epilog=_SECRETS.format("ANDON_TOKEN") + " Exit code: the command's; 128 + n if signal n "
        "ended it; 2 for a wrong option; 3 if the gate stopped it and --once was given.",
    )
    _add_place(run, "gate")
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


def _add_status(add: Adder) -> None:
    status = add(
        "status",
        help="ask once whether a program may collect",
        epilog="Asks the gate with a collector's token (ANDON_TOKEN), or else Andon's API with a "
        "person's (ANDON_API_TOKEN), there also for all programs. "
        + _CODES.format("0 collecting, 3 not collecting, 4 no usable answer"),
    )
    _add_place(status, "gate", "or of Andon's pages, usually $ANDON_URL")
    _add_manner(status)


def _add_verify(add: Adder) -> None:
    verify = add(
        "verify",
        help="check the stamps of records",
        epilog=_SECRETS.format("ANDON_INGEST_TOKEN")
        + " "
        + _CODES.format("0 if every stamp is accepted, 3 if one is refused, 4 no usable answer"),
    )
    verify.add_argument("stamp", nargs="*", help="usually one a line on standard input")
    verify.add_argument("--record", metavar="FILE", help="the record of the one stamp")
    _add_place(verify, "gate")
    _add_manner(verify)


def _add_pause(add: Adder) -> None:
    pause = add(
        "pause",
        help="pull the cord: stop a program",
        epilog=_SECRETS.format("ANDON_API_TOKEN")
        + " "
        + _CODES.format("0 paused, 3 refused, 4 no usable answer, 5 not proven in time"),
    )
    _add_place(pause, "Andon's pages")
    pause.add_argument("--reason", default="", help="why; - reads standard input")
    pause.add_argument(
        "--wait",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="wait until every collector is known to have stopped, at most so long",
    )
    _add_manner(pause)


def _add_report(add: Adder) -> None:
    report = add(
        "report",
        help="report an exposure of data",
        epilog=_SECRETS.format("ANDON_API_TOKEN")
        + " "
        + _CODES.format("0 filed, 3 refused, 4 no usable answer"),
    )
    report.add_argument("title", help="what can be seen, in one line; not the data themselves")
    _add_place(report, "Andon's pages")
    report.add_argument("--dataset", metavar="SLUG")
    report.add_argument(
        "--audience", choices=("few_inside", "everyone_inside", "outside", "unknown")
    )
    report.add_argument("--still-open", choices=("yes", "no", "unknown"))
    report.add_argument("--pause", action="store_true", help="pull the cord; needs the program")
    report.add_argument("--detail", default="", help="more words; - reads standard input")
    report.add_argument("--found-how", metavar="WORDS")
    report.add_argument("--reference", metavar="ID", help="the report's id in your system")
    report.add_argument("--occurred-from", metavar="TIME", help="RFC 3339 with its zone")
    report.add_argument("--drill", action="store_true", help="must agree with the program")
    report.add_argument(
        "--key", help="the same key makes one incident, however often it is sent; usually random"
    )
    _add_manner(report)


def _add_place(to: argparse.ArgumentParser, whose: str, more: str = "") -> None:
    variable = "$ANDON_GATE_URL" if whose == "gate" else "$ANDON_URL"
    to.add_argument("--program", metavar="SLUG", help="usually $ANDON_PROGRAM")
    to.add_argument("--url", help=f"address of the {whose}, usually {variable} {more}".strip())


def _add_manner(to: argparse.ArgumentParser) -> None:
    to.add_argument("--json", action="store_true", help="print JSON, one object a line")
    to.add_argument(
        "--timeout", type=_seconds, default=5.0, metavar="SECONDS", help="of a question, usually 5"
    )


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 3600:
        raise argparse.ArgumentTypeError("must be between 0 and 3600 seconds")
    return value
