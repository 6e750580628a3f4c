"""Has leases, renewals and acknowledgements written, in batches.

It asks programs.leases and programs.stops, which are the writers. A grant and an
acknowledgement are answered after their commit; a renewal is written within a second.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import TypeVar
from uuid import UUID

import psycopg
import structlog
from django.db import Error, connection, transaction

from accounts.actors import Actor
from programs import leases, participation, presence, stops, violations
from programs.gate import answers, clock
from programs.gate.batches import Batch
from programs.gate.figures import Figures
from programs.gate.holdings import Held, Holdings
from programs.gate.registry import Registry
from programs.gate.thread import DatabaseThread

logger = structlog.get_logger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

NOTE_SECONDS = 1.0
# Small enough that a grant never waits long behind them.
NOTE_MOST = 1000
CHOOSE_MOST = 20
COUNT_MOST = 4
# Another gate's grant may lock these leases in another order. Of those who wait in a circle the
# database breaks one off, after a second; it must be the note, and long before.
GIVE_WAY = "100ms"
# The SDK waits for an answer no longer than its pace, and never longer than 5 s.
GRANT_PATIENCE = 2.5
ACKNOWLEDGE_PATIENCE = 4.5
RENEWALS = "renewals"


class _Failed(Enum):
    """What stands for a result when nothing was written."""

    NOTHING_WRITTEN = "nothing written"


NOTHING_WRITTEN = _Failed.NOTHING_WRITTEN


@dataclass(frozen=True, slots=True)
class _Given:
    """A renewal that was given and is not written yet."""

    generation: int
    lease_seconds: int
    at: float


@dataclass(frozen=True, slots=True)
class Report:
    """Stamps that were refused where a program's records come in."""

    program_id: int
    found: list[violations.Old]
    by: Actor


