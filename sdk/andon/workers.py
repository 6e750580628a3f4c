"""Runs the threads of one gate in one process, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from andon.announcer import Announcer, Hooks
from andon.choices import Choices
from andon.clerk import Clerk
from andon.connection import Line
from andon.gates import Gates
from andon.listener import Listener
from andon.permit import Permit
from andon.renewal import Renewer
from andon.timing import Timing


class Settings(NamedTuple):
    """What a gate was made with, and keeps in a forked child."""

    gates: Gates
    hooks: Hooks
    version: str
    clock: Callable[[], float]
    timing: Timing


class Workers:
    """Asks, listens, acknowledges, and keeps participants' choices; begins at once."""

    def __init__(self, permit: Permit, choices: Choices, settings: Settings) -> None:
        clock, timing = settings.clock, settings.timing
        lines = tuple(Line(settings.gates, clock) for _ in range(4))
        asking, listening, telling, keeping = lines
        renewer = Renewer(permit, choices, asking, version=settings.version, timing=timing)
        listener = Listener(permit, choices, listening, timing=timing, on_drain=asking.renew)
        announcer = Announcer(permit, telling, settings.hooks, clock=clock, timing=timing)
        clerk = Clerk(permit, choices, keeping, clock=clock, timing=timing)
        self._lines = lines
        self.threads = tuple(
            threading.Thread(target=target, name=f"andon-{name}", daemon=True)
            for name, target in (
                ("renewal", renewer.run),
                ("stream", listener.run),
                ("announcer", announcer.run),
                ("choices", clerk.run),
            )
        )
        for thread in self.threads:
            thread.start()

    def end(self, patience: float) -> None:
        """Break off what is under way, and wait up to so many seconds for the threads to end."""
        for line in self._lines:
            line.end()
        for thread in self.threads:
            if thread is not threading.current_thread():
                thread.join(patience / len(self.threads))

    def forget(self) -> None:
        """Let go of the connections in a forked child, where these threads do not run."""
        for line in self._lines:
            line.forget()
