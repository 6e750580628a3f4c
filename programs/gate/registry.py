"""The gate's copy of programs, pauses, keys and choices, and what it says about a collector. Pure.

Only the feed writes here.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

from programs.gate.subjects import Subjects
from programs.reach import WHOLE, Place, Reach, Turn, generation_of

# The promise of docs/collector-protocol.md; programs.models states the same number to people.
STALE_SECONDS = 3
COLLECTING = "collecting"
RESUMING = "resuming"
PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Hold:
    """A pause in force."""

    reach: Reach
    label: str
    # Of the order that stopped the leases; None where nothing ran when the pause began.
    generation: int | None
    # By then every lease that the order ended has run out.
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A program as the database had it at one moment; `holds` in the order they came.

    Args:
        generation: the newest of all.
        whole_generation: the newest that began for every collector; `turns` began later, for a
            part.
        open_seats: while it resumes, only lower seats may collect.
        controls_end_at: the moment from which some control stops it; None if one does now.
    """

    id: int
    slug: str
    state: str
    generation: int
    whole_generation: int
    open_seats: int
    lease_seconds: int
    controls_end_at: datetime | None = None
    holds: tuple[Hold, ...] = ()
    turns: tuple[Turn, ...] = ()

    def lapsed(self, now: datetime) -> bool:
        """True once a control stops it, whether or not the engine has paused it by then."""
        return self.controls_end_at is None or self.controls_end_at <= now


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
    place: Place
    retired: bool = False


@dataclass(frozen=True, slots=True)
class IngestKey:
    """A key of where a program's records come in."""

    key_id: str
    secret_hash: str
    expires_at: datetime
    withdrawn: bool
    label: str
    program_id: int


class Verdict(NamedTuple):
    """What one collector is told: the members of a `state` event."""

    state: str
    generation: int
    held_by: str

    @property
    def collecting(self) -> bool:
        return self.state == COLLECTING


def decide(program: Program, place: Place) -> Verdict:
    """Say whether a collector in this place may collect, and in which generation it lives.

    A stopped collector is told the generation of the order that stopped it. Orders
    for others that came later are not its to acknowledge.
    """
    own = generation_of(place, whole=program.whole_generation, turns=program.turns)
    holds = [hold for hold in program.holds if hold.reach.concerns(place)]
    if holds:
        # A pause that leaves a program running stops only a part of it.
        state = PAUSED if program.state in (COLLECTING, RESUMING) else program.state
        ordered = [hold.generation for hold in holds if hold.generation is not None]
        return Verdict(state, min(ordered, default=own), holds[0].label)
    if program.state == RESUMING:
        if place.seat < program.open_seats:
            return Verdict(COLLECTING, own, "")
        # The order that stopped it ended the generation before the one that now begins.
        return Verdict(PAUSED, program.whole_generation - 1, "")
    return Verdict(program.state, own, "")


def views(program: Program) -> Callable[[Place], Hashable]:
    """Return what tells apart the places of a program that are told different things."""
    reaches = {hold.reach for hold in program.holds} | {turn.reach for turn in program.turns}
    told = tuple(reaches - {WHOLE})

    def view(place: Place) -> Hashable:
        return place.seat < program.open_seats, *(reach.concerns(place) for reach in told)

    return view


class Registry:
    """The copy. It is worth something while it is fresh, and nothing afterwards."""

    def __init__(self) -> None:
        self.programs: dict[int, Program] = {}
        self.keys: dict[str, Key] = {}
        self.ingest_keys: dict[str, IngestKey] = {}
        self._collectors: dict[int, tuple[Key, ...]] | None = None
        # Where else a collector may go; advice, and no worse for being old.
        self.gates: tuple[str, ...] = ()
        self.subjects = Subjects()
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
        found = {key.key_id: key for key in keys}
        if found != self.keys:
            self.keys, self._collectors = found, None
        self._keys_read = began

    def take_ingest_keys(self, keys: Iterable[IngestKey]) -> None:
        self.ingest_keys = {key.key_id: key for key in keys}

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

    def collectors_of(self, program_id: int) -> tuple[Key, ...]:
        """Return one key of each collector of a program that is not retired, by name.

        The same tuple until any key changes.
        """
        if self._collectors is None:
            found: defaultdict[int, dict[str, Key]] = defaultdict(dict)
            for key in self.keys.values():
                if not key.retired:
                    found[key.program_id][key.collector] = key
            self._collectors = {
                each: tuple(sorted(named.values(), key=attrgetter("collector")))
                for each, named in found.items()
            }
        return self._collectors.get(program_id, ())

    def usable(self, key: Key | IngestKey, now: float) -> bool:
        """True if this very key still opens the gate."""
        known: Key | IngestKey | None
        if isinstance(key, Key):
            known = self.keys.get(key.key_id)
        else:
            known = self.ingest_keys.get(key.key_id)
        return known is not None and not known.withdrawn and self.time(now) < known.expires_at
