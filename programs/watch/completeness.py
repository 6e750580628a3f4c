"""Whether a log of access shows that nobody read who was not meant to, or only might. Pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from programs.watch.accesslog import MOST_HOURS, Found, Window

# How far the clocks of a store and of Andon may be apart.
SKEW = timedelta(minutes=2)


class Attempts:
    """When the watch itself tried to read, and under which names.

    Args:
        made: name, from when and until when, of each attempt.
    """

    def __init__(self, made: Iterable[tuple[str, datetime, datetime]]) -> None:
        self._began: dict[str, list[datetime]] = defaultdict(list)
        self._ended: dict[str, list[datetime]] = defaultdict(list)
        for name, since, until in sorted(made, key=lambda each: each[1]):
            began, ended = self._began[name.casefold()], self._ended[name.casefold()]
            if ended and since - SKEW <= ended[-1]:
                ended[-1] = max(ended[-1], until + SKEW)
            else:
                began.append(since - SKEW)
                ended.append(until + SKEW)

    def __bool__(self) -> bool:
        return bool(self._ended)

    def near(self, name: str, moment: datetime) -> bool:
        """True if the watch tried under this name about then. Whoever uses it else is a reader."""
        ended = self._ended.get(name.strip().casefold()) if self._ended else None
        if ended is None:
            return False
        at = bisect_left(ended, moment)
        return at < len(ended) and self._began[name.strip().casefold()][at] <= moment


def silent_hours(found: Found, window: Window, *, now: datetime) -> int:
    """Return how many whole hours of the window the log has no row of at all."""
    since, until = window.since, min(window.until or now, now)
    hours = int((until - since) / timedelta(hours=1))
    begin = -(-int(since.timestamp()) // 3600)
    if hours > MOST_HOURS:
        return hours
    return sum(hour not in found.hours for hour in range(begin, begin + hours))


def why_incomplete(
    found: Found, window: Window, *, stated: bool, tried: bool, now: datetime
) -> list[str]:
    """Return why this log does not show that nobody read, in sentences; none if it does.

    Args:
        stated: somebody says that it holds every access of the window.
        tried: the watch tried to read as an outsider within the window, and learnt how it ended.
    """
    why = []
    if not stated:
        why.append("Nobody states that the log holds every access of the window.")
    if found.lost:
        why.append(f"{found.lost} lines could not be used.")
    if found.first is None or found.first > window.since:
        why.append("It begins after the exposure did.")
    if window.until is None or found.last is None or found.last < window.until:
        why.append("It ends before the exposure did, or that is open still.")
    if silent := silent_hours(found, window, now=now):
        why.append(f"{silent} hours of the window have no row at all.")
    if not tried:
        why.append("No canary read was made within the window: nobody knows what the log misses.")
    elif not found.canary:
        why.append("The canary read within the window is not in the log: it misses accesses.")
    return why
