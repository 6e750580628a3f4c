"""Decides what a stamp says and how it is signed. Pure: text in, text out.

A stamp travels beside a record and lets whoever takes records in check, without asking anyone,
under which generation the record was captured.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NamedTuple

from andon import wire
from andon.wire import Malformed

NO_DIGEST = "-"
LONGEST_STAMP = 1000

_KIND = "andon1"
_DIGITS = re.compile(r"[0-9]{1,19}")
_DIGEST = re.compile(r"[0-9a-f]{64}|-")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")


class Claim(NamedTuple):
    """What a stamp says of a record; `captured_at` is RFC 3339 on the gate's clock."""

    program: str
    collector: str
    generation: int
    captured_at: str
    digest: str

    def signature(self, stamp_key: bytes) -> str:
        """Return the HMAC-SHA-256 over the six lines of the protocol, in hex."""
        lines = "\n".join(["andon-stamp-v1", *(str(value) for value in self)])
        return hmac.new(stamp_key, lines.encode(), hashlib.sha256).hexdigest()

    def stamp(self, stamp_key: bytes) -> str:
        """Return the stamp: one line of text, signed."""
        return ";".join([_KIND, *(str(value) for value in self), self.signature(stamp_key)])


class Stamp(NamedTuple):
    """A stamp that can be read. Whether it is true is another question."""

    claim: Claim
    signature: str
    captured: float  # seconds since 1970

    def is_signed_with(self, stamp_key: bytes) -> bool:
        """Say whether who made it held this key. Takes as long for any wrong signature."""
        return hmac.compare_digest(self.signature, self.claim.signature(stamp_key))


def digest_of(record: bytes | str | None) -> str:
    """Return the SHA-256 of the record's bytes in hex (text counts as UTF-8), `-` for None."""
    if record is None:
        return NO_DIGEST
    return hashlib.sha256(record.encode() if isinstance(record, str) else record).hexdigest()


def key_for(stamp_root: bytes, *, collector: str, generation: int) -> bytes:
    """Return the key of this collector in this generation, from the root that a sheet carries."""
    said = f"andon-stamp-key|{collector}|{generation}"
    return hmac.new(stamp_root, said.encode(), hashlib.sha256).digest()


def read_stamp(text: str) -> Stamp:
    """Return what a stamp says.

    Raises:
        Malformed: if it is no stamp; the message names the part.
    """
    parts = text.split(";") if isinstance(text, str) and len(text) <= LONGEST_STAMP else []
    if len(parts) != 7 or parts[0] != _KIND or not text.isprintable():
        raise Malformed(f"a stamp is one line: {_KIND} and six more parts between semicolons")
    _, program, collector, generation, captured_at, digest, signature = parts
    if not (program and collector):
        raise Malformed("the stamp names no program or no collector")
    if not _DIGITS.fullmatch(generation) or str(int(generation)) != generation:
        raise Malformed("the stamp's generation is not a whole number")
    if not _DIGEST.fullmatch(digest) or not _SIGNATURE.fullmatch(signature):
        raise Malformed("the stamp's digest or signature is not 64 small hex digits")
    captured = wire.read_time(captured_at, called="the stamp's time of capture")
    claim = Claim(program, collector, int(generation), captured_at, digest)
    return Stamp(claim, signature, captured)
