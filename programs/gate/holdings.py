"""Which leases the database knows of, and since when. Decides what may be renewed from memory.

Only the ledger and the feed write here. Pure.
"""

from dataclasses import dataclass

from programs import signing
from programs.gate.registry import STALE_SECONDS

# A pause takes a lease for run out when its row is older than the lease, a third of it and
# STALE_SECONDS (programs.stops). One second of that is kept for clocks that differ.
_MARGIN_SECONDS = STALE_SECONDS - 1


@dataclass(slots=True)
class Held:
    """One collector's lease as it is written."""

    generation: int
    # The gate's clock before the latest grant or renewal that has been committed.
    written: float
    signing_key: str


class Holdings:
    """The leases of this gate's collectors; one each, the latest."""

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._held: dict[int, Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def take(self, collector_id: int, *, generation: int, written: float) -> Held:
        """Remember a lease that is in the database."""
        key = signing.key_for(self._master, collector_id=collector_id, generation=generation)
        held = self._held[collector_id] = Held(generation, written, key.hex())
        return held

    def note(self, collector_id: int, *, generation: int, written: float) -> None:
        """Remember that a renewal given at `written` is committed."""
        held = self._held.get(collector_id)
        if held and held.generation == generation:
            held.written = max(held.written, written)

    def renewable(
        self, collector_id: int, *, generation: int, lease_seconds: int, now: float
    ) -> Held | None:
        """Return the lease if it may be extended before that is written down.

        Its row must not look run out to a pause that comes before the next note, not even
        if this gate dies first. An older lease is written again before it is answered.
        """
        held = self._held.get(collector_id)
        if held is None or held.generation != generation:
            return None
        return held if now - held.written <= lease_seconds / 3 + _MARGIN_SECONDS else None
