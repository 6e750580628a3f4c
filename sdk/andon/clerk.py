"""Keeps the list of participants' choices current, and carries choices made here to the gate."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from http.client import HTTPException

from andon.backoff import Backoff, spread
from andon.choices import Choices, Wish
from andon.connection import Answer, Line
from andon.permit import Permit
from andon.protocol import read_refusal
from andon.subjects import Choice, read_choice, read_listed, write_choice
from andon.timing import Timing
from andon.wire import Malformed

logger = logging.getLogger("andon")

SUBJECTS_PATH = "/v1/subjects"
LARGEST_LIST = 16_777_216

# Answers that no repetition changes.
_NEVER = frozenset({400, 401, 403, 404, 405, 409, 413, 422})


class Clerk:
    """Reads the list whenever a newer one was heard of; tells the gate until it has stored."""

    def __init__(
        self,
        permit: Permit,
        choices: Choices,
        line: Line,
        *,
        clock: Callable[[], float],
        timing: Timing,
    ) -> None:
        self._permit = permit
        self._choices = choices
        self._line = line
        self._clock = clock
        self._timing = timing
        self._backoff = Backoff(least=0.1, most=timing.retry)
        self._etag = ""

    def run(self) -> None:
        """Work until the permit is closed. Never gives up."""
        permit, choices = self._permit, self._choices
        while not permit.closed:
            with permit.changed:
                permit.changed.wait_for(lambda: permit.closed or choices.unsent or choices.lags())
            if self._work():
                self._backoff.reset()
            else:
                self._rest(self._unsent())
        self._line.close()

    def _rest(self, seen: list[Wish]) -> None:
        """Wait before the next try, or until someone chooses anew."""
        permit = self._permit
        with permit.changed:
            permit.changed.wait_for(
                lambda: permit.closed or self._unsent() != seen, self._backoff.wait()
            )

    def _work(self) -> bool:
        """Do what there is to do. Returns False if something is left that failed."""
        sent = [self._try(partial(self._send, wish)) for wish in self._unsent()]
        if self._permit.closed or not self._choices.lags():
            return all(sent)
        if not sent and self._choices.listed is not None:
            # A choice reaches every collector at once: do not all ask at once.
            with self._permit.changed:
                self._permit.changed.wait_for(
                    lambda: self._permit.closed, spread(0, self._timing.jitter)
                )
        return self._try(self._fetch) and all(sent)

    def _unsent(self) -> list[Wish]:
        with self._permit.changed:
            return list(self._choices.unsent.values())

    def _try(self, step: Callable[[], bool]) -> bool:
        try:
            return step()
        except (OSError, HTTPException) as trouble:
            self._note(f"the gate did not answer: {trouble or type(trouble).__name__}")
        except Malformed as trouble:
            self._line.leave()
            self._note(f"the gate's answer makes no sense: {trouble}")
        except Exception:
            logger.exception("keeping participants' choices failed")
            self._note("keeping participants' choices failed")
        return False

    def _note(self, trouble: str) -> None:
        if trouble != self._choices.trouble and not self._permit.closed:
            logger.warning("participants' choices: %s", trouble)
        self._choices.trouble = trouble

    def _fetch(self) -> bool:
        choices, program = self._choices, self._permit.program
        answer = self._line.get(
            f"{SUBJECTS_PATH}?program={program}",
            timeout=self._timing.answer,
            etag=self._etag,
            at_most=LARGEST_LIST,
        )
        if answer.status == 200:
            choices.take(read_listed(answer.body, program=program, heard_at=answer.heard_at))
            self._etag = answer.etag
        elif answer.status != 304:
            self._note(read_refusal(answer.status, answer.body).reason)
            return False
        # A gate that lags behind may still tell the list before: ask again.
        return not choices.lags()

    def _send(self, wish: Wish) -> bool:
        left = None if wish.until is None else wish.until - self._clock()
        if left is not None and left <= 0:
            self._choices.answered(wish, "the break was over before the gate could store it")
            return True
        body = write_choice(self._permit.program, wish.subject, wish.choice, left)
        answer = self._line.post(SUBJECTS_PATH, body, timeout=self._timing.answer)
        said = self._read(answer, wish)
        if said is None:
            return False
        self._choices.answered(wish, said)
        return True

    def _read(self, answer: Answer, wish: Wish) -> Choice | str | None:
        if answer.status == 200:
            return read_choice(answer.body, choice=wish.choice)
        reason = read_refusal(answer.status, answer.body).reason
        self._note(reason)
        return reason if answer.status in _NEVER else None
