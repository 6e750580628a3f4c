"""Decides what becomes of records that were captured and not delivered yet, above all at a stop."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from andon.announcer import NotYet
from andon.endpoint import ConfigError
from andon.permit import Permit
from andon.protocol import BUFFERS
from andon.refusals import Full, Sealed, Stopped

Record = TypeVar("Record")

SEAL = "seal"
PURGE = "purge"


def told_by(buffer: str | Callable[[], str] | Buffer[Any]) -> str | Callable[[], str]:
    """Return what tells the state of undelivered records when a stop is acknowledged.

    Raises:
        ConfigError: if it is none of what may be given to a gate.
    """
    told = buffer.report if isinstance(buffer, Buffer) else buffer
    if not callable(told) and told not in BUFFERS:
        raise ConfigError(f"buffer must be a Buffer, a callable, or one of {', '.join(BUFFERS)}")
    return told


class BufferState(NamedTuple):
    """A picture of a buffer at one moment."""

    records: int
    delivering: int  # taken out, and not delivered yet
    sealed: bool
    generation: int | None  # in which the records were captured


class Buffer(Generic[Record]):
    """Records between capture and delivery, in memory, for one gate: Gate(buffer=Buffer(1000)).

    At a stop it is sealed: nothing goes in and nothing out. What it holds then stays sealed until
    a lease of a later generation runs and somebody chooses: release() or purge().

    Args:
        capacity: how many records it holds at most, those under delivery included.
        at_stop: "seal", or "purge" to throw away what it holds before a stop is acknowledged.

    Raises:
        ConfigError: if the capacity is less than 1 or `at_stop` is another word.
    """

    def __init__(self, capacity: int, *, at_stop: str = SEAL) -> None:
        if capacity < 1:
            raise ConfigError("capacity must be at least 1")
        if at_stop not in (SEAL, PURGE):
            raise ConfigError(f'at_stop must be "{SEAL}" or "{PURGE}"')
        self._capacity = capacity
        self._at_stop = at_stop
        self._records: deque[Record] = deque()
        self._delivering = 0
        self._generation: int | None = None
        self._purges = 0
        self._purged_at_rest = False
        self._permit: Permit | None = None
        self._filled = threading.Condition()

    def attach(self, permit: Permit) -> None:
        """Belong to a gate. Called by the gate, and again in a forked child, where it is empty.

        Raises:
            ConfigError: if it belongs to another gate.
        """
        if self._permit is not None:
            raise ConfigError("buffer must be a Buffer of this gate alone: it has another gate")
        self._permit = permit
        # The permit's lock: a record either went out before the stop, or does not go out.
        self._filled = threading.Condition(permit.changed.lock)
        permit.changed.watchers.append(self._filled.notify_all)

    def begin_anew_in_child(self, permit: Permit) -> None:
        """Forget the records, which the parent delivers, and belong to the child's permit."""
        self._records, self._delivering, self._generation = deque(), 0, None
        self._permit = None
        self.attach(permit)

    def put(self, record: Record) -> None:
        """Take a record in that was captured just now.

        Raises:
            Stopped: if no lease runs.
            Sealed: if records from before a stop are still in it.
            Full: if it holds as many as it may.
        """
        with self._filled:
            generation = self._open_generation()
            if len(self._records) + self._delivering >= self._capacity:
                raise Full(f"the buffer holds {self._capacity} records, as many as it may")
            self._generation = generation
            self._purged_at_rest = False
            self._records.append(record)
            self._filled.notify_all()

    @contextmanager
    def delivery(self, at_most: int | None = None) -> Iterator[list[Record]]:
        """Take the oldest records out, to be delivered in this block; if it raises they go back.

        A stop is acknowledged only when no delivery is under way.

        Raises:
            Stopped: if no lease runs.
            Sealed: if the records are from before a stop.
        """
        with self._filled:
            self._open_generation()
            count = len(self._records) if at_most is None else min(at_most, len(self._records))
            batch = [self._records.popleft() for _ in range(count)]
            self._delivering += count
            purges = self._purges
        delivered = False
        try:
            yield batch
            delivered = True
        finally:
            with self._filled:
                self._delivering -= count
                if not delivered and purges == self._purges:
                    self._records.extendleft(reversed(batch))
                elif not delivered:
                    self._note_purge(count)
                self._filled.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is something to deliver, at most so many seconds. Returns whether.

        False without a timeout means that the gate was closed.
        """
        with self._filled:
            self._filled.wait_for(lambda: self._is_closed() or self._is_ready(), timeout)
            return self._is_ready()

    def release(self) -> int:
        """Choose to deliver what is sealed. Returns how many records that is.

        Raises:
            Stopped: if no lease runs: the choice is made when the program goes on.
        """
        with self._filled:
            lease = self._lease_generation()
            if not self._records or lease == self._generation:
                return 0
            self._generation = lease
            self._filled.notify_all()
            return len(self._records)

    def purge(self) -> int:
        """Choose to throw away all that it holds, at any time. Returns how many records that was.

        What is under delivery does not come back.
        """
        with self._filled:
            count = len(self._records)
            self._records.clear()
            self._purges += 1
            self._note_purge(count)
            return count

    def report(self) -> str:
        """Return what an acknowledgement says of it: "empty", "sealed" or "purged".

        Raises:
            NotYet: while a delivery is under way.
        """
        with self._filled:
            if self._delivering:
                raise NotYet(f"{self._delivering} records are still being delivered")
            if self._at_stop == PURGE:
                self.purge()
            if self._records:
                return "sealed"
            return "purged" if self._purged_at_rest else "empty"

    @property
    def state(self) -> BufferState:
        """The present picture, for logs."""
        with self._filled:
            sealed = bool(self._records) and not self._is_ready()
            return BufferState(len(self._records), self._delivering, sealed, self._generation)

    def __len__(self) -> int:
        return len(self._records)

    def _note_purge(self, count: int) -> None:
        if count and (self._permit is None or not self._permit.is_open()):
            self._purged_at_rest = True

    def _lease_generation(self) -> int:
        permit = self._permit
        if permit is None:
            raise Stopped("this buffer was given to no gate")
        if not permit.is_open() or permit.lease is None:
            raise Stopped(permit.state().reason)
        return permit.lease.generation

    def _open_generation(self) -> int:
        generation = self._lease_generation()
        if self._records and self._generation != generation:
            raise Sealed(
                f"the buffer is sealed: it holds {len(self._records)} records of generation "
                f"{self._generation}, which is over; release() or purge() them"
            )
        return generation

    def _is_ready(self) -> bool:
        permit = self._permit
        return (
            permit is not None
            and bool(self._records)
            and permit.is_open()
            and permit.lease is not None
            and permit.lease.generation == self._generation
        )

    def _is_closed(self) -> bool:
        return self._permit is not None and self._permit.closed
