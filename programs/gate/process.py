"""One gate process: its parts, their start and their end. Decides nothing."""

import asyncio
import math
from collections.abc import Callable
from typing import NamedTuple

import structlog

from programs import signing
from programs.gate import clock, second_path
from programs.gate.door import Door
from programs.gate.feed import Feed
from programs.gate.figures import Figures
from programs.gate.holdings import Holdings
from programs.gate.leasing import Leasing
from programs.gate.ledger import Ledger
from programs.gate.ofrep import Evaluation
from programs.gate.participating import Participating
from programs.gate.publishing import Publishing
from programs.gate.registry import Program, Registry
from programs.gate.sheets import Sheets
from programs.gate.stopping import Stopping
from programs.gate.streams import Streams
from programs.gate.subjects import Listed
from programs.gate.verifying import Verifying

logger = structlog.get_logger(__name__)

MEASURE_SECONDS = 1.0


def _nobody() -> None:
    return None


class Endpoints(NamedTuple):
    """What answers the questions of collectors and of whoever takes records in."""

    leasing: Leasing
    stopping: Stopping
    evaluation: Evaluation
    verifying: Verifying
    participating: Participating


class Gate:
    """The parts, wired.

    Args:
        secret_key: every collector's signing key is derived from it.
        redis_url: the second path of news; empty for none.
        public_url: where collectors reach it, to be told to others; empty for not at all.
        on_fault: called when a part has died of a fault of its own: a gate that cannot
            follow the database must not stay.
    """

    def __init__(
        self,
        *,
        secret_key: str,
        redis_url: str = "",
        public_url: str = "",
        on_fault: Callable[[], None] = _nobody,
    ) -> None:
        master = signing.master_from(secret_key)
        self.on_fault = on_fault
        self.figures = Figures()
        self.registry = Registry()
        self.holdings = Holdings(master)
        self.streams = Streams(self.registry, self.figures)
        self.ledger = Ledger(self.registry, self.holdings, figures=self.figures)
        self.feed = Feed(
            self.registry,
            self.holdings,
            on_programs=self._tell,
            on_keys=self._take_keys,
            on_subjects=self._tell_subjects,
        )
        self.door = Door(self.registry, self.figures)
        self.endpoints = self._endpoints(master)
        self.publishing = Publishing(
            public_url, registry=self.registry, ledger=self.ledger, streams=self.streams
        )
        self.leaving = False
        self._redis_url = redis_url
        self._work: asyncio.Task[None] | None = None

    def _endpoints(self, master: bytes) -> Endpoints:
        door, registry, figures = self.door, self.registry, self.figures
        sheets = Sheets(registry, master=master, figures=figures)
        leasing = Leasing(
            door=door,
            registry=registry,
            holdings=self.holdings,
            ledger=self.ledger,
            feed=self.feed,
            sheets=sheets,
            figures=figures,
        )
        stopping = Stopping(
            door=door, registry=registry, ledger=self.ledger, master=master, figures=figures
        )
        evaluation = Evaluation(door=door, leasing=leasing, figures=figures)
        verifying = Verifying(
            door=door, registry=registry, sheets=sheets, ledger=self.ledger, figures=figures
        )
        participating = Participating(
            door=door, registry=registry, ledger=self.ledger, feed=self.feed, master=master
        )
        return Endpoints(leasing, stopping, evaluation, verifying, participating)

    def start(self) -> None:
        """Begin to follow the database. Nothing is extended before the first copy is read."""
        self._work = asyncio.create_task(self._run())
        self._work.add_done_callback(self._ended)

    async def drain(self) -> None:
        """Send the collectors with a stream elsewhere; leases go on until the process ends."""
        logger.info("gate_leaving", streams=len(self.streams))
        self.leaving = True
        await asyncio.gather(self.publishing.leave(), self.streams.drain())

    async def stop(self) -> None:
        """Write what is unwritten and let go of the database."""
        await self.ledger.close()
        if self._work:
            self._work.cancel()
            await asyncio.wait([self._work])
        logger.info("gate_stopped")

    def copy_age(self) -> float:
        """Return the age of the copy in seconds; infinite before the first."""
        age = self.registry.age(clock.now())
        self.figures.copy_age.set(age)
        return age

    async def _run(self) -> None:
        parts = [
            self.feed.run(),
            self.ledger.run(),
            self.streams.beat(),
            self.publishing.run(),
            self._measure(),
        ]
        if self._redis_url:
            parts.append(second_path.follow(self._redis_url, nudge=self.feed.nudge))
        async with asyncio.TaskGroup() as tasks:
            for part in parts:
                tasks.create_task(part)

    async def _measure(self) -> None:
        was_fresh = True
        while True:
            age = self.copy_age()
            fresh = self.registry.fresh(clock.now())
            if was_fresh and not fresh and math.isfinite(age):
                logger.error("gate_copy_stale", seconds=round(age, 1))
            was_fresh = fresh
            await asyncio.sleep(MEASURE_SECONDS)

    def _tell(self, programs: list[Program]) -> None:
        for program in programs:
            self.streams.tell(program)

    def _tell_subjects(self, lists: list[Listed]) -> None:
        for listed in lists:
            program = self.registry.programs[listed.program_id]
            self.streams.tell_subjects(program, listed.version)

    def _take_keys(self) -> None:
        self.figures.keys.set(len(self.registry.keys))
        self.streams.close_withdrawn()

    def _ended(self, work: asyncio.Task[None]) -> None:
        if not work.cancelled() and work.exception():
            logger.error("gate_part_died", exc_info=work.exception())
            self.on_fault()
