"""Where a source looked at a moment, and as which outsider it tried. Reads its history alone."""

from bisect import bisect_right
from collections.abc import Sequence
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
        return self.held[max(bisect_right(self.since, moment) - 1, 0)]


def aims(source: WatchSource) -> Aims:
    """Return what a source was pointed at since it was added."""
    rows = source.history.order_by("history_date", "history_id")
    found = list(rows.values_list("history_date", "place", "outsider"))
    return Aims(
        [since for since, _place, _outsider in found],
        [Aim(place, outsider) for _since, place, outsider in found],
    )
