"""Where a source looked at a moment, and as which outsider it tried. Reads its history alone."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from programs.models import WatchSource


@dataclass(frozen=True)
class Aim:
    """What a source is pointed at. The same place and outsider are the same aim; no secrets."""

    place: dict[str, Any]
    outsider: str


@dataclass(frozen=True)
class Aims:
    """Each aim that a source had, the oldest first, with the moment from which it held."""

    since: Sequence[datetime]
    held: Sequence[Aim]

    def at(self, moment: datetime) -> Aim:
        """Return the aim that held at a moment; before the first one, the first."""
        return self.held[self._index(moment)]

    @property
    def changed_at(self) -> datetime:
        """From when the last aim held; a change of something else is none."""
        first = len(self.held) - 1
        while first and self.held[first - 1] == self.held[-1]:
            first -= 1
        return self.since[first]

    def others(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield from when to when, since a moment, it was pointed elsewhere than it is now."""
        for at in range(self._index(moment), len(self.held) - 1):
            if self.held[at] != self.held[-1]:
                yield max(self.since[at], moment), self.since[at + 1]

    def _index(self, moment: datetime) -> int:
        return max(bisect_right(self.since, moment) - 1, 0)


def aim_of(source: WatchSource) -> Aim:
    """Return what a source is pointed at, as this row of it says."""
    return Aim(source.place, source.outsider)


def aims(source: WatchSource) -> Aims:
    """Return what a source was pointed at since it was added."""
    rows = source.history.order_by("history_date", "history_id")
    found = list(rows.values_list("history_date", "place", "outsider"))
    return Aims(
        [since for since, _place, _outsider in found],
        [Aim(place, outsider) for _since, place, outsider in found],
    )
