"""Asks for the lease again and again. What the answer means is decided by the permit."""

from __future__ import annotations

import logging
import time
from http.client import HTTPException

from andon.backoff import Backoff, spread
from andon.choices import Choices
from andon.connection import Answer, Line
from andon.permit import Permit
from andon.protocol import SHORTEST_PACE, question, read_lease, read_refusal
from andon.timing import Timing
from andon.wire import Malformed

logger = logging.getLogger("andon")

LEASE_PATH = "/v1/lease"


class Renewer:
    """The renewal is the authority: the stream only makes the news faster."""

    def __init__(
        self, permit: Permit, choices: Choices, line: Line, *, version: str, timing: Timing
    ) -> None:
        self._permit = permit
        self._choices = choices
        self._line = line
        self._version = version
        self._timing = timing
        self._backoff = Backoff(least=0.1, most=timing.pace)

    def run(self) -> None:
        """Ask until the permit is closed. Never gives up."""
        while not self._permit.closed:
            began = time.monotonic()
            self._permit.rest(self.ask())
            # A stream that says "at once" without end must not turn into a storm of questions.
            time.sleep(max(0.0, began + SHORTEST_PACE - time.monotonic()))
        self._line.close()

    def ask(self) -> float:
        """Ask once. Returns the seconds until the next question; never raises."""
        permit, lease = self._permit, self._permit.lease
        # Asking while no lease runs is asking to begin; "stopped" is said only by close().
        status = "running" if permit.is_open() else "starting"
        body = question(permit.program, permit.generation, status=status, version=self._version)
        patience = lease.pace if lease else self._timing.pace
        try:
            answer = self._line.post(
                LEASE_PATH, body, timeout=max(0.5, min(self._timing.answer, patience))
            )
            return self._take(answer)
        except (OSError, HTTPException) as trouble:
            permit.miss(f"the gate did not answer: {trouble or type(trouble).__name__}")
        except Malformed as trouble:
            self._line.leave()
            permit.miss(f"the gate's answer makes no sense: {trouble}")
        except Exception:
            # A fault of ours must not end the renewals: it counts as no answer, as any other.
            logger.exception("asking for a lease failed")
            permit.miss("asking for a lease failed")
        return self._later()

    def _take(self, answer: Answer) -> float:
        if answer.status != 200:
            refusal = read_refusal(answer.status, answer.body)
            self._permit.refuse(refusal)
            if refusal.status != 409:
                return self._later()
        else:
            lease = read_lease(
                answer.body,
                program=self._permit.program,
                asked_at=answer.asked_at,
                heard_at=answer.heard_at,
            )
            if lease.gates is not None:
                self._line.learn(lease.gates)
            # Before the lease: who has opted out since must not be collected under the new lease.
            self._choices.hear(lease.subjects_version)
            self._permit.grant(lease)
        self._backoff.reset()
        # Earlier by up to a fifth: collectors that were resumed in the same second would ask in
        # step ever after.
        pace = self._permit.lease.pace if self._permit.lease else self._timing.pace
        return spread(0.8, 1.0) * pace

    def _later(self) -> float:
        lease = self._permit.lease
        self._backoff.most = lease.seconds / 3 if lease else self._timing.pace
        return max(SHORTEST_PACE, self._backoff.wait())


def say_goodbye(permit: Permit, line: Line, *, version: str, patience: float) -> None:
    """Tell the gate that this collector has ended, if it listens. Never raises."""
    began = time.monotonic()
    body = question(permit.program, permit.generation, status="stopped", version=version)
    try:
        line.post(LEASE_PATH, body, timeout=patience)
    except (OSError, HTTPException, Malformed) as trouble:
        logger.debug("no goodbye after %.1f s: %s", time.monotonic() - began, trouble)
    finally:
        line.close()
