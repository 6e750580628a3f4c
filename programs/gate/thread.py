"""The one thread of a gate that speaks to the database through Django. Decides nothing."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from programs.gate import clock
from programs.gate.silence import hang_up

Result = TypeVar("Result")

# Longer than any statement may take by itself: after that the network has lost the answer.
SILENCE_SECONDS = 4.0
_LOOK_SECONDS = 0.5
_PATIENCE = (
    "-c statement_timeout=3000 -c lock_timeout=500 -c idle_in_transaction_session_timeout=5000"
)


def be_impatient() -> None:
    """Shorten what Django waits for, in this whole process: a collector waits for each batch."""
    options = connections.settings["default"]["OPTIONS"]
    options["options"] = f"{options.get('options', '')} {_PATIENCE}".strip()
    options["connect_timeout"] = 2
    options["application_name"] = "andon-gate-ledger"


class DatabaseThread:
    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="andon-ledger")
        self._connection: BaseDatabaseWrapper | None = None
        self._busy_since: float | None = None

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, called in the thread; raise what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._do, work)

    async def watch(self) -> None:
        """Cut the thread's connection whenever the database falls silent, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            since = self._busy_since
            if since is not None and clock.now() - since > SILENCE_SECONDS:
                self._cut()

    def close(self) -> None:
        """End the thread; what it has begun is broken off, as the process waits for its end."""
        if self._busy_since is not None:
            self._cut()
        self._executor.submit(self._hang_up)
        self._executor.shutdown(wait=False)

    def _do(self, work: Callable[[], Result]) -> Result:
        connection = self._connection = connections["default"]
        self._busy_since = clock.now()
        line = connection.connection
        try:
            with connection.execute_wrapper(self._breathe):
                return work()
        except (InterfaceError, OperationalError):
            # Django may have replaced a dead connection already, on its way out of atomic().
            alive = connection.connection is line and connection.is_usable()
            if not alive and connection.connection is line:
                connection.close()
            if alive or line is None:
                raise
            # It had died since the last batch. Whatever is written here may be written twice.
            with connection.execute_wrapper(self._breathe):
                return work()
        finally:
            self._busy_since = None

    def _breathe(self, execute: Callable[..., Any], *statement: Any) -> Any:
        # A long batch is no silence: each of its statements begins anew.
        self._busy_since = clock.now()
        return execute(*statement)

    def _cut(self) -> None:
        line = self._connection.connection if self._connection else None
        if line is not None:
            with suppress(psycopg.Error):
                hang_up(line.fileno())

    def _hang_up(self) -> None:
        if self._connection:
            self._connection.close()
