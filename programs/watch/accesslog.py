"""Read a log of who read what, line by line: who was not meant to, and what the log lacks. Pure.

Memory stays the same however long the log is: names, hours and samples are bounded, lines are not
kept. loglines makes rows of it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from programs.watch import loglines

# Of names that were not meant to read; the rows of more are counted together.
MOST_NAMES, MOST_THINGS, MOST_NAMED_LINES = 10_000, 5, 20
_LONGEST = 200
# More than any window that a person judges; a log of more hours has no word on gaps.
MOST_HOURS = 24 * 366 * 3
TELL_EVERY = 100_000
NO_TIME, NO_NAME = "no time", "no name"


@dataclass(frozen=True)
class Mapping:
    """Which members of a row say who, when and what. Dots lead into nested objects.

    Args:
        act: which says what was done; with `reads` only rows with one of these words count.
    """

    who: str
    when: str
    what: str = ""
    act: str = ""
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Window:
    """From when to when it was exposed; `until` is None while it is open."""

    since: datetime
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment <= self.until)


@dataclass
class Reader:
    """One who read and was not meant to."""

    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    things: set[str] = field(default_factory=set)

    def plain(self, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "rows": self.rows,
            "first": self.first.isoformat() if self.first else "",
            "last": self.last.isoformat() if self.last else "",
            "things": sorted(self.things),
        }


@dataclass
class Found:
    """What a log says of a window. Counts are of rows; `bad` names the first lines of each kind."""

    rows: int = 0
    in_window: int = 0
    meant: int = 0
    unmeant: int = 0
    more_names: int = 0
    canary: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    bad_lines: dict[str, list[int]] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    hours: set[int] = field(default_factory=set)

    def spoil(self, kind: str, line: int) -> None:
        """Count a line that could not be used."""
        self.bad[kind] = self.bad.get(kind, 0) + 1
        named = self.bad_lines.setdefault(kind, [])
        if len(named) < MOST_NAMED_LINES:
            named.append(line)

    @property
    def lost(self) -> int:
        """Rows of which nobody knows whether they say something of the window."""
        return sum(count for kind, count in self.bad.items() if kind != loglines.OTHER_ENCODING)


def analyse(
    lines: Iterable[bytes],
    mapping: Mapping,
    window: Window,
    *,
    meant: Collection[str],
    tried: Callable[[str, datetime], bool] = lambda _name, _moment: False,
    tell: Callable[[int], None] = lambda _rows: None,
) -> Found:
    """Read a whole log.

    Args:
        meant: names of who may read, in small letters.
        tried: whether the watch itself tried to read under this name about then; such rows show
            that the log sees it.
        tell: hears how many rows were read, every TELL_EVERY.

    Raises:
        loglines.Unreadable: if it is no log of lines, or has no such columns.
    """
    found = Found()
    known: dict[str, str] = {}
    columns = list(filter(None, (mapping.who, mapping.when, mapping.what, mapping.act)))
    for number, row in loglines.rows(lines, found.spoil, columns=columns):
        found.rows += 1
        if found.rows % TELL_EVERY == 0:
            tell(found.rows)
        _take(found, number, row, mapping=mapping, window=window, known=known, tried=tried)
    _sort(found, meant=meant)
    tell(found.rows)
    return found


def _member(row: dict[str, Any], path: str) -> Any:
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _moment(value: Any) -> datetime | None:
    """A time as ISO 8601, or seconds or milliseconds since 1970; without a zone it is UTC."""
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _take(
    found: Found,
    number: int,
    row: dict[str, Any],
    *,
    mapping: Mapping,
    window: Window,
    known: dict[str, str],
    tried: Callable[[str, datetime], bool],
) -> None:
    moment = _moment(_member(row, mapping.when))
    if moment is None:
        found.spoil(NO_TIME, number)
        return
    if found.first is None or moment < found.first:
        found.first = moment
    if found.last is None or moment > found.last:
        found.last = moment
    if not window.holds(moment):
        return
    if len(found.hours) < MOST_HOURS:
        found.hours.add(int(moment.timestamp()) // 3600)
    if mapping.reads and str(_member(row, mapping.act)) not in mapping.reads:
        return
    who = _member(row, mapping.who)
    if who is None or isinstance(who, dict | list) or not str(who).strip():
        found.spoil(NO_NAME, number)
        return
    found.in_window += 1
    what, own = _member(row, mapping.what), tried(str(who), moment)
    _count(found, known, who=str(who), what=what, moment=moment, own=own)


def _count(
    found: Found, known: dict[str, str], *, who: str, what: Any, moment: datetime, own: bool
) -> None:
    if own:
        found.canary += 1
        return
    name = known.get(who)
    if name is None:
        if len(known) >= MOST_NAMES:
            found.more_names += 1
            return
        name = known[who] = who.strip()[:_LONGEST]
        found.readers.setdefault(name, Reader())
    reader = found.readers[name]
    reader.rows += 1
    if reader.first is None or moment < reader.first:
        reader.first = moment
    if reader.last is None or moment > reader.last:
        reader.last = moment
    if what is not None and len(reader.things) < MOST_THINGS:
        reader.things.add(str(what)[:_LONGEST])


def _sort(found: Found, *, meant: Collection[str]) -> None:
    """Leave only who was not meant; names are compared once each and not with every row."""
    for name in list(found.readers):
        rows = found.readers[name].rows
        if name.casefold() in meant:
            found.meant += rows
        else:
            found.unmeant += rows
            continue
        del found.readers[name]
    # Nobody knows whether these were meant, so they count as the worse.
    found.unmeant += found.more_names
