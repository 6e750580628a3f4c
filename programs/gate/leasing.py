"""Answers `POST /v1/lease`: may this collector go on. The rule: in doubt, no."""

import math
from typing import NamedTuple

from accounts.throttle import Throttle
from programs import rfc3339, signing
from programs.gate import answers, clock, questions
from programs.gate.answers import Answer
from programs.gate.call import Call
from programs.gate.door import Door
from programs.gate.feed import Feed
from programs.gate.figures import Figures
from programs.gate.holdings import Held, Holdings
from programs.gate.ledger import Ledger
from programs.gate.questions import LeaseQuestion
from programs.gate.registry import Key, Program, Registry, Verdict, decide
from programs.gate.sheets import Sheets
from programs.leases import Ask

# The database may have moved on since the copy was read; then it says so, and we read again.
_TRIES = 2
# Then one a second: generations move when people decide something.
JUMPS = 5


class Given(NamedTuple):
    """A lease that was granted or renewed just now."""

    program: Program
    held: Held


class Leasing:
    def __init__(
        self,
        *,
        door: Door,
        registry: Registry,
        holdings: Holdings,
        ledger: Ledger,
        feed: Feed,
        sheets: Sheets,
        figures: Figures,
    ) -> None:
        self._door = door
        self._registry = registry
        self._holdings = holdings
        self._ledger = ledger
        self._feed = feed
        self._sheets = sheets
        self._jumps = Throttle(burst=JUMPS)
        self._from_memory = figures.leases.labels("memory")
        self._written = figures.leases.labels("written")

    async def answer(self, call: Call) -> Answer:
        """Return a lease, or nothing to a collector that says goodbye.

        Raises:
            Refused: whatever else it is; every such answer means stop.
        """
        key = self._door.admit(call)
        question = questions.lease_question(await call.json_body())
        if question.status == "stopped":
            self._door.program_of(key, named=question.program)
            return Answer(204, headers=())
        return self._say(key, await self.extend(key, question))

    async def extend(self, key: Key, question: LeaseQuestion) -> Given:
        """Grant a lease, or renew the one there is.

        Raises:
            Refused: 409 if the collector may not collect, and so on.
        """
        program = self._door.program_of(key, named=question.program)
        if self._knows_more(key, question, program):
            await self._feed.refresh()
        for _ in range(_TRIES):
            given = await self._lease(key, question)
            if given:
                return given
            await self._feed.refresh()
        raise answers.unavailable("The program is changing; ask again in a second.")

    def _knows_more(self, key: Key, question: LeaseQuestion, program: Program) -> bool:
        """True if another gate told the collector of a generation that this one has not read."""
        if question.generation is None or question.generation <= program.generation:
            return False
        # One that makes generations up must not keep the gate reading.
        return self._jumps.allow(str(key.collector_id), now=clock.now())

    async def _lease(self, key: Key, question: LeaseQuestion) -> Given | None:
        now = clock.now()
        # Asked again here: the caller may have taken its time with the body.
        if not self._registry.fresh(now):
            raise answers.stale()
        if not self._registry.usable(key, now):
            raise answers.withdrawn()
        program = self._door.program_of(key, named=question.program)
        verdict = decide(program, key.place)
        if not verdict.collecting:
            raise answers.stopped(program, verdict)
        if program.lapsed(self._registry.time(now)):
            raise answers.lapsed(program)
        # One that holds no lease may be one that has acknowledged the stop which this copy does not
        # know yet; only the database can tell.
        held = None
        if question.status == "running":
            held = self._renew(key, program, verdict.generation, now=now)
        if held:
            self._from_memory.inc()
        else:
            held = await self._grant(key, verdict, question.version)
            if held is None:
                return None
            self._written.inc()
        return Given(program, held)

    def _renew(self, key: Key, program: Program, generation: int, *, now: float) -> Held | None:
        held = self._holdings.renewable(
            key.collector_id,
            generation=generation,
            lease_seconds=program.lease_seconds,
            now=now,
        )
        if held:
            self._ledger.renewed(
                key.collector_id,
                generation=generation,
                lease_seconds=program.lease_seconds,
                now=now,
            )
        return held

    async def _grant(self, key: Key, verdict: Verdict, version: str) -> Held | None:
        ask = Ask(key.collector_id, key.program_id, verdict.generation, version)
        return await self._ledger.grant(ask)

    def _say(self, key: Key, given: Given) -> Answer:
        program, held = given
        seconds = program.lease_seconds
        return Answer.of(
            {
                "state": "collecting",
                "program": program.slug,
                "collector": key.collector,
                "generation": held.generation,
                "lease_seconds": float(seconds),
                "renew_seconds": math.floor(seconds * 10 / 3) / 10,
                "signing_key": held.signing_key,
                "stamp_key": self._stamp_key(key, held),
                "gates": self._registry.gates,
                "subjects_version": self._registry.subjects.version(program.id),
                "server_time": rfc3339.write(self._registry.time(clock.now())),
            }
        )

    def _stamp_key(self, key: Key, held: Held) -> str:
        root = self._sheets.root(key.program_id)
        made = signing.stamp_key(root, collector=key.collector, generation=held.generation)
        return made.hex()
