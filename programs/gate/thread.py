"""The one thread of a gate that speaks to the database through Django. Decides nothing."""

import asyncio
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection, connections

Result = TypeVar("Result")

# Longer than any batch may take by itself: then the network has lost the answer.
SILENCE_SECONDS = 5.0
_PATIENCE = (
    "-c statement_timeout=3000 -c lock_timeout=1000 -c idle_in_transaction_session_timeout=5000"
)


def be_impatient() -> None:
    """Shorten what Django waits for, in this whole process: somebody waits for each batch."""
    options = connections.settings["default"]["OPTIONS"]
    options["options"] = f"{options.get('options', '')} {_PATIENCE}".strip()
    options["connect_timeout"] = 2
    options["application_name"] = "andon-gate-ledger"


class DatabaseThread:
    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="andon-ledger")
        self._line: Any = None

    async def run(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, called in the thread; raise what it raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._do, work, loop)

    def close(self) -> None:
        self._executor.submit(connection.close)
        self._executor.shutdown(wait=False)

    def _do(self, work: Callable[[], Result], loop: asyncio.AbstractEventLoop) -> Result:
        watch = _Watch(loop)
        try:
            return self._attempt(work)
        finally:
            watch.stop()

    def _attempt(self, work: Callable[[], Result]) -> Result:
        was_open = connection.connection is not None
        try:
            return work()
        except (InterfaceError, OperationalError):
            if connection.is_usable():
                raise
            connection.close()
            if not was_open:
                raise
        # The connection had died since the last batch, and each batch may be written twice.
        return work()


class _Watch:
    """Cuts this thread's connection if the database falls silent: libpq would wait for ever."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        ...
