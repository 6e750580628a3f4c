"""Who is on call when: turns, hours, layers and exceptions laid over one another. Pure.

Handovers are counted in local time, so that 09:00 stays 09:00 whatever the clocks do.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
Who = tuple[int, ...]
Pieces = list[tuple[datetime, datetime]]
# What put nobody there: it is outside the hours at which somebody should be.
CLOSED = "closed"


@dataclass(frozen=True)
class Span:
    """These people from one instant to another; without any a gap. `source` says what put them."""

    start: datetime
    end: datetime
    who: Who
    source: str = ""

    @property
    def length(self) -> timedelta:
        """How long it really lasts: in UTC, since on one wall clock hours are left out or twice."""
        return self.end.astimezone(UTC) - self.start.astimezone(UTC)


@dataclass(frozen=True)
class Hours:
    """Times of day at which a layer counts, on the weekdays on which they begin (Monday is 0).

    An end that is not after the start is on the next day; 00:00 to 00:00 is the whole day.
    """

    weekdays: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True)
class Turns:
    """People who take turns.

    Args:
        start: the day of the first turn, which begins at `handover`.
        step: the length of a turn on the wall clock: whole hours, of at least one.
        weekday: on which turns of whole weeks change hands; a first turn that begins on another
            day is shorter.
        people: in their order; the first has the first turn.
        hours: when the layer counts; none is always.
        since, until: the instants between which the layer is in force; None is without end.
    """

    zone: str
    start: date
    handover: time
    step: timedelta
    people: Who
    weekday: int | None = None
    hours: tuple[Hours, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""


@dataclass(frozen=True)
class Given:
    """Shifts that are given one by one: an override, or those of a calendar.

    Where several meet, all of their people are on call.
    """

    spans: tuple[Span, ...]


Layer = Turns | Given


def instant(local: datetime, zone: tzinfo) -> datetime:
    """Return the instant, in UTC, of a time on the wall clock.

    One that the clocks leave out is the first moment after the leap; one that comes twice is the
    first of the two. Later times are therefore never earlier instants.
    """
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    utc = first.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) == local:
        return utc
    return _leap(second.astimezone(UTC), utc, zone)


def _leap(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=4096)
def _boundary(turns: Turns, number: int) -> datetime:
    return instant(_anchor(turns) + number * turns.step, ZoneInfo(turns.zone))


def _anchor(turns: Turns) -> datetime:
    day = turns.start
    if turns.weekday is not None:
        day -= timedelta(days=(day.weekday() - turns.weekday) % 7)
    return datetime.combine(day, turns.handover)


def turn_at(turns: Turns, at: datetime) -> int:
    """Return the number of the turn that an instant falls into; negative before the first."""
    local = at.astimezone(ZoneInfo(turns.zone)).replace(tzinfo=None)
    number = (local - _anchor(turns)) // turns.step
    # Near a change of clock the wall clock misleads by a turn or two; the boundaries do not.
    while _boundary(turns, number) > at:
        number -= 1
    while _boundary(turns, number + 1) <= at:
        number += 1
    return number


def turns_between(turns: Turns, start: datetime, end: datetime) -> list[Span]:
    """Return the turns of one layer between two instants, cut to them and to the layer's hours."""
    start, end = _in_force(turns, start, end)
    if start >= end or not turns.people:
        return []
    found, number = [], turn_at(turns, start)
    while (begins := _boundary(turns, number)) < end:
        who = (turns.people[number % len(turns.people)],)
        found.append(
            Span(max(begins, start), min(_boundary(turns, number + 1), end), who, turns.source)
        )
        number += 1
    found = [span for span in found if span.start < span.end]
    return _within(found, _open(turns, start, end)) if turns.hours else found


def _in_force(turns: Turns, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    first = instant(datetime.combine(turns.start, turns.handover), ZoneInfo(turns.zone))
    return max(start, first, turns.since or start), min(end, turns.until or end)


def _open(turns: Turns, start: datetime, end: datetime) -> Pieces:
    """Return when a layer counts, in order and without overlap."""
    zone = ZoneInfo(turns.zone)
    day, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date()
    found: Pieces = []
    while day <= last:
        for hours in turns.hours:
            if day.weekday() in hours.weekdays:
                ends = day if hours.end > hours.start else day + DAY
                opens = instant(datetime.combine(day, hours.start), zone)
                found.append((opens, instant(datetime.combine(ends, hours.end), zone)))
        day += DAY
    return _merged(found)


def _merged(pieces: Pieces) -> Pieces:
    found: Pieces = []
    for opens, closes in sorted(pieces):
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], closes))
        else:
            found.append((opens, closes))
    return found


