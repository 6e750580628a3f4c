"""The tree of hashes over all entries of the record. Pure.

As in RFC 6962, section 2.1: a leaf is hashed behind a byte 0 and a pair behind a byte 1, so that
neither passes for the other, and the tree over n leaves never depends on what comes later.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice

EMPTY = sha256(b"").hexdigest()
_CHUNK = 1024
# Of a hash, in bytes.
_WIDTH = 32


def leaf(entry_hash: str) -> bytes:
    """Return the hash of a leaf: of the 32 bytes that the hash of an entry is."""
    return sha256(b"\x00" + bytes.fromhex(entry_hash)).digest()


def pair(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that grows at its end, kept as the roots of its full parts: one for each bit of size.

    `text` is all that must be kept to go on later.
    """

    def __init__(self, size: int = 0, parts: Sequence[bytes] = ()) -> None:
        if len(parts) != size.bit_count():
            raise ValueError(f"{len(parts)} parts do not make a tree of {size} leaves")
        self.size, self._parts = size, list(parts)

    @classmethod
    def read(cls, size: int, text: str) -> "Frontier":
        """Go on with a tree that was kept as `text`.

        Raises:
            ValueError: if the text is no tree of that size.
        """
        return cls(size, [bytes.fromhex(part) for part in text.split()])

    @property
    def text(self) -> str:
        return " ".join(part.hex() for part in self._parts)

    @property
    def root(self) -> str:
        """The hash of the whole, 64 hex digits."""
        if not self._parts:
            return EMPTY
        *parts, whole = self._parts
        for part in reversed(parts):
            whole = pair(part, whole)
        return whole.hex()

    def grow(self, hashes: Iterable[str]) -> None:
        """Add entries, by their hashes, at the end.

        Raises:
            ValueError: if one is no hash.
        """
        entries = iter(hashes)
        while chunk := list(islice(entries, _CHUNK - self.size % _CHUNK)):
            # All at once: to read each by itself took as long as to hash it.
            raw = bytes.fromhex("".join(chunk))
            if set(map(len, chunk)) != {2 * _WIDTH} or len(raw) != _WIDTH * len(chunk):
                raise ValueError("one of these is no hash")
            places = range(0, len(raw), _WIDTH)
            self._take([sha256(b"\x00" + raw[at : at + _WIDTH]).digest() for at in places])

    def _take(self, leaves: list[bytes]) -> None:
        if len(leaves) == _CHUNK:
            # A full part is hashed level by level, which is twice as fast as leaf by leaf.
            while len(leaves) > 1:
                pairs = zip(leaves[::2], leaves[1::2], strict=True)
                leaves = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            self._join(leaves[0], width=_CHUNK)
            return
        for each in leaves:
            self._join(each, width=1)

    def _join(self, part: bytes, *, width: int) -> None:
        full = self.size // width
        while full & 1:
            part = pair(self._parts.pop(), part)
            full >>= 1
        self._parts.append(part)
        self.size += width


def siblings(place: int, size: int) -> list[tuple[int, int]]:
    """Return the ranges of leaves whose hashes lead from one leaf to the root, nearest first.

    Args:
        place: of the leaf, from 0.
        size: of the tree.

    Raises:
        ValueError: if the tree has no such leaf.
    """
    if not 0 <= place < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {place}")
    found, start, end = [], 0, size
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if place < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def path(place: int, hashes: Iterable[str], size: int) -> list[str]:
    """Return the hashes that lead from a leaf to the root, 64 hex digits each.

    Args:
        hashes: of all entries of the tree, in their order; read once.
    """
    ranges = siblings(place, size)
    parts = {each: Frontier() for each in ranges}
    ordered = sorted(ranges)
    entries = enumerate(hashes)
    for start, end in ordered:
        wanted = (each for at, each in entries if start <= at)
        parts[start, end].grow(islice(wanted, end - start))
    return [parts[each].root for each in ranges]


def root_of(entry_hash: str, place: int, size: int, steps: Sequence[str]) -> str:
    """Return the root to which a path leads from an entry.

    Raises:
        ValueError: if there is no such leaf, or the path has another length than to it.
    """
    ranges = siblings(place, size)
    if len(ranges) != len(steps):
        raise ValueError(f"the path has {len(steps)} steps and needs {len(ranges)}")
    whole = leaf(entry_hash)
    for (start, _end), step in zip(ranges, steps, strict=True):
        other = bytes.fromhex(step)
        whole = pair(whole, other) if start > place else pair(other, whole)
    return whole.hex()
