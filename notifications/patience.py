"""How long whoever answered may be silent, and paging be put off, by severity. Pure."""

from dataclasses import dataclass
from datetime import timedelta

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Patience:
    """What one level allows.

    `ask` after this long without an act by whoever answered; `wait` for a sign, then page again;
    `accept` is how long a hand-over may be open; `snooze` the longest, None for not at all.
    """

    ask: timedelta
    wait: timedelta
    accept: timedelta
    snooze: timedelta | None


_BY_LEVEL = (
    Patience(15 * MINUTE, 5 * MINUTE, 5 * MINUTE, None),
    Patience(30 * MINUTE, 10 * MINUTE, 5 * MINUTE, 30 * MINUTE),
    Patience(HOUR, 15 * MINUTE, 10 * MINUTE, 2 * HOUR),
    Patience(4 * HOUR, 30 * MINUTE, 15 * MINUTE, 8 * HOUR),
    Patience(24 * HOUR, 4 * HOUR, HOUR, 72 * HOUR),
    Patience(24 * HOUR, 4 * HOUR, HOUR, 72 * HOUR),
)


def of(level: int) -> Patience:
    """Return the patience with a level, 0 to 5."""
    return _BY_LEVEL[level]
