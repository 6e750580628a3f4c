"""Read what was sent about a store that Andon does not look at by itself, by its kind. Pure."""

from collections.abc import Callable, Mapping

from programs.watch.connectors import buckets, listed, posix
from programs.watch.connectors.taking import Taken

READERS: Mapping[str, Callable[[bytes], Taken]] = {
    "list": listed.read,
    "bucket": buckets.read,
    "posix": posix.read,
}


def read(kind: str, body: bytes) -> Taken:
    """Return who may read.

    Raises:
        taking.Unreachable: if it cannot be read as what it should be.
    """
    return READERS[kind](body)
