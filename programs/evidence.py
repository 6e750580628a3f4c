"""What may be handed in as evidence, and for how long it counts. Reads only."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.files.base import File
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from programs.contents import Text, plain_name
from programs.controlset import Control

LARGEST = 20 * 1024 * 1024
# Where a request says that a file was dropped on its way in.
TOO_LARGE = "andon.upload_too_large"
LONGEST_NOTE = 2000
LONGEST_LINK = 500
# Clocks differ; more than that ahead is a mistake.
_AHEAD = timedelta(minutes=5)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TEXT = "text/plain"
# Office documents are ZIP files. Whatever it is, it is only ever given out as an attachment.
_KINDS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/zip",
}
ALLOWED = "a PDF, PNG, JPEG, ZIP or office document, or plain text"


class Refused(Exception):
    """This cannot be attested or decided so; the message says why and what would help."""


@dataclass(frozen=True)
class Shown:
    """What is handed in. `as_of` is when what it says was true; now if left out."""

    note: str = ""
    link: str = ""
    file: "File[bytes] | None" = None
    sha256: str = ""
    as_of: datetime | None = None


def fields(shown: Shown) -> dict[str, Any]:
    """Return what of it goes into an attestation, checked; the file is examined by itself.

    Raises:
        Refused: if there is none, or a field is wrong; the message names it.
    """
    note, link = shown.note.strip(), _link(shown.link.strip())
    if not (note or link or shown.file or shown.sha256):
        raise Refused("file: give a file, a link, or at least a note that says what was done.")
    if len(note) > LONGEST_NOTE:
        raise Refused(f"note: at most {LONGEST_NOTE} characters.")
    if shown.sha256 and not _SHA256.fullmatch(shown.sha256):
        raise Refused("sha256: 64 small hex digits.")
    as_of = shown.as_of or timezone.now()
    if as_of > timezone.now() + _AHEAD:
        raise Refused("as_of: this lies ahead; evidence is of today or earlier.")
    return {"note": note, "link": link, "sha256": shown.sha256, "as_of": as_of}


def good_until(as_of: datetime, control: Control) -> datetime:
    """Return when evidence of that moment stops to count.

    Raises:
        Refused: if that is over.
    """
    until = as_of + timedelta(days=control.good_for_days)
    if until <= timezone.now():
        raise Refused(
            f"as_of: {control.id} counts for {control.good_for_days} days, and this is older."
        )
    return until


def _link(link: str) -> str:
    if not link:
        return ""
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise Refused("link: give an address that starts with https://, without a password in it.")
    if len(link) > LONGEST_LINK or not link.isprintable():
        raise Refused(f"link: at most {LONGEST_LINK} characters that can be printed.")
    return link


@dataclass(frozen=True)
class Examined:
    """What is known of a file without believing anybody. `size` is in bytes."""

    name: str
    type: str
    size: int
    sha256: str


def examine(upload: "File[bytes]") -> Examined:
    """Read a file once, piece by piece. Nobody is believed about its kind but its first bytes.

    Raises:
        Refused: if it is empty, larger than 20 MiB, or of no kind that is taken.
    """
    digest, size = hashlib.sha256(), 0
    start, reads = b"", Text()
    for chunk in upload.chunks():
        size += len(chunk)
        if size > LARGEST:
            raise Refused(at_most())
        if len(start) < 16:
            start += chunk[:16]
        digest.update(chunk)
        reads.take(chunk)
    if not size:
        raise Refused("file: it is empty.")
    kind = next((kind for magic, kind in _KINDS.items() if start.startswith(magic)), None)
    if kind is None and reads.end():
        kind = _TEXT
    if kind is None:
        raise Refused(f"file: give {ALLOWED}.")
    return Examined(plain_name(upload.name), kind, size, digest.hexdigest())


def at_most() -> str:
    return f"file: at most {LARGEST // 1024**2} MiB."


def open_unchanged(file: FieldFile, *, sha256: str) -> "File[bytes]":
    """Open a stored file, if it is still what was attested.

    Raises:
        Refused: if it is gone, or somebody changed it.
    """
    digest = hashlib.sha256()
    try:
        opened = file.open("rb")
        for piece in opened.chunks():
            digest.update(piece)
    except OSError as error:
        raise Refused("The file cannot be read from where evidence is kept.") from error
    if digest.hexdigest() != sha256:
        opened.close()
        raise Refused("The file is no longer the one that was attested: its SHA-256 differs.")
    opened.seek(0)
    return opened