def _within(spans: list[Span], pieces: Pieces) -> list[Span]:
    found, at = [], 0
    for span in spans:
        while at < len(pieces) and pieces[at][1] <= span.start:
            at += 1
        here = at
        while here < len(pieces) and pieces[here][0] < span.end:
            opens, closes = max(span.start, pieces[here][0]), min(span.end, pieces[here][1])
            if opens < closes:
                found.append(Span(opens, closes, span.who, span.source))
            here += 1
    return found


def _given_between(given: Given, start: datetime, end: datetime) -> list[Span]:
    """Return given shifts without overlap, cut to two instants."""
    there = [span for span in given.spans if span.start < end and span.end > start]
    edges = _edges(there, start, end)
    found = []
    for opens, closes in zip(edges, edges[1:], strict=False):
        here = [span for span in there if span.start <= opens and span.end >= closes]
        if here:
            who = tuple(dict.fromkeys(each for span in here for each in span.who))
            found.append(Span(opens, closes, who, here[-1].source))
    return found


def _edges(spans: Iterable[Span], start: datetime, end: datetime) -> list[datetime]:
    edges = {start, end}
    for span in spans:
        edges |= {span.start, span.end}
    return sorted(edge for edge in edges if start <= edge <= end)


def shifts(
    layers: Sequence[Layer], start: datetime, end: datetime, *, away: frozenset[int] = frozenset()
) -> list[Span]:
    """Return who is on call between two instants, without overlap and without a break.

    Args:
        layers: the one that counts most first; a later one counts where those before have nobody.
        away: people who are not there at all; their places are empty.

    Returns:
        shifts in their order, from `start` to `end`; one without people is a gap.
    """
    # Two times of one zone are compared by their wall clock, which an hour may be on twice.
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if start >= end:
        return []
    laid = [
        [
            Span(span.start, span.end, who, span.source)
            for span in _between(layer, start, end)
            if (who := tuple(each for each in span.who if each not in away))
        ]
        for layer in layers
    ]
    begins = [[span.start for span in spans] for spans in laid]
    edges = _edges((span for spans in laid for span in spans), start, end)
    found: list[Span] = []
    for opens, closes in zip(edges, edges[1:], strict=False):
        top = _top(laid, begins, opens)
        who, source = (top.who, top.source) if top else ((), "")
        if found and (found[-1].who, found[-1].source) == (who, source):
            found[-1] = Span(found[-1].start, closes, who, source)
        else:
            found.append(Span(opens, closes, who, source))
    return found


def _between(layer: Layer, start: datetime, end: datetime) -> list[Span]:
    if isinstance(layer, Given):
        return _given_between(layer, start, end)
    return turns_between(layer, start, end)


def _top(laid: list[list[Span]], begins: list[list[datetime]], at: datetime) -> Span | None:
    for spans, starts in zip(laid, begins, strict=True):
        here = bisect_right(starts, at) - 1
        if here >= 0 and spans[here].end > at:
            return spans[here]
    return None


def gaps(found: Iterable[Span]) -> list[Span]:
    """Return the shifts that nobody has and somebody should have."""
    return [span for span in found if not span.who and span.source != CLOSED]


def closed_outside_hours(found: Sequence[Span], layers: Iterable[Layer]) -> list[Span]:
    """Cut gaps where a layer begins or ends to count; the `source` of those outside is CLOSED.

    Args:
        found: the shifts of a rota, in their order, without a break.
        layers: its own; shifts that are given one by one have no hours.
    """
    if not found:
        return []
    opened = _hours_of(layers, found[0].start, found[-1].end)
    edges = sorted({each for piece in opened for each in piece})
    parted = []
    for span in found:
        if span.who:
            parted.append(span)
            continue
        cuts = [span.start, *(edge for edge in edges if span.start < edge < span.end), span.end]
        for one, other in zip(cuts, cuts[1:], strict=False):
            counts = any(opens <= one and other <= closes for opens, closes in opened)
            parted.append(Span(one, other, (), "" if counts else CLOSED))
    return parted


def _hours_of(layers: Iterable[Layer], start: datetime, end: datetime) -> Pieces:
    found: Pieces = []
    for turns in (layer for layer in layers if isinstance(layer, Turns)):
        begins, ends = _in_force(turns, start, end)
        opens = _open(turns, begins, ends) if turns.hours else [(begins, ends)]
        pieces = [(max(one, begins), min(other, ends)) for one, other in opens]
        found += [(one, other) for one, other in pieces if one < other]
    return _merged(found)
