"""Make one result of what a connector took: who is too many, and whether it matters yet. No write.

Runs outside any transaction: a store of a million readers takes seconds.
"""

import hashlib
import time
from dataclasses import dataclass, field

from accounts import vault
from programs.models import DeclaredAudience, Snapshot, WatchSource
from programs.watch import audience, listing, watching
from programs.watch.audience import Verdict, Width
from programs.watch.connectors import postgres
from programs.watch.connectors.taking import Canary, Taken, Tried, Unreachable, short
from programs.watch.graph import effective
from programs.watch.listing import Listed


@dataclass(frozen=True)
class Looked:
    """What came of a look, not yet written. `verdict` and `listed` are None if nothing was seen."""

    audience: DeclaredAudience
    state: Snapshot.State
    verdict: Verdict | None = None
    listed: Listed | None = None
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    has_data: bool | None = None
    tried: Tried = field(default_factory=Tried)
    milliseconds: int = 0

    @property
    def width(self) -> Width:
        width = self.verdict.width if self.verdict else Width.NOBODY
        # Somebody of no right at all read it: so could everybody who can reach the store.
        return max(width, Width.EVERYONE) if self.tried.canary is Canary.READ else width

    @property
    def is_near_miss(self) -> bool:
        """True if who should not read could, and there is surely nothing there to read yet."""
        if self.verdict is None or self.verdict.is_clean and self.tried.canary is not Canary.READ:
            return False
        # What was not seen may hold the data.
        if self.state is not Snapshot.State.COMPLETE:
            return False
        nothing_there = self.has_data is False
        later = self.verdict.later_only and self.tried.canary is not Canary.READ
        return nothing_there or later

    @property
    def excess_digest(self) -> str:
        keys = sorted(self.verdict.keys) if self.verdict else []
        said = "\n".join([*keys, str(self.verdict.over if self.verdict else 0), self.tried.canary])
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def look_at(source: WatchSource, declared: DeclaredAudience) -> Looked:
    """Look at a store by its connector. Whatever goes wrong there is a result and no error."""
    began = time.monotonic()
    try:
        place = watching.place_of(source.place)
        taken = postgres.take(place, source.password)
        tried = _try(source, place)
    except (Unreachable, vault.Unreadable, watching.Refused) as error:
        return Looked(
            declared,
            Snapshot.State.FAILED,
            gaps=short([str(error)]),
            milliseconds=_since(began),
        )
    return weigh(taken, declared, tried=tried, began=began)


def _try(source: WatchSource, place: postgres.Place) -> Tried:
    if not source.outsider:
        return Tried()
    return postgres.try_as_outsider(place, source.outsider, source.outsider_password)


def weigh(
    taken: Taken, declared: DeclaredAudience, *, tried: Tried | None = None, began: float = 0.0
) -> Looked:
    """Compare what was taken with what is declared."""
    began = began or time.monotonic()
    found = effective(taken.store)
    tried = tried or Tried()
    unanswered = [f"As an outsider: {tried.said}"] if tried.canary is Canary.UNKNOWN else []
    gaps = short([*taken.gaps, *found.gaps, *unanswered])
    return Looked(
        declared,
        Snapshot.State.PARTIAL if gaps else Snapshot.State.COMPLETE,
        verdict=audience.compare(found, declared.declared),
        listed=listing.listed(found),
        gaps=gaps,
        notes=taken.notes,
        has_data=taken.has_data,
        tried=tried,
        milliseconds=_since(began),
    )


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
