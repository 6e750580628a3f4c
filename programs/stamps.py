"""What a stamp beside a record says, and whether the record may be taken in. Pure.

The sheet of a program is all that is needed to judge: a gate hands it out, and the web makes
one of its own. Source: docs/collector-protocol.md.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from programs import rfc3339, signing
from programs.reach import Place

NO_DIGEST = "-"
LONGEST = 1000
# How far a collector's clock may be ahead.
FUTURE = timedelta(seconds=30)

_KIND = "andon1"
# Of the column that keeps it.
_LARGEST_GENERATION = 2**63 - 1
_GENERATION = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}|-", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Malformed(Exception):
    """This is no stamp; the message is a sentence."""


class Reason(StrEnum):
    """Why a record is refused, in one word."""

    MALFORMED = "malformed"
    PROGRAM = "program"
    UNKNOWN_COLLECTOR = "unknown_collector"
    SIGNATURE = "signature"
    STOPPED = "stopped"
    GENERATION = "generation"
    FUTURE = "future"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp that can be read; whether it is true is another question."""

    program: str
    collector: str
    generation: int
    captured_at: datetime
    captured_at_text: str
    digest: str
    signature: str

    def is_signed(self, root: bytes) -> bool:
        """True if the key of this collector in this generation signed it; takes the same time."""
        key = signing.stamp_key(root, collector=self.collector, generation=self.generation)
        return hmac.compare_digest(self.signature, signing.stamp_signature(key, self._lines()))

    def _lines(self) -> tuple[str, ...]:
        return (
            self.program,
            self.collector,
            str(self.generation),
            self.captured_at_text,
            self.digest,
        )


class Standing(NamedTuple):
    """A collector that has its place in the program, and what it is told now."""

    collector_id: int
    place: Place
    state: str
    generation: int

    @property
    def collecting(self) -> bool:
        return self.state == "collecting"


class Judgement(NamedTuple):
    """What becomes of a record; `reason` and `detail` say why it is refused."""

    accepted: bool
    reason: str = ""
    detail: str = ""

    @property
    def is_of_the_past(self) -> bool:
        """True if the signature is right and the generation is over, or may be."""
        return self.reason in (Reason.STOPPED, Reason.GENERATION)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one program's stamps are judged by, at one moment."""

    program: str
    root: bytes
    collectors: Mapping[str, Standing]
    now: datetime


def read(text: Any) -> Stamp:
    """Read a stamp.

    Raises:
        Malformed: if it is none; the message names the part.
    """
    parts = text.split(";") if isinstance(text, str) and len(text) <= LONGEST else []
    if len(parts) != 7 or parts[0] != _KIND or not text.isprintable():
        raise Malformed(f"A stamp is one line: {_KIND} and six more parts between semicolons.")
    _, program, collector, generation, captured_at, digest, signature = parts
    if not (program and collector):
        raise Malformed("The stamp names no program or no collector.")
    if not _GENERATION.fullmatch(generation) or int(generation) > _LARGEST_GENERATION:
        raise Malformed("The stamp's generation is not a whole number.")
    captured = rfc3339.read(captured_at)
    if captured is None:
        raise Malformed("The stamp's time of capture is not RFC 3339 in UTC.")
    if not _DIGEST.fullmatch(digest) or not _SIGNATURE.fullmatch(signature):
        raise Malformed("The stamp's digest or signature is not 64 small hex digits.")
    return Stamp(program, collector, int(generation), captured, captured_at, digest, signature)


def judge(sheet: Sheet, stamp: Stamp, *, sha256: str | None = None) -> Judgement:
    """Say whether a record with this stamp may be taken in.

    The signature comes before the generation: a forged stamp is never one of the past.

    Args:
        sha256: of the record's bytes, in hex; None: not compared.
    """
    if stamp.program != sheet.program:
        return _refuse(Reason.PROGRAM, f"The stamp is not of the program {sheet.program}.")
    standing = sheet.collectors.get(stamp.collector)
    if standing is None:
        return _refuse(Reason.UNKNOWN_COLLECTOR, "The program has no such collector.")
    if not stamp.is_signed(sheet.root):
        said = f"This is not the signature of {stamp.collector} in generation {stamp.generation}."
        return _refuse(Reason.SIGNATURE, said)
    return _judge_time(stamp, standing) or _judge_record(sheet, stamp, sha256)


def _judge_time(stamp: Stamp, standing: Standing) -> Judgement | None:
    if not standing.collecting:
        said = f"{stamp.collector} does not collect; it is {standing.state}."
        return _refuse(Reason.STOPPED, said)
    if stamp.generation != standing.generation:
        said = f"Generation {stamp.generation} is not the present one, {standing.generation}."
        return _refuse(Reason.GENERATION, said)
    return None


def _judge_record(sheet: Sheet, stamp: Stamp, sha256: str | None) -> Judgement:
    if stamp.captured_at > sheet.now + FUTURE:
        seconds = int(FUTURE.total_seconds())
        said = f"The time of capture lies more than {seconds} s in the future."
        return _refuse(Reason.FUTURE, said)
    if sha256 is not None and stamp.digest != sha256.lower():
        return _refuse(Reason.DIGEST, "The stamp is of another record.")
    return Judgement(accepted=True)


def _refuse(reason: Reason, detail: str) -> Judgement:
    return Judgement(accepted=False, reason=reason, detail=detail)
