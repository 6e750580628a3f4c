"""Write who can read as one canonical text, name it by its digest, and tell two apart. Pure."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from programs.watch.graph import Effective

# Of what came and went as many names are kept beside the counts.
SHOWN = 200
BETWEEN = " > "
# Far more than a million readers; whoever sends more than that sends no list of readers.
LARGEST = 512 * 1024 * 1024


@dataclass(frozen=True)
class Listed:
    """Everybody who can read, one a line: kind, name and why, tab-separated, sorted."""

    digest: str
    packed: bytes


@dataclass(frozen=True)
class Diff:
    """What came and went from one look to the next; names are of the first of each."""

    added: int
    removed: int
    moved: int
    names_added: tuple[str, ...]
    names_removed: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        return not (self.added or self.removed or self.moved)


def listed(found: Effective) -> Listed:
    """Return who can read as a digest and a packed text."""
    principals = found.store.principals
    lines = []
    for key in found.readers:
        who = principals[key]
        # Tabs and lines within a name would make two readers of one.
        why = _plain(BETWEEN.join(found.why(key)))
        lines.append(f"{who.kind}\t{_plain(who.name)}\t{why}")
    lines.sort()
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return Listed(hashlib.sha256(text).hexdigest(), zlib.compress(text, 3))


def _plain(text: str) -> str:
    return " ".join(text.split()) if "\t" in text or "\n" in text or "\r" in text else text


def diff(before: bytes, after: bytes) -> Diff:
    """Compare two packed texts."""
    old, new = _read(before), _read(after)
    added, removed = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    moved = sum(old[who] != why for who, why in new.items() if who in old)
    return Diff(
        len(added),
        len(removed),
        moved,
        tuple(_shown(who) for who in added[:SHOWN]),
        tuple(_shown(who) for who in removed[:SHOWN]),
    )


def _read(packed: bytes) -> dict[str, str]:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(packed, LARGEST).decode("utf-8", "surrogatepass")
    found = {}
    for line in text.split("\n") if text else ():
        kind, name, why = line.split("\t", 2)
        found[f"{kind}\t{name}"] = why
    return found


def names(packed: bytes) -> Iterator[tuple[str, list[str]]]:
    """Yield each reader's name, and the parts of why it reads, from the grant on."""
    for who, why in _read(packed).items():
        yield _shown(who), why.split(BETWEEN)


def _shown(who: str) -> str:
    return who.partition("\t")[2]
