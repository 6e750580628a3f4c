"""Which ports Andon answers on, and whether they are free."""

import errno
import socket
from collections.abc import Mapping

from config.launch.refusal import CannotStart

HOST = "127.0.0.1"
USUAL = 8000
HIGHEST = 65_535


def choose(environ: Mapping[str, str], *, web: str | None = None) -> tuple[int, int]:
    """Return the ports of the web pages and of the gate.

    Raises:
        CannotStart: if one is not a number from 1 to 65535, or both are the same.
    """
    port = _read("PORT", web or environ.get("PORT") or str(USUAL))
    gate = _read("ANDON_GATE_PORT", environ.get("ANDON_GATE_PORT") or str(port + 1))
    if port == gate:
        raise CannotStart(f"PORT and ANDON_GATE_PORT are both {port}: give two different ports.")
    return port, gate


def _read(name: str, value: str) -> int:
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 0
    if not 1 <= number <= HIGHEST:
        raise CannotStart(f"{name} is {value!r}: give a number from 1 to {HIGHEST}.")
    return number


def refuse_taken(port: int, gate: int) -> None:
    """Raise CannotStart if something answers on one of the ports already."""
    for name, number in (("PORT", port), ("ANDON_GATE_PORT", gate)):
        why = why_not(number)
        if why:
            # Both move together unless the gate's port was chosen by itself.
            other = "ANDON_GATE_PORT" if number == gate != port + 1 else "PORT"
            raise CannotStart(
                f"{name} {number} cannot be used: {why}."
                f" Choose another: make run {other}={_two_free_after(gate)}"
            )


def why_not(port: int) -> str:
    """Return why a server cannot listen on the port, or an empty string if it can."""
    with socket.socket() as asking:
        asking.settimeout(1)
        # BSD and macOS let us bind one address where another program listens on all of them.
        if asking.connect_ex((HOST, port)) == 0:
            return "another program is using it"
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen(1)
        except OSError as error:
            return _in_words(error)
    return ""


def _in_words(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program is using it"
    if error.errno == errno.EACCES:
        return "only the administrator may listen there"
    return error.strerror or str(error)


def _two_free_after(port: int) -> int:
    candidates = range(max(port, USUAL) + 1, HIGHEST)
    return next((one for one in candidates if not why_not(one) and not why_not(one + 1)), USUAL)
