"""Ask a malware scanner what it finds in a file. Off unless ANDON_EVIDENCE_SCANNER names one."""

import shlex
import socket
import struct
import subprocess
from dataclasses import dataclass
from typing import IO

from django.conf import settings

# A worker that takes longer than its claim is taken for dead.
SECONDS = 15
_PIECE = 64 * 1024


class NoAnswer(Exception):
    """The scanner did not say yes or no. It is asked again later; until then nothing is let out."""


@dataclass(frozen=True)
class Verdict:
    """What the scanner said. `said` names what it found."""

    is_clean: bool
    said: str


def is_on() -> bool:
    return bool(settings.EVIDENCE.scanner)


def ask(file: IO[bytes]) -> Verdict:
    """Hand a file to the scanner.

    Raises:
        NoAnswer: if it cannot be reached, takes too long, or says neither yes nor no.
    """
    kind, _colon, rest = settings.EVIDENCE.scanner.partition(":")
    try:
        if kind == "command":
            return _by_command(shlex.split(rest), file)
        return _by_socket(kind, rest, file)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise NoAnswer(type(error).__name__) from error


def _by_command(command: list[str], file: IO[bytes]) -> Verdict:
    """As clamscan and clamdscan end: 0 is clean, 1 is a find, all else no answer."""
    # A pipe of our own would have to be filled while the answer is read; a file needs no thread.
    done = subprocess.run(  # noqa: S603 - whoever runs Andon names the command, nobody else
        command, stdin=_real(file), capture_output=True, timeout=SECONDS, check=False
    )
    said = done.stdout.decode(errors="replace").strip().splitlines()
    words = said[0] if said else ""
    if done.returncode not in (0, 1):
        raise NoAnswer(f"ended with {done.returncode}")
    return Verdict(done.returncode == 0, words[:200])


def _real(file: IO[bytes]) -> IO[bytes]:
    # What is small was kept in memory until now.
    file.fileno()
    file.seek(0)
    return file


def _by_socket(kind: str, address: str, file: IO[bytes]) -> Verdict:
    """As clamd speaks: zINSTREAM, pieces after their length, an empty one, one line back."""
    with _connected(kind, address) as line:
        line.sendall(b"zINSTREAM\0")
        while piece := file.read(_PIECE):
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
        said = b""
        while b"\0" not in said and len(said) < 4096:
            more = line.recv(1024)
            if not more:
                break
            said += more
    answer = said.partition(b"\0")[0].decode(errors="replace").removeprefix("stream: ").strip()
    if answer == "OK":
        return Verdict(True, answer)
    if answer.endswith(" FOUND"):
        return Verdict(False, answer.removesuffix(" FOUND")[:200])
    raise NoAnswer("neither OK nor FOUND")


def _connected(kind: str, address: str) -> socket.socket:
    if kind == "unix":
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(SECONDS)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS)
