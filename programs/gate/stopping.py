"""Answers `POST /v1/ack`: a collector's signed word that it has stopped."""

from datetime import timedelta

from programs import signing, stops
from programs.gate import answers, clock, questions
from programs.gate.answers import Answer, Refused
from programs.gate.call import Call
from programs.gate.door import Door
from programs.gate.figures import Figures
from programs.gate.ledger import Ledger
from programs.gate.questions import StopWord
from programs.gate.registry import Key, Registry, decide
from programs.models import SKEW_SECONDS

# A machine that slept through its stop may say so after its holiday; no clock is right before.
OLDEST_DAYS = 30


class Stopping:
    def __init__(
        self, *, door: Door, registry: Registry, ledger: Ledger, master: bytes, figures: Figures
    ) -> None:
        self._door = door
        self._registry = registry
        self._ledger = ledger
        self._master = master
        self._stored = figures.acknowledgements

    async def answer(self, call: Call) -> Answer:
        """Store an acknowledgement; the answer comes after its commit.

        Raises:
            Refused: 403 if another key signed it, 409 if nobody waits for it, and so on.
        """
        key = self._door.admit(call)
        word = questions.stop_word(await call.json_body())
        program = self._door.program_of(key, named=word.program)
        self._check_time(word)
        self._check_signature(word, key)
        stored = await self._ledger.acknowledge(
            stops.Acknowledgement(
                collector_id=key.collector_id,
                program_id=key.program_id,
                generation=word.generation,
                stopped_at=word.stopped_at,
                buffer=word.buffer,
                counter=word.counter,
            )
        )
        if stored is not stops.Answer.STORED:
            raise answers.no_such_stop(word.generation, decide(program, key.place))
        self._stored.inc()
        return Answer.of({"state": "acknowledged", "generation": word.generation})

    def _check_time(self, word: StopWord) -> None:
        now = self._registry.time(clock.now())
        if word.stopped_at > now + timedelta(seconds=SKEW_SECONDS):
            raise answers.wrong(
                "stopped_at", f"at most {SKEW_SECONDS} s in the future; set this machine's clock"
            )
        if word.stopped_at < now - timedelta(days=OLDEST_DAYS):
            raise answers.wrong(
                "stopped_at", f"at most {OLDEST_DAYS} days ago; set this machine's clock"
            )

    def _check_signature(self, word: StopWord, key: Key) -> None:
        signed = signing.Word(
            program=word.program,
            collector=key.collector,
            generation=word.generation,
            lease_generation=word.lease_generation,
            stopped_at=word.stopped_at_text,
            buffer=word.buffer,
            counter=word.counter,
        )
        ours = signing.key_for(
            self._master, collector_id=key.collector_id, generation=word.lease_generation
        )
        if not signed.is_signed(word.signature, key=ours):
            raise Refused(
                403,
                "The signature does not match: sign with the signing_key of lease_generation.",
                why="signature",
            )
