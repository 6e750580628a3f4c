"""What a checkpoint of the record says, and whose it is. Pure: keys come in.

A checkpoint names how many entries the record had and the root of the tree over them. It is signed,
names the one before it by its hash, and is kept where nobody who rewrites the database can reach.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit import seal
from audit.chain import GENESIS, canonical, stamp
from audit.seal import BadDocument, Key, Seal

KIND = "andon-checkpoint"
VERSION = 1
FIRST = GENESIS
# Longer is no line of ours, and nobody shall have us read a gigabyte of it.
LONGEST = 16_384


class Foreign(Exception):
    """A checkpoint of another installation; the message says whose, and what ours is."""


@dataclass(frozen=True)
class Said:
    """What a checkpoint says. `text` is all of it with its signatures, in one line."""

    log: str
    number: int
    size: int
    root: str
    previous: str
    made_at: str
    settled_at: str
    made_by: str
    text: str

    @property
    def digest(self) -> str:
        """The hash by which the next one names this: of the canonical text of its document."""
        return digest(json.loads(self.text)["document"])


def digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(document).encode()).hexdigest()


@dataclass(frozen=True)
class Ring:
    """The keys of an installation: those that sign, the first before all, and all that count."""

    seals: tuple[Seal, ...]
    known: Mapping[str, Key]

    @classmethod
    def of(cls, seals: Sequence[Seal], more: Iterable[Key] = ()) -> "Ring":
        known = [each.key for each in seals] + list(more)
        return cls(tuple(seals), {key.id: key for key in known})

    @property
    def key(self) -> Key:
        """That with which is signed now."""
        return self.seals[0].key

    def sign(self, document: dict[str, Any]) -> str:
        """Return a document in one line with its signature and, beside it, those of older keys.

        So that whoever knows only an older key can follow to the newer one.
        """
        first, *older = [each.signature(document) for each in self.seals]
        return canonical({"document": document, "signature": first, "older": older})


def document(
    *,
    log: str,
    number: int,
    size: int,
    root: str,
    previous: str,
    made_at: datetime,
    settled_at: datetime,
    made_by: str,
) -> dict[str, Any]:
    """Return what is signed.

    Args:
        settled_at: every entry that is earlier than this is among the `size`.
    """
    return {
        "kind": KIND,
        "version": VERSION,
        "log": log,
        "number": number,
        "size": size,
        "root": root,
        "previous": previous,
        "made_at": stamp(made_at),
        "settled_at": stamp(settled_at),
        "made_by": made_by,
    }


def read(text: str) -> Said:
    """Return what a line says, whoever signed it.

    Raises:
        BadDocument: if it is no checkpoint, or of a version that is not known here.
    """
    if len(text) > LONGEST:
        raise BadDocument("This is no checkpoint: it is too long for one.")
    said, _signature = seal.parts(text)
    if said.get("kind") != KIND or said.get("version") != VERSION:
        raise BadDocument(f"This is no {KIND} of version {VERSION}.")
    numbers = [said.get("number"), said.get("size")]
    names = ("log", "root", "previous", "made_at", "settled_at", "made_by")
    if not all(type(each) is int and 0 <= each < 2**63 for each in numbers) or not all(
        isinstance(said.get(name), str) for name in names
    ):
        raise BadDocument("This checkpoint does not say what one must.")
    words = {name: said[name] for name in names}
    return Said(number=said["number"], size=said["size"], text=text, **words)


def opened(text: str, ring: Ring) -> Said:
    """Return what a line says, once one of its signatures was checked with a key that is known.

    Raises:
        BadDocument: if it is no checkpoint, or was changed.
        Foreign: if it was signed with none of these keys.
    """
    said = read(text)
    sealed = json.loads(text)
    signatures = [sealed["signature"], *_older(sealed)]
    ours = [each for each in signatures if each.get("key_id") in ring.known]
    if not ours:
        raise Foreign(
            f"Checkpoint {said.number} is of another installation: {said.made_by} signed it with"
            f" the key {sealed['signature']['key_id']}. The keys of this one are"
            f" {', '.join(ring.known)}."
        )
    for each in ours:
        seal.check(sealed["document"], str(each.get("value")), ring.known[each["key_id"]])
    return said


def _older(sealed: dict[str, Any]) -> list[dict[str, Any]]:
    older = sealed.get("older", [])
    if not isinstance(older, list) or not all(isinstance(each, dict) for each in older):
        raise BadDocument("This checkpoint does not say what one must.")
    return older
