"""How a dataset is watched and what was found last, for pages. Reads only.

Show it to those whom programs.access.sees_machines names.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from programs.models import Dataset, Drift, Snapshot, WatchSource
from programs.watch import awaiting

MOST_LOOKS = 50


@dataclass(frozen=True)
class Standing:
    """A source with the last look at it, and what is open there."""

    source: WatchSource
    last: Snapshot | None
    drift: Drift | None
    overdue_since: datetime | None

    @property
    def is_clean(self) -> bool:
        """True if all was seen, nobody reads who should not, and that is not too old to count."""
        return bool(self.last and self.last.is_clean and not self.overdue_since)

    @property
    def state(self) -> str:
        """The name under which pages know how this looks."""
        return "look_old" if self._is_too_old else state_of(self.last)

    @property
    def words(self) -> str:
        if not self._is_too_old:
            return words_of(self.last)
        if self.last is None:
            return _("No list was ever sent")
        return _("Not seen since %(day)s") % {"day": f"{self.last.taken_at:%Y-%m-%d}"}

    @property
    def _is_too_old(self) -> bool:
        # What was too wide stays so until somebody shows that it is not.
        return bool(self.overdue_since) and not (self.last and self.last.is_exposed)


def state_of(row: Snapshot | None) -> str:
    """Return the name under which pages know a look. Nothing that is partial is clean."""
    if row is None:
        return "look_none"
    if row.is_exposed:
        return "look_exposed"
    return {"complete": "look_clean", "partial": "look_partial"}.get(row.state, "look_failed")


def words_of(row: Snapshot | None) -> str:
    """Return what a look found in a few words."""
    if row is None:
        return _("Not looked at yet")
    if row.is_near_miss:
        return _("Too wide, nothing there yet")
    if row.is_exposed:
        return _("Wider than declared")
    return {
        "complete": _("As declared"),
        "partial": _("Partly seen, not called clean"),
    }.get(row.state, _("Nothing was seen"))


def of(dataset: Dataset) -> list[Standing]:
    """Return each source of a dataset as it stands."""
    return [of_source(source) for source in dataset.watch_sources.all()]


def of_source(source: WatchSource) -> Standing:
    open_ = source.drifts.exclude(state=Drift.State.VERIFIED).first()
    return Standing(source, looks(source).first(), open_, awaiting.overdue_since(source))


def looks(source: WatchSource) -> QuerySet[Snapshot]:
    """The looks at a source, the newest first."""
    return source.snapshots.select_related("audience", "source").order_by("-pk")


def in_words(rows: list[Snapshot]) -> list[tuple[Snapshot, str, str]]:
    """Return each look with its state and words."""
    return [(row, state_of(row), words_of(row)) for row in rows]


def worst_of(dataset: Dataset) -> tuple[str, str] | None:
    """Return state and words of the worst source of a dataset, for a line; None if none is."""
    order = ("look_exposed", "look_failed", "look_old", "look_partial", "look_none", "look_clean")
    found = [(each.state, each.words) for each in of(dataset) if each.source.enabled]
    return min(found, key=lambda each: order.index(each[0])) if found else None
