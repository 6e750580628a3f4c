"""Read a calendar that others keep: who is on call when. Pure; a program of its own as well.

Whoever writes a calendar can make it ask for more than anybody can reckon. It is therefore read by
`python -m notifications.agenda ZONE START END` in a process that is stopped: see
notifications.confined.
"""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from notifications.rotation import instant

MOST_BYTES = 1_000_000
MOST_SHIFTS = 5_000
# What a process of its own may use: seconds of its processor, bytes of memory.
SECONDS, MEMORY = 10, 1_000_000_000
_STEP = timedelta(days=14)
# Nobody is on call for a minute, and a year of these is half a million.
_TOO_OFTEN = {"SECONDLY", "MINUTELY"}
LONGEST_NAME, MOST_NAMED = 200, 50


class Unreadable(Exception):
    """It is no calendar, or one that asks for too much; the message is a sentence."""


@dataclass(frozen=True)
class Entry:
    """One shift, in UTC, and those named in it: addresses, or else its title."""

    start: datetime
    end: datetime
    named: tuple[str, ...]


def read(content: bytes, zone: str, start: datetime, end: datetime) -> list[Entry]:
    """Return the shifts of a calendar between two instants, whole, the earliest first.

    Args:
        content: at most 1,000,000 bytes of iCalendar.
        zone: of times that name none, and of whole days.

    Raises:
        Unreadable: with the reason.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(f"The calendar is larger than {MOST_BYTES:,} bytes.")
    try:
        calendar = icalendar.Calendar.from_ical(content)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable("This is no calendar in the form of iCalendar (RFC 5545).") from error
    try:
        _check(calendar)
        found = list(islice(_entries(calendar, ZoneInfo(zone), start, end), MOST_SHIFTS + 1))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable("A time or a rule in the calendar cannot be understood.") from error
    if len(found) > MOST_SHIFTS:
        raise Unreadable(f"The calendar has more than {MOST_SHIFTS:,} shifts in the days to come.")
    return sorted(found, key=lambda each: (each.start, each.end, each.named))


def _check(calendar: Any) -> None:
    for event in calendar.walk("VEVENT"):
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            if _TOO_OFTEN & {str(each).upper() for each in rule.get("FREQ", [])}:
                raise Unreadable("An event repeats each minute or second; at most each hour.")
        for name in ("DTSTART", "DTEND"):
            said = event.get(name)
            zone = said.params.get("TZID") if said is not None else None
            # It would count as a time that names no zone.
            if zone and getattr(said.dt, "tzinfo", None) is None:
                raise Unreadable(f"The calendar names an unknown time zone: {str(zone)[:60]!r}.")


def _entries(calendar: Any, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Entry]:
    query = recurring_ical_events.of(calendar)
    seen = set()
    # A few days at a time, so that many are never all there at once. A day more at both ends:
    # whoever names no zone is a day off at most.
    opens = start - timedelta(days=1)
    while opens < end + timedelta(days=1):
        for event in query.between(opens, opens + _STEP):
            made = _entry(event, zone)
            if made and made.end > start and made.start < end and made not in seen:
                seen.add(made)
                yield made
        opens += _STEP


def _entry(event: Any, zone: ZoneInfo) -> Entry | None:
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    starts, ends = _instant(event.start, zone), _instant(event.end, zone)
    named = _attendees(event)
    if named is None:
        named = (_name(str(event.get("SUMMARY", ""))),)
    return Entry(starts, ends, named) if starts < ends and any(named) else None


def _instant(said: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(said, datetime):
        return instant(datetime.combine(said, time()), zone)
    return said.astimezone(UTC) if said.tzinfo else instant(said, zone)


def _attendees(event: Any) -> tuple[str, ...] | None:
    """Those who come, which may be nobody any more; None if it names no people."""
    said = event.get("ATTENDEE", [])
    every = said if isinstance(said, list) else [said]
    if len(every) > MOST_NAMED:
        raise Unreadable(f"A shift has more than {MOST_NAMED} attendees.")
    found: dict[str, bool] = {}
    for each in every:
        kind = str(each.params.get("CUTYPE", "INDIVIDUAL")).upper()
        declined = str(each.params.get("PARTSTAT", "")).upper() == "DECLINED"
        address = str(each)
        _mailto, colon, mail = address.partition(":")
        name = _name(mail if colon else address).lower()
        if kind not in ("ROOM", "RESOURCE") and name:
            found[name] = found.get(name, False) or not declined
    return tuple(name for name, comes in found.items() if comes) if found else None


def _name(text: str) -> str:
    # Strangers wrote it: the database takes no NUL, and a page shows no line break.
    return "".join(each for each in text if each.isprintable()).strip()[:LONGEST_NAME]


def main() -> None:
    """Read a calendar from the standard input, and write what was found as JSON."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    # Some systems refuse it; time runs out there all the same.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    zone, start, end = sys.argv[1:]
    content = sys.stdin.buffer.read(MOST_BYTES + 1)
    try:
        found = read(content, zone, datetime.fromisoformat(start), datetime.fromisoformat(end))
    except Unreadable as error:
        said: dict[str, Any] = {"refused": str(error)}
    else:
        said = {"shifts": [[e.start.isoformat(), e.end.isoformat(), e.named] for e in found]}
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
