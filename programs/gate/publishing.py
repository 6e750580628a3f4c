"""Tells the other gates that this one is there, and by which address collectors reach it."""

import asyncio
import socket
import uuid

from programs.gate import clock
from programs.gate.ledger import Ledger
from programs.gate.registry import Registry
from programs.gate.streams import Streams
from programs.presence import BEAT_SECONDS, Beat

# A gate that goes down must not wait for a database that is away.
LEAVE_PATIENCE = 1.0


class Publishing:
    """Beats while this gate can extend leases.

    Args:
        url: where collectors reach it; empty for a gate that is not published.
    """

    def __init__(self, url: str, *, registry: Registry, ledger: Ledger, streams: Streams) -> None:
        self._url = url
        self._registry = registry
        self._ledger = ledger
        self._streams = streams
        self._ident = uuid.uuid4()
        self._host = socket.gethostname()[:100]
        self._leaving = False

    async def run(self) -> None:
        """Beat until cancelled, or until `leave`."""
        while self._url and not self._leaving:
            # One that cannot read the database refuses every lease: nobody should come to it.
            if self._registry.fresh(clock.now()):
                beat = Beat(self._ident, self._url, self._host, len(self._streams))
                await self._ledger.publish(beat)
            await asyncio.sleep(BEAT_SECONDS)

    async def leave(self) -> None:
        """Send nobody here any more."""
        self._leaving = True
        if self._url:
            try:
                async with asyncio.timeout(LEAVE_PATIENCE):
                    await self._ledger.withdraw(self._ident)
            except TimeoutError:
                # The others stop naming it when its last beat is ten seconds old.
                pass
