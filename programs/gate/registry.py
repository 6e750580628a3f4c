"""The gate's copy of programs, pauses and keys, and what it says about a collector. Pure.

Only the feed writes here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

# The promise of docs/collector-protocol.md; programs.models states the same number to people.
STALE_SECONDS = 3
COLLECTING = "collecting"
PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Hold:
    """A pause in force. Without a dataset it concerns the whole program."""

    dataset_id: int | None
    label: str
    # Of the order that stopped the leases; None where nothing ran when the pause began.
    generation: int | None

    def concerns(self, dataset_id: int | None) -> bool:
        # A collector that does not say where it writes may write to the dataset that is paused.
        return self.dataset_id is None or dataset_id is None or self.dataset_id == dataset_id


@dataclass(frozen=True, slots=True)
class Program:
    """A program as the database had it at one moment; `holds` in the order they came."""

    id: int
    slug: str
    state: str
    generation: int
    lease_seconds: int
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """A collector's key, and whose it is."""

    key_id: str
    secret_hash: str
    expires_at: datetime
    withdrawn: bool
    collector_id: int
    collector: str
    program_id: int
    dataset_id: int | None


class Verdict(NamedTuple):
    """What one collector is told: the members of a `state` event."""

    state: str
    generation: int
    held_by: str

    @property
    def collecting(self) -> bool:
        return self.state == COLLECTING


def decide(program: Program, dataset_id: int | None) -> Verdict:
    """Say whether a collector that writes to this dataset may collect.

    A stopped collector is told the generation of the order that stopped it. Orders
    for other datasets that came later are not its to acknowledge.
    """
    holds = [hold for hold in program.holds if hold.concerns(dataset_id)]
    if not holds:
        return Verdict(program.state, program.generation, "")
    # A pause that leaves a program in the state `collecting` stops only a part of it.
    state = PAUSED if program.state == COLLECTING else program.state
    ordered = [hold.generation for hold in holds if hold.generation is not None]
    return Verdict(state, min(ordered, default=program.generation), holds[0].label)


class Registry:
    """The copy. It is worth something while it is fresh, and nothing afterwards."""

    def __init__(self) -> None:
        self.programs: dict[int, Program] = {}
        self.keys: dict[str, Key] = {}
        # Where else a collector may go; advice, and no worse for being old.
        self.gates: tuple[str, ...] = ()
        self._programs_read = self._keys_read = float("-inf")
        self._zero = datetime.fromtimestamp(0, UTC)

    def take_programs(self, programs: Iterable[Program], *, began: float) -> list[Program]:
        """Replace the programs; return those that are new or differ.

        Args:
            began: the gate's clock before the read was sent, not when it came back.
        """
        before, self.programs = self.programs, {program.id: program for program in programs}
        self._programs_read = began
        return [p for p in self.programs.values() if before.get(p.id) != p]

    def take_keys(self, keys: Iterable[Key], *, began: float) -> None:
        self.keys = {key.key_id: key for key in keys}
        self._keys_read = began

    def confirm_keys(self, *, began: float) -> None:
        """Note that the keys were compared with the database and are the same."""
        self._keys_read = began

    def take_time(self, told: datetime, *, now: float) -> None:
        """Set the wall clock by the database's: a gate's own may be wrong.

        Args:
            now: the gate's clock before the database was asked, so that what we write is never
                earlier than what the database wrote before it.
        """
        self._zero = told.astimezone(UTC) - timedelta(seconds=now)

    def time(self, now: float) -> datetime:
        """Return the database's time at a moment of the gate's clock."""
        return self._zero + timedelta(seconds=now)

    def age(self, now: float) -> float:
        """Return how many seconds old the copy is; infinite before the first."""
        return now - min(self._programs_read, self._keys_read)

    def fresh(self, now: float) -> bool:
        return self.age(now) <= STALE_SECONDS

    def usable(self, key: Key, now: float) -> bool:
        """True if this very key still opens the gate."""
        known = self.keys.get(key.key_id)
        return known is not None and not known.withdrawn and self.time(now) < known.expires_at
