"""Write what a transaction records and publishes in few statements, when it has done the rest.

Somebody waits for a report, and one statement for each line of the record was a third of the wait.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import Any, TypeVar

from django.db import transaction

Row = TypeVar("Row")
Write = Callable[[list[Any]], None]


class Turn(IntEnum):
    """Who writes first: the record names what it is about by its key."""

    SUBJECTS = 0
    RECORD = 1
    EVENTS = 2


class _Gathering:
    def __init__(self) -> None:
        self.rows: dict[tuple[Turn, Write], list[Any]] = {}
        self._depth = len(transaction.get_connection().savepoint_ids)

    def may_wait(self) -> bool:
        # What is done behind a savepoint may be taken back without the rest.
        return not any(transaction.get_connection().savepoint_ids[self._depth :])


_current: ContextVar[_Gathering | None] = ContextVar("gathering", default=None)


@contextmanager
def gathered() -> Iterator[None]:
    """Hold back what is recorded and published inside, and write it at the end, in its order.

    Open it inside the transaction. Nothing is written if an exception leaves it.
    """
    if _current.get():
        yield
        return
    gathering = _Gathering()
    token = _current.set(gathering)
    try:
        yield
    finally:
        _current.reset(token)
    for (_turn, write), rows in sorted(gathering.rows.items(), key=lambda item: item[0][0]):
        write(rows)


def write_soon(write: Callable[[list[Row]], None], row: Row, *, turn: Turn) -> None:
    """Have a row written: with others like it where they are gathered, else at once."""
    gathering = _current.get()
    if gathering and gathering.may_wait():
        gathering.rows.setdefault((turn, write), []).append(row)
    else:
        write([row])
