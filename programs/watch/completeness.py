"""Whether a log of access shows that nobody read who was not meant to, or only might. Pure."""

from datetime import datetime, timedelta

from programs.watch.accesslog import MOST_HOURS, Found, Window


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
        tried: the watch tried to read as an outsider within the window.
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
