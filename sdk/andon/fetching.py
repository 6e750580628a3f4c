"""Keeps a verifier's sheet good. Decides when to ask for it, and which answer replaces it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http.client import HTTPException
from typing import NamedTuple

from andon.backoff import Backoff, spread
from andon.connection import Answer, Line
from andon.permit import DRIFT
from andon.protocol import SHORTEST_PACE, read_refusal
from andon.sheet import Sheet, read_sheet
from andon.timing import Timing
from andon.wire import Malformed

logger = logging.getLogger("andon")

SHEET_PATH = "/v1/verifier?program="
LARGEST_SHEET = 16_777_216

# Answers that end the sheet in hand at once. All others (and no answer) only let it run out.
_DECISIONS = frozenset({401, 403, 404})

# A 304 carries no time of the gate: read the whole sheet again before the clocks part.
_WHOLE_EVERY = 600.0


class Held(NamedTuple):
    """A sheet in hand. One tuple: what it says and how long it is good change together."""

    sheet: Sheet
    etag: str
    read_at: float  # lease clock
    good_until: float  # lease clock


class Shelf:
    """The one sheet. `held` may be read without a lock by anyone, the rest under `changed`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.changed = threading.Condition()
        self.held: Held | None = None
        self.trouble = "no sheet yet"
        self.closed = False
        self.clock = clock
        self._hurry = False

    def put(self, held: Held) -> None:
        """Take a sheet over, or the same one for longer."""
        with self.changed:
            if not self.closed:
                self.held, self.trouble = held, ""
            self.changed.notify_all()

    def miss(self, trouble: str, *, drop: bool = False) -> None:
        """Note why there is no new sheet; the one in hand runs out by itself, or is dropped."""
        with self.changed:
            self.trouble = self.trouble if self.closed else trouble
            if drop:
                self.held = None
            self.changed.notify_all()

    def close(self) -> None:
        """End for good."""
        with self.changed:
            self.held, self.closed, self.trouble = None, True, "the verifier was closed"
            self.changed.notify_all()

    def is_good(self) -> bool:
        """Say whether the sheet in hand is good."""
        held = self.held
        return held is not None and self.clock() < held.good_until

    def reason(self) -> str:
        """Return why there is no good sheet, in words for a person."""
        return f"no good sheet: {self.trouble or 'the last one is too old'}"

    def fetch_now(self) -> None:
        """End the wait before the next question."""
        if not self._hurry:
            with self.changed:
                self._hurry = True
                self.changed.notify_all()

    def rest(self, seconds: float) -> None:
        """Wait so long, or until the next question is wanted at once, or for the close."""
        with self.changed:
            self.changed.wait_for(lambda: self.closed, SHORTEST_PACE)
            self.changed.wait_for(lambda: self.closed or self._hurry, seconds - SHORTEST_PACE)
            self._hurry = False


class Fetcher:
    """Asks for the sheet again and again, well before the one in hand ends."""

    def __init__(self, shelf: Shelf, line: Line, *, program: str, timing: Timing) -> None:
        self._shelf = shelf
        self._line = line
        self._program = program
        self._timing = timing
        self._backoff = Backoff(least=0.1, most=timing.sheet)
        self._newest: Sheet | None = None

    def run(self) -> None:
        """Ask until the shelf is closed. Never gives up."""
        while not self._shelf.closed:
            self._shelf.rest(self.fetch())
        self._line.close()

    def fetch(self) -> float:
        """Ask once. Returns the seconds until the next question; never raises."""
        shelf, held = self._shelf, self._shelf.held
        # Leave time to ask another gate before the sheet in hand ends.
        patience = held.sheet.good_seconds / 2 if held else self._timing.answer
        try:
            answer = self._line.get(
                SHEET_PATH + self._program,
                timeout=max(0.5, min(self._timing.answer, patience)),
                etag=self._tag(held),
                at_most=LARGEST_SHEET,
            )
            return self._take(answer, held)
        except (OSError, HTTPException) as trouble:
            shelf.miss(f"the gate did not answer: {trouble or type(trouble).__name__}")
        except Malformed as trouble:
            self._line.leave()
            shelf.miss(f"the gate's answer makes no sense: {trouble}")
        except Exception:
            logger.exception("asking for the sheet failed")
            shelf.miss("asking for the sheet failed")
        return self._backoff.wait()

    def _tag(self, held: Held | None) -> str:
        if held is None or self._shelf.clock() - held.read_at > _WHOLE_EVERY:
            return ""
        return held.etag

    def _take(self, answer: Answer, held: Held | None) -> float:
        if answer.status == 304 and held is not None and held.etag:
            held = held._replace(good_until=_good_until(held.sheet, answer))
        elif answer.status == 200:
            sheet = read_sheet(
                answer.body,
                program=self._program,
                asked_at=answer.asked_at,
                heard_at=answer.heard_at,
            )
            if self._newest is not None and sheet.is_older_than(self._newest):
                raise Malformed("the sheet is older than the one before")
            self._newest = sheet
            if sheet.gates is not None:
                self._line.learn(sheet.gates)
            held = Held(sheet, answer.etag, answer.heard_at, _good_until(sheet, answer))
        else:
            refusal = read_refusal(answer.status, answer.body)
            self._shelf.miss(refusal.reason, drop=answer.status in _DECISIONS)
            return self._backoff.wait()
        self._shelf.put(held)
        self._backoff.reset()
        # Twice within its time and once more to spare, for a question that is lost.
        return spread(0.3, 0.4) * held.sheet.good_seconds


def _good_until(sheet: Sheet, answer: Answer) -> float:
    return answer.asked_at + sheet.good_seconds * (1 - DRIFT)
