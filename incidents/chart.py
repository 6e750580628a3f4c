"""The picture of an incident: when data were exposed, when collection stood still, what happened.

Reads only. Places are computed here, so the picture is whole without JavaScript;
static/js/timeline.js only moves x.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext as _

from incidents import duplicates, exposure
from incidents.models import Exposure, Incident, Obligation, TimelineEntry
from incidents.story import Happened
from programs.models import Pause

WIDTH, LEFT = 960, 150
_TOP, _ROW, _GAP = 24, 26, 8
TICKS = 5
Kind = TimelineEntry.Kind
# What is not done yet ends at "now". Rounded up, so that the picture is not a new one at each look,
# by no more of its length than the eye can tell.
_SHORTEST_STEP, _LONGEST_STEP = timedelta(minutes=1), timedelta(minutes=5)
_STEPS_IN_ALL = 40
# More rows than these hide the rest of the picture; the page of the clocks has them all.
_MOST_CLOCKS = 4
# Source: GDPR Art. 33(1), not later than 72 hours after having become aware of it.
_NOTICE = timedelta(hours=72)
# So many marks fit beside each other; of more, those that would hide each other are one.
_MOST_MARKS = 200
_COLUMN = 4.0
# What it is, from when, until when; None while it goes on.
Stretch = tuple[str, datetime, datetime | None]


@dataclass(frozen=True)
class Bar:
    """A stretch of time. `x`, `width` in the picture's units; `since`, `until` in milliseconds.

    `begins` and `ends` say the same as moments; `ends` is None for what goes on.
    """

    x: float
    width: float
    y: int
    since: int
    until: int
    tone: str
    words: str
    begins: datetime
    ends: datetime | None


@dataclass(frozen=True)
class Mark:
    """A moment, or several that would hide each other."""

    x: float
    y: int
    at: int
    tone: str
    words: str


@dataclass(frozen=True)
class Lane:
    name: str
    y: int
    height: int
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Chart:
    """The whole picture.

    `begin` and `end` in milliseconds since 1970; `ticks` are (x, moment), told as `form` says.
    """

    begin: int
    end: int
    height: int
    lanes: list[Lane]
    ticks: list[tuple[float, datetime]]
    form: str


def draw(
    incident: Incident,
    entries: Sequence[Happened],
    *,
    exposures: Sequence[Exposure],
    holds: Sequence[Pause],
    duties: Sequence[Obligation],
) -> Chart:
    """Lay out an incident, its entries and what was held for it, the oldest first."""
    exposed, clocks = _exposed(incident, exposures), _clocks(incident, duties)
    stretches = [*exposed, *clocks, *((str(hold), hold.since, hold.lifted_at) for hold in holds)]
    moments = [entry.at for entry in entries] + [incident.reported_at]
    moments += [since for _name, since, _until in stretches]
    now = _round_up(timezone.now(), since=min(moments))
    scale = _Scale(min(moments), max([*moments, *(until or now for *_, until in stretches)]))
    lay: list[Callable[[int], Lane]] = [
        lambda y: _exposures(exposed, scale, now, y=y),
        lambda y: _paused(incident, holds, scale, now, y=y),
        lambda y: _legal(clocks, scale, y=y),
        lambda y: _events(_("Escalation"), entries, scale, y=y, escalation=True),
        lambda y: _events(_("Events"), entries, scale, y=y, escalation=False),
    ]
    y, lanes = _TOP, []
    for each in lay:
        lanes.append(each(y))
        y += lanes[-1].height + _GAP
    return Chart(scale.begin, scale.end, y, lanes, scale.ticks(), scale.form())


def _events(
    name: str, entries: Sequence[Happened], scale: "_Scale", *, y: int, escalation: bool
) -> Lane:
    wanted = [entry for entry in entries if (entry.kind == Kind.ESCALATION) is escalation]
    return Lane(name, y, _ROW, marks=list(scale.marks(wanted, y)))


def _clocks(incident: Incident, duties: Sequence[Obligation]) -> list[Stretch]:
    """The clocks of the law that run, up to so many; before there are any, that of the GDPR."""
    silent = (Obligation.Clock.NOT_APPLICABLE, Obligation.State.NOT_REPORTABLE)
    rows = [row for row in duties if row.clock not in silent and row.state not in silent]
    found = [(str(row), min(row.counts_from, row.due_at), row.due_at) for row in rows if row.due_at]
    if found:
        return [*found[:_MOST_CLOCKS]]
    if incident.aware_at is None:
        return []
    words = _("72 hours from awareness (GDPR Art. 33)")
    return [(words, incident.aware_at, incident.aware_at + _NOTICE)]


def _legal(clocks: list[Stretch], scale: "_Scale", *, y: int) -> Lane:
    bars = [
        scale.bar(since, until, y=y + 4 + row * (_ROW - 4), tone="clock", words=words, ends=until)
        for row, (words, since, until) in enumerate(clocks)
        if until
    ]
    return Lane(_("Legal clocks"), y, _tall(len(bars)), bars=bars)


def _round_up(moment: datetime, *, since: datetime) -> datetime:
    wanted = min(max((moment - since) / _STEPS_IN_ALL, _SHORTEST_STEP), _LONGEST_STEP)
    # Doubled and not continuous, so that it stays the same for a while.
    step = int(_SHORTEST_STEP.total_seconds())
    while step * 2 <= wanted.total_seconds():
        step *= 2
    return datetime.fromtimestamp(
        (int(moment.timestamp()) // step + 1) * step,
        tz=moment.tzinfo or timezone.get_current_timezone(),
    )


def _exposed(incident: Incident, rows: Sequence[Exposure]) -> list[Stretch]:
    """What was exposed from when to when: each exposure, or where there is none, the report."""
    pairs = [(str(row), exposure.window(incident, [row])) for row in rows]
    pairs = pairs or [(_("Data"), exposure.window(incident))]
    return [(name, window.since, window.until) for name, window in pairs if window]


def _exposures(exposed: list[Stretch], scale: "_Scale", now: datetime, *, y: int) -> Lane:
    bars = [
        scale.bar(
            since,
            until or now,
            y=y + 4 + row * (_ROW - 4),
            tone="exposed" if until else "exposed chart__open",
            ends=until,
            words=(_("%(what)s exposed") if until else _("%(what)s exposed, still open"))
            % {"what": what},
        )
        for row, (what, since, until) in enumerate(exposed)
    ]
    return Lane(_("Data exposed"), y, _tall(len(bars)), bars=bars)


def _tall(rows: int) -> int:
    return _ROW + max(rows - 1, 0) * (_ROW - 4)


def _paused(
    incident: Incident, holds: Sequence[Pause], scale: "_Scale", now: datetime, *, y: int
) -> Lane:
    # One row for each program, as their pauses overlap.
    programs = list(dict.fromkeys(hold.program_id for hold in holds))
    bars = [
        scale.bar(
            hold.since,
            hold.lifted_at or now,
            y=y + 4 + programs.index(hold.program_id) * (_ROW - 4),
            tone="paused" if hold.lifted_at else "paused chart__open",
            ends=hold.lifted_at,
            words=_("%(what)s paused") % {"what": duplicates.said_of(incident, hold)},
        )
        for hold in holds
    ]
    return Lane(_("Collection paused"), y, _tall(len(programs)), bars=bars)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class _Scale:
    """From moments to places, with a little room on both sides."""

    def __init__(self, first: datetime, last: datetime) -> None:
        room = max((last - first) / 50, timedelta(seconds=30))
        self.first, self.last = first - room, last + room
        self.begin, self.end = _ms(self.first), _ms(self.last)

    def x(self, moment: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT) * ((moment - self.first) / (self.last - self.first)), 1)

    def bar(
        self,
        since: datetime,
        until: datetime,
        *,
        y: int,
        tone: str,
        words: str,
        ends: datetime | None,
    ) -> Bar:
        x = self.x(since)
        width = max(round(self.x(until) - x, 1), 2)
        return Bar(x, width, y, _ms(since), _ms(until), tone, words, since, ends)

    def marks(self, entries: Sequence[Happened], y: int) -> Iterator[Mark]:
        """A mark for each; of very many one for those that would lie on each other."""
        if len(entries) <= _MOST_MARKS:
            yield from (self.mark([entry], y) for entry in entries)
            return
        for _column, together in groupby(entries, lambda entry: self.x(entry.at) // _COLUMN):
            yield self.mark(list(together), y)

    def mark(self, entries: list[Happened], y: int) -> Mark:
        first = entries[0]
        words = f"{Kind(first.kind).label}: {first.words}"
        if len(entries) > 1:
            words = _("%(n)s entries; the first: %(words)s") % {"n": len(entries), "words": words}
        return Mark(self.x(first.at), y + _ROW // 2, _ms(first.at), first.kind, words)

    def ticks(self) -> list[tuple[float, datetime]]:
        span = self.last - self.first
        moments = [self.first + span * (i / TICKS) for i in range(TICKS + 1)]
        return [(self.x(moment), moment) for moment in moments]

    def form(self) -> str:
        return "H:i:s" if self.last - self.first < timedelta(hours=1) else "j M H:i"
