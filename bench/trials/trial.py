"""One pause under a fault, and who watches it: what a round plays, and what a verdict judges."""

from dataclasses import dataclass, field

from bench import stand
from bench.trials.faults import Fault
from bench.trials.outside import Reader, RecordsIn
from bench.trials.watch import Liar, Proofs
from bench.trials.world import Stamp, World


@dataclass
class Trial:
    """One pause. Times in seconds of wall time; `wrong` says which promises were broken."""

    program: stand.Program
    fault: Fault
    stage: str
    order: int = 0
    generation: int = 0
    committed: float = 0.0
    # When whoever paused was told that it is done.
    heard: float = 0.0
    went_on: float = float("inf")
    last: float = 0.0
    last_stamp: float = 0.0
    # Made before the commit, in the generation that ended with it; and who made them.
    stamps: list[Stamp] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def had_captured(self) -> set[str]:
        return {stamp.name for stamp in self.stamps}


@dataclass
class Ring:
    """The world and those who watch it."""

    world: World
    proofs: Proofs
    records: RecordsIn
    reader: Reader
    liars: list[Liar]
    paused: set[str]
    # A program may not go on: somebody captured after a stop, which is wrong enough to end with.
    stuck: bool = False

    def shown_at(self, trial: Trial) -> float:
        """Return when the stop was said to be proven, by the database or to a reader."""
        read = self.reader.shown.get((trial.program.slug, trial.generation), float("inf"))
        return min(self.proofs.shown[trial.order], read)
