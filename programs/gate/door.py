"""Who is calling. Compares tokens with the gate's copy of the keys; logs none of them."""

from collections.abc import Mapping
from typing import TypeVar

from accounts import secrets
from accounts.throttle import Throttle
from programs.gate import answers, clock
from programs.gate.answers import Refused
from programs.gate.call import Call
from programs.gate.figures import Figures
from programs.gate.registry import IngestKey, Key, Program, Registry

# The kind of a collector's token, as programs.collectors mints it.
KIND = "c"
INGEST = "i"
_WANTED = {KIND: "a known collector's token", INGEST: "a known ingest key"}
AnyKey = TypeVar("AnyKey", Key, IngestKey)


class Door:
    def __init__(self, registry: Registry, figures: Figures) -> None:
        self._registry = registry
        self._figures = figures
        self._throttle = Throttle()

    def admit(self, call: Call, *, api_key: bool = False) -> Key:
        """Return the caller's key.

        Args:
            api_key: without an Authorization header X-API-Key may name the token as well.

        Raises:
            Refused: 503 while the copy is stale, 401 without a token that is good now, 429
                after too many unknown ones from one address.
        """
        presented = _presented(call, api_key=api_key)
        return self._recognise(call, presented, KIND, self._registry.keys)

    def admit_verifier(self, call: Call) -> IngestKey:
        """Return the key of whoever takes a program's records in.

        Raises:
            Refused: as `admit`.
        """
        presented = _presented(call, api_key=False)
        return self._recognise(call, presented, INGEST, self._registry.ingest_keys)

    def _recognise(
        self,
        call: Call,
        presented: secrets.Presented | None,
        kind: str,
        keys: Mapping[str, AnyKey],
    ) -> AnyKey:
        now = clock.now()
        # First of all: a stale copy may not know a new key, and must not call it a bad one.
        if not self._registry.fresh(now):
            raise answers.stale()
        key = keys.get(presented.key_id) if presented and presented.kind == kind else None
        if key is None or presented is None or not secrets.matches(presented, key.secret_hash):
            raise self._unknown(call.address, kind, now=now)
        # Whoever holds the right secret is told the truth, however often it asks.
        if not self._registry.usable(key, now):
            raise answers.withdrawn()
        return key

    def program_of(self, key: Key | IngestKey, *, named: str) -> Program:
        """Return the key's program.

        Raises:
            Refused: 404 if it has another name: whether that name exists is not the caller's
                to know.
        """
        program = self._registry.programs.get(key.program_id)
        if program is None or program.slug != named:
            raise answers.unknown_program()
        return program

    def slug_of(self, key: Key) -> str:
        """Return the name of the key's program.

        Raises:
            Refused: 404 if the program is not in the copy.
        """
        program = self._registry.programs.get(key.program_id)
        if program is None:
            raise answers.unknown_program()
        return program.slug

    def _unknown(self, address: str, kind: str, *, now: float) -> Refused:
        self._figures.bad_tokens.inc()
        if self._throttle.allow(address, now=now):
            return answers.unauthorized(f"Send authorization: Bearer and {_WANTED[kind]}.")
        return Refused(
            429,
            "Too many requests with bad tokens came from this address; wait a second for each.",
            why="throttled",
            headers=[(b"retry-after", b"5")],
        )


def _presented(call: Call, *, api_key: bool) -> secrets.Presented | None:
    if api_key and not call.has(b"authorization"):
        return secrets.parse(call.header(b"x-api-key") or "")
    return secrets.from_header(call.header(b"authorization") or "")
