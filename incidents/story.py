"""What of a timeline a page shows: the newest, what is pinned, all of it as marks. Reads only.

However long the story is, a page costs the same number of queries, and reads the texts of what it
shows alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Left

from incidents import pinning, timeline
from incidents.models import Incident, TimelineEntry

# So many entries are shown at first, and so many more at each step.
PAGE = 50
# So many at most on one page; older ones are on the next.
MOST = 250
# To read or print from end to end, with nothing to press: some thousand lines are one page.
MOST_TO_PRINT = 3_000
_KINDS = dict(TimelineEntry.Kind.choices)
# Entries in which somebody decided something.
DECISIONS = (TimelineEntry.Kind.SEVERITY, TimelineEntry.Kind.STATUS)
_MOST_DECISIONS = 200
_LONGEST_WORDS = 120


@dataclass(frozen=True)
class Asked:
    """What of a story is asked for.

    Attributes:
        kinds: entries of these kinds alone; of all if there are none.
        most: so many at most.
        older: only those older than this entry, by its key; None to begin with the newest.
    """

    kinds: Sequence[str] = ()
    most: int = PAGE
    older: int | None = None


@dataclass(frozen=True)
class Happened:
    """One entry as a mark: when, of what kind, and how it begins."""

    at: datetime
    kind: str
    words: str


@dataclass(frozen=True)
class Story:
    """What is shown of a story.

    Attributes:
        count: how many entries of these kinds there are in all.
        rest: how many of them are older than those shown.
        next: how many to ask for to see more on this page; None if it holds no more.
        is_first: it begins with the newest.
    """

    entries: list[TimelineEntry]
    pinned: list[TimelineEntry]
    decisions: list[TimelineEntry]
    count: int
    rest: int
    next: int | None
    is_first: bool

    @property
    def last(self) -> int:
        """The key of the oldest entry shown; 0 if none is."""
        return self.entries[-1].pk if self.entries else 0


def of(incident: Incident, asked: Asked) -> Story:
    """Return what is shown of the story, newest first."""
    current = timeline.current(incident)
    wanted = current.filter(kind__in=asked.kinds) if asked.kinds else current
    point = _point(incident, asked)
    below = wanted.filter(point) if point else wanted
    count = wanted.count()
    shown = list(below[: asked.most])
    pinned = [] if point else pinning.pinned(incident)
    on_top = {entry.pk for entry in pinned}
    _mark(shown, on_top)
    _mark(pinned, on_top)
    decisions = list(current.filter(kind__in=DECISIONS).reverse()[:_MOST_DECISIONS])
    rest = (below.count() if point else count) - len(shown)
    more = min(asked.most + PAGE, MOST) if asked.most < MOST else None
    return Story(shown, pinned, decisions, count, rest, more, is_first=point is None)


def _point(incident: Incident, asked: Asked) -> Q | None:
    """What is older than the entry asked for; None if the incident has no such entry."""
    # Whether it was corrected since does not matter: it is a place in time.
    entry = incident.timeline.filter(pk=asked.older).first() if asked.older else None
    return None if entry is None else older_than(entry)


def older_than(entry: TimelineEntry) -> Q:
    """What happened before an entry did; of the same moment, what was written before it."""
    return Q(occurred_at__lt=entry.occurred_at) | Q(occurred_at=entry.occurred_at, pk__lt=entry.pk)


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
        # Cheaper for hundreds than get_kind_display(), which sorts out the choices each time.
        entry.kind_words = _KINDS.get(entry.kind, entry.kind)  # type: ignore[attr-defined]
