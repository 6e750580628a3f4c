"""Keeps the gate's copy of the database fresh. The only writer of the registry.

One connection of its own: it listens for news of programs and reads all of them
each second whether there was news or not, so that lost news costs a second.
"""

import asyncio
import contextlib
import os
import random
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import structlog
from django.db import connections

from programs.gate import clock, rows
from programs.gate.holdings import Holdings
from programs.gate.registry import Key, Program, Registry
from programs.gate.silence import hang_up
from programs.gate.subjects import Listed
from programs.news import CHANNEL

logger = structlog.get_logger(__name__)

READ_SECONDS = 1.0
EVERY_KEY_SECONDS = 30.0
# A burst of news becomes one reading.
GATHER_SECONDS = 0.01
# Longer than the 2 s that the database may take for a statement: then the network is away.
SILENCE_SECONDS = 2.5
RETRY_SECONDS = 0.05
MOST_RETRY_SECONDS = 1.0
REFRESH_PATIENCE = 1.0
_SLICE = 1000


class Feed:
    """Follows the database until cancelled, and for ever.

    Args:
        on_programs: called with the programs that changed, after the registry has them.
        on_keys: called after the registry has other keys.
        on_subjects: called with the lists of participants' choices that are newer, as before.
    """

    def __init__(
        self,
        registry: Registry,
        holdings: Holdings,
        *,
        on_programs: Callable[[list[Program]], None],
        on_keys: Callable[[], None],
        on_subjects: Callable[[list[Listed]], None],
    ) -> None:
        self._registry = registry
        self._holdings = holdings
        self._on_programs = on_programs
        self._on_keys = on_keys
        self._on_subjects = on_subjects
        self._wake = asyncio.Event()
        self._refreshed: list[asyncio.Future[None]] = []
        self._knows_leases = False
        self._fingerprint: tuple[int, ...] = ()
        self._every_key_at = float("-inf")
        self._away = False
        self._patience = RETRY_SECONDS

    def nudge(self) -> None:
        """Read again now."""
        self._wake.set()

    async def refresh(self) -> None:
        """Wait for a copy that was read after this call, at most 1 s; then go on with what is."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._refreshed.append(done)
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REFRESH_PATIENCE):
                await done

    async def run(self) -> None:
        """Follow the database; connect again whenever it goes away."""
        while True:
            try:
                line = await _connect()
                try:
                    await self._follow(line)
                finally:
                    await line.close()
            except (psycopg.Error, OSError) as error:
                self._lose(error)
            # All gates lose a database in the same moment, and must not return in the same one.
            await asyncio.sleep(random.uniform(RETRY_SECONDS, self._patience))  # noqa: S311
            self._patience = min(self._patience * 2, MOST_RETRY_SECONDS)

    async def _follow(self, line: psycopg.AsyncConnection[Any]) -> None:
        # What comes while an answer is read is psycopg's to tell; what comes later `_rest` hears.
        line.add_notify_handler(lambda _news: self._wake.set())
        await _ask(line, f"LISTEN {CHANNEL}")
        if not self._knows_leases:
            await self._read_leases(line)
        while True:
            began = clock.now()
            self._wake.clear()
            waiting, self._refreshed = self._refreshed, []
            await self._read_programs(line)
            await self._read_keys(line)
            for done in waiting:
                if not done.done():
                    done.set_result(None)
            self._find()
            await self._rest(line, until=began + READ_SECONDS)

    async def _read_programs(self, line: psycopg.AsyncConnection[Any]) -> None:
        began = clock.now()
        found = await _ask(line, rows.PROGRAMS)
        changed = self._registry.take_programs(rows.programs(found), began=began)
        if changed:
            self._on_programs(changed)
        await self._read_subjects(line, rows.versions(found))

    async def _read_subjects(
        self, line: psycopg.AsyncConnection[Any], versions: dict[int, int]
    ) -> None:
        subjects = self._registry.subjects
        behind = subjects.take_versions(versions)
        if behind:
            lists = rows.subjects(await _ask(line, rows.SUBJECTS, behind))
            self._on_subjects(subjects.take(lists))

    async def _read_keys(self, line: psycopg.AsyncConnection[Any]) -> None:
        began = clock.now()
        [[*counts, gates, told]] = await _ask(line, rows.FINGERPRINT)
        self._registry.gates = tuple(gates)
        self._registry.take_time(told, now=began)
        fingerprint = tuple(counts)
        if fingerprint == self._fingerprint and began - self._every_key_at < EVERY_KEY_SECONDS:
            self._registry.confirm_keys(began=began)
            return
        began = clock.now()
        keys: list[Key] = []
        found = await _ask(line, rows.KEYS)
        for start in range(0, len(found), _SLICE):
            keys += rows.keys(found[start : start + _SLICE])
            # Renewals go on while many keys are read.
            await asyncio.sleep(0)
        self._registry.take_ingest_keys(rows.ingest_keys(await _ask(line, rows.INGEST_KEYS)))
        self._registry.take_keys(keys, began=began)
        changed, self._fingerprint = fingerprint != self._fingerprint, fingerprint
        self._every_key_at = began
        if changed:
            self._on_keys()

    async def _read_leases(self, line: psycopg.AsyncConnection[Any]) -> None:
        # After a restart every collector comes back within seconds; what is written already
        # need not be written again.
        began = clock.now()
        for collector_id, generation, age in await _ask(line, rows.LEASES):
            self._holdings.take(collector_id, generation=generation, written=began - age)
        self._knows_leases = True

    async def _rest(self, line: psycopg.AsyncConnection[Any], *, until: float) -> None:
        loop = asyncio.get_running_loop()

        def hear() -> None:
            with contextlib.suppress(psycopg.Error):
                line.pgconn.consume_input()
                while line.pgconn.notifies():
                    pass
            self._wake.set()

        await asyncio.sleep(GATHER_SECONDS)
        # A descriptor of our own: libpq closes its one as soon as the connection breaks, and the
        # number may be a collector's by the time that we let go of it.
        descriptor = os.dup(line.fileno())
        loop.add_reader(descriptor, hear)
        try:
            async with asyncio.timeout(max(0.0, until - clock.now())):
                await self._wake.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)

    def _lose(self, error: Exception) -> None:
        if not self._away:
            logger.warning("gate_cannot_read", error=type(error).__name__)
        self._away = True

    def _find(self) -> None:
        if self._away:
            logger.info("gate_reads_again")
        self._away = False
        self._patience = RETRY_SECONDS


async def _connect() -> psycopg.AsyncConnection[Any]:
    given = connections["default"].get_connection_params()
    ours = {
        "options": "-c statement_timeout=2000",
        "application_name": "andon-gate-feed",
        "connect_timeout": 2,
    }
    kept = {
        name: value
        for name, value in given.items()
        if name not in ("cursor_factory", "context", "prepare_threshold")
    }
    return await psycopg.AsyncConnection.connect(**(kept | ours), autocommit=True)


async def _ask(line: psycopg.AsyncConnection[Any], statement: str, *values: Any) -> Sequence[Any]:
    loop = asyncio.get_running_loop()
    silence = loop.call_later(SILENCE_SECONDS, hang_up, line.fileno())
    try:
        cursor = await line.execute(statement, values or None, binary=True)
        return await cursor.fetchall() if cursor.description else []
    finally:
        silence.cancel()
