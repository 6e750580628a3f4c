"""Keep the times in which nobody is reached. The only writer of RotaGap and PolicyGap.

Whoever answers for one is told a week and a day before it begins, unless it is filled by then.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from audit import clockwork
from notifications.models import EscalationPolicy, PolicyGap, Rota, RotaGap

AHEAD = timedelta(days=14)
# How long before it begins it is told of; in hours in what is planned.
MARKS = (timedelta(days=7), timedelta(hours=24))
_HOUR = timedelta(hours=1)

# Without an end it may go on where looking ends.
Times = tuple[datetime, datetime | None]
Gap = RotaGap | PolicyGap


def note(
    about: Rota | EscalationPolicy, found: Iterable[Times], now: datetime, *, remind: str
) -> list[Gap]:
    """Keep what was found in the place of what was before; return what nobody was told of.

    Not again told is what only shrinks, whose beginning is past by now, or whose end comes into
    sight.

    Args:
        about: the rota or policy, locked.
        remind: the kind of work that tells of one ahead; its payload is `gap` and `hours`.
    """
    before: list[Gap] = list(about.gaps.filter(over_at=None))
    kept, fresh = set(), []
    for start, end in found:
        same = [each for each in before if each.ends_at == end and _begins(each, now) == start]
        if same:
            kept.add(same[0].pk)
            continue
        made: Gap = about.gaps.create(starts_at=start, ends_at=end, found_at=now)
        for mark in MARKS:
            _plan(made, mark, remind, now)
        if not any(_holds(each, made) for each in before):
            fresh.append(made)
    gone = [each.pk for each in before if each.pk not in kept]
    about.gaps.filter(pk__in=gone).update(over_at=now)
    return fresh


def _begins(known: Gap, now: datetime) -> datetime:
    # One that goes on is found from now on alone.
    return max(known.starts_at, now)


def _holds(known: Gap, gap: Gap) -> bool:
    ends = known.ends_at is None or (gap.ends_at is not None and gap.ends_at <= known.ends_at)
    return known.starts_at <= gap.starts_at and ends


def _plan(gap: Gap, mark: timedelta, kind: str, now: datetime) -> None:
    # A mark that is past was told of when the gap was found, or when it was another's.
    if gap.starts_at - mark > now:
        hours = mark // _HOUR
        key, payload = f"{kind}:{gap.pk}:{hours}", {"gap": gap.pk, "hours": hours}
        clockwork.schedule(kind, key=key, payload=payload, due_at=gap.starts_at - mark)


def is_soon(gap: Gap, now: datetime) -> bool:
    """True if a moment at which it would have been told of is past already."""
    return gap.starts_at - MARKS[0] <= now


def uncovered(
    covered: Iterable[tuple[datetime, datetime]], start: datetime, end: datetime
) -> Iterator[Times]:
    """Yield what these times leave between two instants; None is an end beyond the second."""
    at = start
    for begins, ends in sorted(covered):
        if begins > at:
            yield at, begins
        at = max(at, ends)
    if at < end:
        yield at, None
