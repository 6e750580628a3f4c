"""What of a timeline a page shows: the newest, what is pinned, all of it as marks. Reads only.

However long the story is, a page costs the same number of queries, and reads the texts of what it
shows alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Left

from incidents import pinning, timeline
from incidents.models import Incident, TimelineEntry

# So many entries are shown at first, and so many more at each step.
PAGE = 50
# Entries in which somebody decided something.
DECISIONS = (TimelineEntry.Kind.SEVERITY, TimelineEntry.Kind.STATUS)
_MOST_DECISIONS = 200
_LONGEST_WORDS = 120


@dataclass(frozen=True)
class Happened:
    """One entry as a mark: when, of what kind, and how it begins."""

    at: datetime
    kind: str
    words: str


@dataclass(frozen=True)
class Story:
    """`rest` is how many older entries are left out; `next` how many to ask for to see more."""

    entries: list[TimelineEntry]
    pinned: list[TimelineEntry]
    decisions: list[TimelineEntry]
    count: int
    rest: int
    next: int


def of(incident: Incident, *, kinds: Sequence[str], most: int | None = PAGE) -> Story:
    """Return what is shown of the story, newest first.

    Args:
        kinds: only entries of these kinds; of all if there are none.
        most: so many entries at most; None for all of them.
    """
    current = timeline.current(incident)
    wanted = current.filter(kind__in=kinds) if kinds else current
    count = wanted.count()
    shown = list(wanted if most is None else wanted[:most])
    pinned = pinning.pinned(incident)
    on_top = {entry.pk for entry in pinned}
    _mark(shown, on_top)
    _mark(pinned, on_top)
    decisions = list(current.filter(kind__in=DECISIONS).reverse()[:_MOST_DECISIONS])
    rest = count - len(shown)
    return Story(shown, pinned, decisions, count, rest, len(shown) + PAGE)


def happened(incident: Incident) -> list[Happened]:
    """Return every entry as a mark, the oldest first. Of the texts only the beginnings are read."""
    rows = incident.timeline.filter(superseded_by=None).order_by("occurred_at", "pk")
    beginnings = rows.values_list("occurred_at", "kind", Left("text", _LONGEST_WORDS))
    return [Happened(at, kind, _first_line(text)) for at, kind, text in beginnings]


def _first_line(text: str) -> str:
    return next(iter(text.splitlines()), "")


def _mark(entries: Iterable[TimelineEntry], on_top: set[int]) -> None:
    for entry in entries:
        entry.is_said = timeline.is_said(entry)  # type: ignore[attr-defined]
        entry.is_pinned = entry.pk in on_top  # type: ignore[attr-defined]
