"""What shows an outsider that a stream is the one that was sealed. Reads only.

Call it inside `verification.one_moment()`, so that chain, proof and checkpoint fit each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from audit import merkle
from audit.chain import stamp
from audit.links import BATCH, stream_of_rows
from audit.models import Checkpoint, Entry

_HASHES = """
    SELECT e.hash FROM audit_leaf AS l JOIN audit_entry AS e ON e.id = l.entry_id
     WHERE l.place < %s ORDER BY l.place
"""


class NotSealed(Exception):
    """No entry of the stream is under a checkpoint yet."""


@dataclass(frozen=True)
class Proof:
    """The newest checkpoint, and the way from the last entry that it seals to its root."""

    checkpoint: Checkpoint
    document: dict[str, Any]


def chain_of(stream: str) -> Iterator[dict[str, Any]]:
    """Yield each entry of a stream with its text, if that is still there, from the first on."""
    rows = Entry.objects.filter(stream=stream).select_related("remark").order_by("seq")
    for entry in rows.iterator(chunk_size=BATCH):
        said = getattr(entry, "remark", None)
        yield {
            "stream": entry.stream,
            "seq": entry.seq,
            "at": stamp(entry.at),
            "prev": entry.prev,
            "hash": entry.hash,
            "body": entry.body,
            "remark": {"salt": said.salt, "text": said.text} if said else None,
        }


def proof_of(stream: str) -> Proof:
    """Return what proves that the newest checkpoint seals a stream. Reads the whole tree.

    Raises:
        NotSealed: if it does not seal any of it.
    """
    checkpoint = Checkpoint.objects.order_by("-number").first()
    size = checkpoint.size if checkpoint else 0
    sealed = Entry.objects.filter(stream=stream, leaf__place__lt=size).select_related("leaf")
    last = sealed.order_by("-seq").first()
    if checkpoint is None or last is None:
        raise NotSealed(f"no entry of {stream} is sealed yet")
    hashes = (hash_ for (hash_,) in stream_of_rows(_HASHES, [size]))
    place = last.leaf.place
    document = {
        "stream": stream,
        "seq": last.seq,
        "hash": last.hash,
        "place": place,
        "size": size,
        "path": merkle.path(place, hashes, size),
    }
    return Proof(checkpoint, document)
