"""Reads the stream. Nothing depends on it: it only brings forward what a renewal would say."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing

from andon.backoff import Backoff
from andon.choices import Choices
from andon.connection import Line
from andon.permit import Permit
from andon.protocol import read_news
from andon.sse import events
from andon.subjects import read_version
from andon.timing import Timing
from andon.wire import Malformed

logger = logging.getLogger("andon")

STREAM_PATH = "/v1/stream?program="

# A stream that lived shorter is a failed try, or a gate that drops each at once would be stormed.
_GOOD_LIFE = 5.0


class Listener:
    """Takes the news over from one stream after the other."""

    def __init__(
        self,
        permit: Permit,
        choices: Choices,
        line: Line,
        *,
        timing: Timing,
        on_drain: Callable[[], None],
    ) -> None:
        self._permit = permit
        self._choices = choices
        self._line = line
        self._timing = timing
        self._on_drain = on_drain
        self._backoff = Backoff(least=0.1, most=timing.reconnect)

    def run(self) -> None:
        """Read until the permit is closed. Never gives up."""
        permit = self._permit
        while not permit.closed:
            began = time.monotonic()
            try:
                self._listen()
            except Exception as trouble:
                # At this level nobody needs to act: the renewal goes on and says what matters.
                logger.debug("the stream ended: %s", trouble, exc_info=True)
            if time.monotonic() - began > _GOOD_LIFE:
                self._backoff.reset()
            with permit.changed:
                permit.changed.wait_for(lambda: permit.closed, self._backoff.wait())

    def _listen(self) -> None:
        timing = self._timing
        chunks = self._line.stream(
            STREAM_PATH + self._permit.program, timeout=timing.answer, silence=timing.silence
        )
        with closing(chunks):
            for name, data in events(chunks):
                if name == "drain":
                    self._line.leave()
                    self._on_drain()
                    return
                self._take(name, data)

    def _take(self, name: str, data: str) -> None:
        program = self._permit.program
        try:
            if name == "state":
                self._permit.hear(read_news(data, program=program))
            elif name == "subjects":
                self._choices.hear(read_version(data, program=program))
        except Malformed as trouble:
            logger.warning("the stream said something that makes no sense: %s", trouble)
            # It may have been a pause. The renewal knows.
            self._permit.ask_now()
