"""Write what a transaction records and publishes in few statements, when it has done the rest.

Somebody waits for a report, and one statement for each line of the record was a third of the wait.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import Any, TypeVar

from django.db import transaction

Row = TypeVar("Row")
Known = TypeVar("Known")
Write = Callable[[list[Any]], None]


class OutsideTransaction(RuntimeError):
    """Something was recorded or published without a transaction to belong to."""


class BehindSavepoint(RuntimeError):
    """Something was recorded or published behind a savepoint while it is gathered."""


class Turn(IntEnum):
    """Who writes first: the record names what it is about by its key, and so does what is due."""

    SUBJECTS = 0
    RECORD = 1
    EVENTS = 2
    WORK = 3


class _Gathering:
    def __init__(self) -> None:
        self.rows: dict[tuple[Turn, Write], list[Any]] = {}
        self.known: dict[Hashable, Any] = {}
        self._notes: list[Callable[[], None]] = []
        self._depth = len(transaction.get_connection().savepoint_ids)

    def hold(self, write: Write, row: Any, turn: Turn) -> None:
        # Held back, it would stay where the savepoint is rolled back; written at once, it would
        # stand before what was done before it, or take that with it. So nobody may.
        if any(transaction.get_connection().savepoint_ids[self._depth :]):
            raise BehindSavepoint(
                "inside gathered() nothing is recorded or published behind a savepoint:"
                " join the transaction with atomic(savepoint=False)"
            )
        self.rows.setdefault((turn, write), []).append(row)

    def note(self, take: Callable[[], None]) -> None:
        self._notes.append(take)

    def write(self) -> None:
        with _sent_ahead():
            # What writes may hold more: subjects that follow, their record, their work. What is
            # held after its turn comes next, before what names it.
            while self.rows:
                turn = min(key[0] for key in self.rows)
                for key in [key for key in self.rows if key[0] == turn]:
                    key[1](self.rows.pop(key))
        for take in self._notes:
            take()


@contextmanager
def _sent_ahead() -> Iterator[None]:
    """Send one statement after the other, and wait only for answers that are asked for, or last.

    Whoever acts would else wait for each; an error comes no later than from here.
    """
    line = transaction.get_connection()
    with line.wrap_database_errors, line.connection.pipeline():
        yield


_current: ContextVar[_Gathering | None] = ContextVar("gathering", default=None)


@contextmanager
def gathered() -> Iterator[None]:
    """Hold back what is recorded and published inside, and write it at the end, in its order.

    Inside another it joins that one. Nothing is written if an exception leaves it.

    Raises:
        OutsideTransaction: if there is no transaction around it.
        BehindSavepoint: from whoever records or publishes behind a savepoint opened inside.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction("gathered() needs transaction.atomic() around it")
    if _current.get():
        yield
        return
    gathering = _Gathering()
    token = _current.set(gathering)
    try:
        yield
        gathering.write()
    finally:
        _current.reset(token)


def write_soon(write: Callable[[list[Row]], None], row: Row, *, turn: Turn) -> None:
    """Have a row written: with others like it where they are gathered, else at once."""
    gathering = _current.get()
    if gathering:
        gathering.hold(write, row, turn)
    else:
        write([row])


def afterwards(take: Callable[[], None]) -> None:
    """Have the answer of a statement taken once it is there: after what is gathered, or now.

    A writer that does not ask for it lets the next statement go out at once.
    """
    gathering = _current.get()
    if gathering:
        gathering.note(take)
    else:
        take()


def once(key: Hashable, read: Callable[[], Known]) -> Known:
    """Return what `read` does; inside `gathered()` it reads once for each key.

    For what the gathered acts do not change: they see it as it was for the first of them.
    """
    gathering = _current.get()
    if gathering is None:
        return read()
    if key not in gathering.known:
        gathering.known[key] = read()
    found: Known = gathering.known[key]
    return found


def known(found: Mapping[Hashable, Any]) -> None:
    """Let `once` return what was read for several keys in one question; inside `gathered()`."""
    gathering = _current.get()
    if gathering:
        gathering.known |= found
