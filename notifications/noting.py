"""Keep the times in which nobody is reached. The only writer of RotaGap and PolicyGap.

Whoever answers for one is told a week and a day before it begins, unless it is filled by then.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from audit import clockwork
from notifications.models import EscalationPolicy, PolicyGap, Rota, RotaGap

AHEAD = timedelta(days=14)
# How long before it begins it is told of; in hours in what is planned.
MARKS = (timedelta(days=7), timedelta(hours=24))
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)

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
            _plan(made, mark // _HOUR, remind)
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


def _plan(gap: Gap, hours: int, kind: str) -> None:
    # A mark that is past was told of when the gap was found, or is by the work of the one before.
    if _is_planned(gap, hours):
        clockwork.schedule(
            kind,
            key=_key(kind, gap, hours),
            payload={"gap": gap.pk, "hours": hours},
            due_at=gap.starts_at - hours * _HOUR,
        )


def _key(kind: str, gap: Gap, hours: int) -> str:
    return f"{kind}:{gap.pk}:{hours}"


def to_tell(
    about: Rota | EscalationPolicy, gap: Gap, hours: int, *, remind: str, told: Sequence[Gap]
) -> list[Gap]:
    """Return what is told now that this mark of a gap has come, the earliest first.

    In the place of one that changed since it was noted, what is there of it and has no work that
    would tell of it. With it what else begins within a day: its own work is called off.

    Args:
        about: the rota or policy, locked and just looked at.
        gap: as it was when this was planned.
        told: what the look told of already.
    """
    there: QuerySet[Gap] = about.gaps.filter(over_at=None).order_by("starts_at", "pk")
    standing = [each for each in there if each not in told]
    due = [
        each
        for each in standing
        if each.pk == gap.pk or (_overlap(each, gap) and not _is_planned(each, hours))
    ]
    if not due:
        return []
    until = due[0].starts_at + _DAY
    more = [
        each
        for each in standing
        if each not in due
        and each.starts_at < until
        and clockwork.cancel(prefix=_key(remind, each, hours))
    ]
    return sorted([*due, *more], key=lambda each: each.starts_at)


def _overlap(one: Gap, other: Gap) -> bool:
    begins = other.ends_at is None or one.starts_at < other.ends_at
    return begins and (one.ends_at is None or other.starts_at < one.ends_at)


def _is_planned(gap: Gap, hours: int) -> bool:
    return gap.starts_at - hours * _HOUR > gap.found_at


def is_soon(gap: Gap, now: datetime, mark: timedelta = MARKS[0]) -> bool:
    """True if the moment at which it would have been told of, by this mark, is past already."""
    return gap.starts_at - mark <= now


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
