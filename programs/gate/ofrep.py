"""Answers the OpenFeature Remote Evaluation Protocol, so that any OpenFeature SDK can ask.

A program is a boolean flag, and its key the slug. `true` is a lease of the collector that
asks; whatever else there is to say is `false` or an error, on which an SDK takes its default.

Source: https://github.com/open-feature/protocol, service/openapi.yaml, version 0.3.0.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from programs.gate import answers, questions
from programs.gate.answers import Answer, Refused
from programs.gate.call import Call
from programs.gate.door import Door
from programs.gate.figures import Figures
from programs.gate.leasing import Given, Leasing
from programs.gate.questions import LeaseQuestion
from programs.gate.registry import Key

BULK = "/ofrep/v1/evaluate/flags"
_ONE = f"{BULK}/"
# One name for the figures, whatever key is asked for.
ONE = f"{BULK}/{{key}}"
# What the program's page shows where other collectors name their version.
VERSION = "OpenFeature (OFREP)"
_CODES = {"json": "PARSE_ERROR", "field": "INVALID_CONTEXT", "program": "FLAG_NOT_FOUND"}


class Failure(Refused):
    """A refusal in the protocol's own words.

    Args:
        of: the refusal that any other endpoint would give.
        key: the flag that was asked for; None in a bulk evaluation.
    """

    def __init__(self, of: Refused, key: str | None) -> None:
        # The protocol knows 400 for all that is wrong with a context.
        status = 400 if of.status == 422 else of.status
        super().__init__(status, of.detail, why=of.why, headers=of.headers)
        self._key = key

    def answer(self) -> Answer:
        said = {} if self._key is None else {"key": self._key}
        said |= {"errorCode": _CODES.get(self.why, "GENERAL"), "errorDetails": self.detail}
        return Answer.of(said, status=self.status, headers=self.headers)


class Evaluation:
    def __init__(self, *, door: Door, leasing: Leasing, figures: Figures) -> None:
        self._door = door
        self._leasing = leasing
        self._refusals = figures.refusals

    async def one(self, call: Call) -> Answer:
        """Evaluate the flag in the path.

        Raises:
            Failure: 404 if it is not the slug of the key's program, 400 for a bad context.
        """
        named = call.path.removeprefix(_ONE)

        async def evaluate() -> Answer:
            key = await self._admit(call)
            return Answer.of(await self._flag(key, named))

        return await _in_its_words(evaluate, key=named[: questions.LONGEST_NAME])

    async def all(self, call: Call) -> Answer:
        """Evaluate every flag there is for this key: the one of its program.

        Raises:
            Failure: 400 for a bad context.
        """

        async def evaluate() -> Answer:
            key = await self._admit(call)
            # Asked before what the caller knows is compared: a 304 extends the lease as well.
            flag = await self._flag(key, self._door.slug_of(key))
            said = Answer.of({"flags": [flag]})
            tag = f'"{hashlib.sha256(said.body).hexdigest()[:32]}"'
            if call.knows(tag):
                return answers.not_modified(tag)
            said.headers.append((b"etag", tag.encode()))
            return said

        return await _in_its_words(evaluate, key=None)

    async def _admit(self, call: Call) -> Key:
        key = self._door.admit(call, api_key=True)
        questions.check_context(await call.json_body())
        return key

    async def _flag(self, key: Key, named: str) -> dict[str, Any]:
        question = LeaseQuestion(named, generation=None, status="running", version=VERSION)
        try:
            given = await self._leasing.extend(key, question)
        except Refused as refusal:
            if refusal.why != "stopped":
                raise
            self._refusals.labels(ONE, refusal.why).inc()
            return _stopped(named, refusal)
        return _collecting(key, given)


def _collecting(key: Key, given: Given) -> dict[str, Any]:
    return {
        "key": given.program.slug,
        "value": True,
        "reason": "TARGETING_MATCH",
        "variant": "collecting",
        "metadata": {
            "state": "collecting",
            "generation": given.held.generation,
            "collector": key.collector,
            "lease_seconds": float(given.program.lease_seconds),
        },
    }


def _stopped(slug: str, refusal: Refused) -> dict[str, Any]:
    return {
        "key": slug,
        "value": False,
        "reason": "DISABLED",
        "variant": refusal.members["state"],
        "metadata": {**refusal.members, "detail": refusal.detail},
    }


async def _in_its_words(evaluate: Callable[[], Awaitable[Answer]], *, key: str | None) -> Answer:
    try:
        return await evaluate()
    except Refused as refusal:
        raise Failure(refusal, key) from refusal