class Ledger:
    def __init__(self, registry: Registry, holdings: Holdings, *, figures: Figures) -> None:
        self._registry = registry
        self._holdings = holdings
        self._figures = figures
        self._thread = DatabaseThread()
        self._grants = Batch(self._write_grants)
        self._words = Batch(self._write_words)
        self._refused = Batch(self._write_refused, most=COUNT_MOST)
        self._choices = Batch(self._write_choices, most=CHOOSE_MOST)
        self._given: dict[int, _Given] = {}
        self._away = False
        self._gave_way = False

    async def grant(self, ask: leases.Ask) -> Held | None:
        """Have a lease written; None if the database says no.

        Raises:
            Refused: 503 if it could not be written in time.
        """
        return await _within(GRANT_PATIENCE, self._grants, ask)

    async def acknowledge(self, word: stops.Acknowledgement) -> stops.Answer:
        """Have an acknowledgement written.

        Raises:
            Refused: 503 if it could not be written in time.
        """
        return await _within(ACKNOWLEDGE_PATIENCE, self._words, word)

    async def choose(self, act: Callable[[], participation.Kept]) -> participation.Kept:
        """Have a participant's choice written.

        Raises:
            Refused: 503 if it could not be written in time.
        """
        return await _within(ACKNOWLEDGE_PATIENCE, self._choices, act)

    async def count(self, report: Report) -> violations.Tally:
        """Have stamps counted that were refused after a stop.

        Raises:
            Refused: 503 if it could not be written in time.
        """
        return await _within(ACKNOWLEDGE_PATIENCE, self._refused, report)

    async def publish(self, beat: presence.Beat) -> None:
        """Have it written that this gate is alive; what cannot be written is not tried again."""
        await self._write("beats", [beat], presence.note)

    async def withdraw(self, ident: UUID) -> None:
        """Have it written that this gate is going down."""
        await self._write("beats", [ident], presence.leave)

    def renewed(
        self, collector_id: int, *, generation: int, lease_seconds: int, now: float
    ) -> None:
        """Remember to write down a renewal that is being given."""
        self._given[collector_id] = _Given(generation, lease_seconds, now)

    async def run(self) -> None:
        """Write until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            batches = self._grants, self._words, self._choices, self._refused
            for work in (*(each.run for each in batches), self._note_often, self._thread.watch):
                tasks.create_task(work())

    async def close(self) -> None:
        """Write what is still unwritten, if the database answers, and end the thread."""
        try:
            async with asyncio.timeout(GRANT_PATIENCE):
                await self.note()
        except TimeoutError:
            logger.warning("gate_renewals_unwritten", renewals=len(self._given))
        self._thread.close()

    async def note(self) -> None:
        """Write the renewals given so far. What cannot be written is tried again next time."""
        given, self._given = self._given, {}
        rows = sorted(given.items())
        for start in range(0, len(rows), NOTE_MOST):
            part = rows[start : start + NOTE_MOST]
            if not await self._note(part):
                # A renewal given meanwhile is newer than the one that failed.
                self._given = dict(rows[start:]) | self._given
                break
        self._figures.unwritten.set(len(self._given))

    async def _note_often(self) -> None:
        while True:
            await asyncio.sleep(NOTE_SECONDS)
            await self.note()

    async def _note(self, part: list[tuple[int, _Given]]) -> bool:
        renewals = [
            leases.Renewal(
                collector_id,
                one.generation,
                at=(at := self._registry.time(one.at)),
                expires_at=at + timedelta(seconds=one.lease_seconds),
            )
            for collector_id, one in part
        ]
        if await self._write(RENEWALS, renewals, note_or_give_way) is NOTHING_WRITTEN:
            return False
        for collector_id, one in part:
            self._holdings.note(collector_id, generation=one.generation, written=one.at)
        return True

    async def _write_grants(self, asks: list[leases.Ask]) -> list[Held | None | _Failed]:
        # A locked program must not hold up the others. And the writer says which collectors
        # got a lease, not of which generation: one at a time, then.
        together: dict[tuple[int, int], dict[int, leases.Ask]] = {}
        for ask in asks:
            group = together.setdefault((ask.program_id, ask.generation), {})
            group[ask.collector_id] = ask
        results: dict[tuple[int, int], Held | None | _Failed] = {}
        for (_, generation), group in together.items():
            results |= {
                (collector_id, generation): result
                for collector_id, result in (await self._grant(group, generation)).items()
            }
        return [results[ask.collector_id, ask.generation] for ask in asks]

    async def _grant(
        self, asks: dict[int, leases.Ask], generation: int
    ) -> dict[int, Held | None | _Failed]:
        began = clock.now()
        granted = await self._write("grants", list(asks.values()), leases.grant)
        if isinstance(granted, _Failed):
            return dict.fromkeys(asks, granted)
        results: dict[int, Held | None | _Failed] = dict.fromkeys(asks)
        for collector_id in granted:
            results[collector_id] = self._holdings.take(
                collector_id, generation=generation, written=began
            )
        return results

    async def _write_words(self, said: list[stops.Acknowledgement]) -> list[stops.Answer | _Failed]:
        # One transaction a program: an order that somebody keeps locked fails its own words only.
        together: dict[int, list[int]] = {}
        for place, word in enumerate(said):
            together.setdefault(word.program_id, []).append(place)
        results: dict[int, stops.Answer] = {}
        for places in together.values():
            theirs = [said[place] for place in places]
            stored = await self._write("acknowledgements", theirs, violations.acknowledge)
            if not isinstance(stored, _Failed):
                results |= zip(places, stored, strict=True)
        return [results.get(place, NOTHING_WRITTEN) for place in range(len(said))]

    async def _write_choices(
        self, acts: list[Callable[[], participation.Kept]]
    ) -> list[participation.Kept | _Failed]:
        # One transaction each: they are rare, and one that fails takes no other with it.
        return [await self._write("choices", [act], _do) for act in acts]

    async def _write_refused(self, reports: list[Report]) -> list[violations.Tally | _Failed]:
        # One transaction each, so that grants come in between.
        return [await self._write("refused stamps", [each], _count) for each in reports]

    async def _write(
        self, of: str, items: list[Item], write: Callable[[list[Item]], Result]
    ) -> Result | _Failed:
        self._figures.batches.labels(of).observe(len(items))
        try:
            result = await self._thread.run(partial(write, items))
        except Error as error:
            self._lose(of, error)
            return NOTHING_WRITTEN
        except Exception:
            # A fault of ours: it refuses this batch, and must not end the ones to come.
            logger.exception("gate_write_failed", of=of)
            return NOTHING_WRITTEN
        if self._away:
            logger.info("gate_writes_again")
        self._away = False
        if of == RENEWALS:
            self._gave_way = False
        return result

    def _lose(self, of: str, error: Error) -> None:
        gave_way = isinstance(error.__cause__, psycopg.errors.LockNotAvailable)
        if gave_way and of == RENEWALS and not self._gave_way:
            # The next note, a second later, finds the pause over.
            self._gave_way = True
            logger.info("gate_gave_way")
            return
        # Once for each time it goes away, not for each batch that fails.
        if not self._away:
            logger.warning("gate_cannot_write", of=of, error=type(error).__name__)
        self._away = True


def _count(reports: list[Report]) -> violations.Tally:
    (report,) = reports
    return violations.count(report.program_id, report.found, by=report.by)


def _do(acts: list[Callable[[], participation.Kept]]) -> participation.Kept:
    (act,) = acts
    return act()


def note_or_give_way(renewals: list[leases.Renewal]) -> None:
    """Write renewals down, or fail at once if somebody else is writing these leases.

    Raises:
        OperationalError: if a row is locked for longer than 0.1 s.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{GIVE_WAY}'")
        leases.note(renewals)


async def _within(seconds: float, batch: Batch[Item, Result | _Failed], item: Item) -> Result:
    try:
        async with asyncio.timeout(seconds):
            result = await batch.ask(item)
    except TimeoutError:
        raise answers.unwritten() from None
    if isinstance(result, _Failed):
        raise answers.unwritten()
    return result
