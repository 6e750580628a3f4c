"""What is said where a live row is not as it was recorded. Pure."""

from dataclasses import dataclass
from typing import Any

DIFFERS = "live row differs"
UNHEARD = "the record never heard of this row"
GONE = "the row is gone, and the record says nothing of that"


@dataclass(frozen=True)
class Difference:
    """A live row that is not as it was recorded; `what` is one of the three above.

    `key` is that of the row, or of its subject and its own within that. `field`, `live` and
    `recorded` are empty where the row as a whole is meant.
    """

    what: str
    model: str
    key: str
    field: str = ""
    live: str = ""
    recorded: str = ""


@dataclass
class Looked:
    """What was compared of one model, and with what: which fields, of how many rows.

    `unsaid` values could not be compared, as the record says nothing of them.
    """

    model: str
    against: str
    fields: tuple[str, ...] = ()
    rows: int = 0
    unsaid: int = 0


def text(value: Any) -> str:
    """Return a value in the one spelling in which columns and facts of the record are compared."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
