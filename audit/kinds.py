"""What is scheduled, and what a kind of work says of how its rows are handled.

audit.clockwork carries it out, with audit.bundles and audit.travelling for several.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

Within = Callable[[dict[str, Any]], None]
Outward = Callable[[dict[str, Any]], Callable[[], None]]
Together = Callable[[Sequence[dict[str, Any]]], Sequence[bool]]


class Trip(Protocol):
    """One call outside that was noted as begun, and not made yet."""

    def call(self) -> Any:
        """Talk to the outside, in a thread of its own: it asks nothing of the database."""

    def came_of(self, call: Callable[[], Any]) -> Callable[[], None]:
        """Return what to write of a call that returns, or raises, what it came to.

        Raises:
            Exception: if it is to be tried again.
        """


@dataclass(frozen=True)
class Convoy:
    """How several rows are done at once.

    Args:
        begin: notes, in a transaction of its own, that calls begin; None for each that is to be
            done by itself, of which nothing was noted.
        write: writes what calls came to that raised nothing, in the caller's transaction, and says
            of each whether it did; what it did not is written by `came_of`.
    """

    begin: Callable[[Sequence[dict[str, Any]]], Sequence[Trip | None]]
    write: Callable[[Sequence[tuple[Any, Any]]], Sequence[bool]]


@dataclass(frozen=True)
class Handler:
    """How a kind of due row is handled.

    Args:
        way: what carries all of this kind outside, such as e-mail; empty where each row says it,
            or nothing is known to end its calls within seconds.
    """

    work: Callable[[dict[str, Any]], Any]
    outward: bool
    attempts: int
    longest: timedelta | None = None
    together: Together | None = None
    convoy: Convoy | None = None
    way: str = ""


@dataclass(frozen=True)
class Wish:
    """What to schedule; the arguments of `audit.clockwork.schedule`."""

    kind: str
    key: str
    payload: dict[str, Any]
    due_at: datetime | None = None
    after: timedelta = timedelta(0)
    priority: int = 5
