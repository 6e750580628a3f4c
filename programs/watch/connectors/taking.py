"""What a connector brings back from a store. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from programs.watch.graph import Store

MOST_GAPS, LONGEST_GAP = 50, 300


class Unreachable(Exception):
    """Nothing was seen at all. The message may be shown: it holds no secret and no data."""


class Canary(StrEnum):
    """What became of reading as an outsider would."""

    NONE = ""
    REFUSED = "refused"
    READ = "read"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Taken:
    """Who may read in a store.

    Args:
        gaps: what could not be seen, in sentences; empty if all of it was.
        notes: what a reader of the result should know and what makes it no less complete.
        has_data: whether anything lies there; None if nobody could tell, which counts as yes.
    """

    store: Store
    gaps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    has_data: bool | None = None


@dataclass(frozen=True)
class Tried:
    """How an attempt to read as an outsider ended, in a sentence."""

    canary: Canary = Canary.NONE
    said: str = ""


def short(gaps: list[str]) -> tuple[str, ...]:
    """Return gaps of bounded number and length."""
    if len(gaps) > MOST_GAPS:
        gaps = [*gaps[: MOST_GAPS - 1], f"And {len(gaps) - MOST_GAPS + 1} more that are not named."]
    return tuple(gap[:LONGEST_GAP] for gap in gaps)
