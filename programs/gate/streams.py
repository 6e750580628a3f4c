"""Tells every open stream what its collector must know. Decides nothing about leases.

Each connection's send is started from here instead of waking a task for each:
that halves the time until the last of ten thousand knows.
"""

import asyncio
import itertools
import time
import types
from collections import defaultdict
from collections.abc import Callable, Coroutine, Generator, Hashable, Iterable
from typing import Any

import structlog

from programs.gate import answers, clock
from programs.gate.call import Send
from programs.gate.figures import Figures
from programs.gate.registry import Key, Program, Registry, decide, views

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 10.0
# Ten thousand beats in one sweep would hold up renewals for a tenth of a second.
BUCKETS = 50
BEAT = b": beat\n\n"
DRAIN = b"event: drain\ndata: {}\n\n"
DRAIN_SECONDS = 2.0
# A collector that opens streams and forgets them must not use up the gate's descriptors.
MOST_OF_KEY = 8


class Stream:
    """One open stream of one collector."""

    __slots__ = ("_drop", "_send", "_unfinished", "bucket", "key", "told")

    def __init__(self, key: Key, *, send: Send, drop: Callable[[], None], bucket: int) -> None:
        self.key = key
        self.bucket = bucket
        self.told = b""
        self._send = send
        self._drop = drop
        self._unfinished: asyncio.Task[None] | None = None

    def offer(self, data: bytes) -> bool:
        """Write at once; False if what was offered before has not left yet."""
        if self._unfinished and not self._unfinished.done():
            return False
        sending = self._send({"type": "http.response.body", "body": data, "more_body": True})
        assert isinstance(sending, Coroutine)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return True
        # Its buffer is full, which is rare: only then does this connection cost a task.
        self._unfinished = asyncio.get_running_loop().create_task(_finish(sending, waits_for))
        return True

    def drop(self) -> None:
        """Close the connection without waiting for its reader."""
        self._drop()


async def _finish(sending: Coroutine[Any, Any, None], waits_for: Any) -> None:
    await _resume(sending, waits_for)


@types.coroutine
def _resume(sending: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    try:
        yield waits_for
    except BaseException:
        sending.close()
        raise
    yield from sending.__await__()


class Streams:
    """All streams of this process."""

    def __init__(self, registry: Registry, figures: Figures) -> None:
        self._registry = registry
        self._figures = figures
        # Dictionaries for their order: of a key's streams the oldest goes first.
        self._all: dict[Stream, None] = {}
        self._of_program: defaultdict[int, dict[Stream, None]] = defaultdict(dict)
        self._of_key: defaultdict[str, dict[Stream, None]] = defaultdict(dict)
        self._of_bucket: defaultdict[int, dict[Stream, None]] = defaultdict(dict)
        self._buckets = itertools.cycle(range(BUCKETS))

    def __len__(self) -> int:
        return len(self._all)

    def join(self, key: Key, *, send: Send, drop: Callable[[], None]) -> Stream:
        """Add a stream, and tell it the present state of its program."""
        if len(self._of_key[key.key_id]) >= MOST_OF_KEY:
            self._end(next(iter(self._of_key[key.key_id])), "too_many")
        stream = Stream(key, send=send, drop=drop, bucket=next(self._buckets))
        self._all[stream] = None
        for place in self._places(stream):
            place[stream] = None
        self._figures.streams.inc()
        program = self._registry.programs[key.program_id]
        self._tell(stream, answers.news(program, decide(program, key.place)))
        version = self._registry.subjects.version(program.id)
        if version:
            # It may have changed since the last lease.
            self._offer(stream, answers.subjects_news(program, version))
        return stream

    def leave(self, stream: Stream) -> None:
        """Forget a stream. Safe to call again."""
        if stream not in self._all:
            return
        del self._all[stream]
        for place in self._places(stream):
            del place[stream]
        if not self._of_key[stream.key.key_id]:
            del self._of_key[stream.key.key_id]
        if not self._of_program[stream.key.program_id]:
            del self._of_program[stream.key.program_id]
        self._figures.streams.dec()

    def tell(self, program: Program) -> None:
        """Tell each collector of a program its own view of what changed."""
        if program.id not in self._of_program:
            return
        began = time.perf_counter()
        view_of, news = views(program), dict[Hashable, tuple[bytes, bool]]()
        told = stopped = 0
        for stream in list(self._of_program[program.id]):
            view = view_of(stream.key.place)
            if view not in news:
                verdict = decide(program, stream.key.place)
                news[view] = answers.news(program, verdict), verdict.collecting
            said, collecting = news[view]
            if stream.told != said:
                self._tell(stream, said)
                told += 1
                stopped += not collecting
        self._figures.fan_out.observe(time.perf_counter() - began)
        self._figures.pauses_told.inc(stopped)
        logger.info(
            "gate_told",
            program=program.slug,
            state=program.state,
            generation=program.generation,
            streams=told,
        )

    def tell_subjects(self, program: Program, version: int) -> None:
        """Tell each collector of a program that there is a newer list of choices."""
        said = answers.subjects_news(program, version)
        for stream in list(self._of_program.get(program.id, ())):
            self._offer(stream, said)

    def close_withdrawn(self, streams: Iterable[Stream] | None = None) -> None:
        """End the streams whose key does not open the gate any more."""
        now = clock.now()
        for stream in list(self._all if streams is None else streams):
            if not self._registry.usable(stream.key, now):
                self._end(stream, "withdrawn")

    async def beat(self) -> None:
        """Let every stream be heard each 10 s, until cancelled."""
        for bucket in itertools.cycle(range(BUCKETS)):
            await asyncio.sleep(BEAT_SECONDS / BUCKETS)
            self.close_withdrawn(self._of_bucket[bucket])
            for stream in list(self._of_bucket[bucket]):
                self._offer(stream, BEAT)

    async def drain(self) -> None:
        """Ask every collector to connect elsewhere, wait a little, and end what is left."""
        for stream in list(self._all):
            self._offer(stream, DRAIN)
        until = clock.now() + DRAIN_SECONDS
        while self._all and clock.now() < until:
            await asyncio.sleep(0.05)
        for stream in list(self._all):
            self._end(stream, "drained")

    def _tell(self, stream: Stream, news: bytes) -> None:
        stream.told = news
        self._offer(stream, news)

    def _offer(self, stream: Stream, data: bytes) -> None:
        # It missed nothing that its next renewal would not tell; a growing queue helps nobody.
        if not stream.offer(data):
            self._end(stream, "slow")

    def _end(self, stream: Stream, why: str) -> None:
        self.leave(stream)
        self._figures.dropped.labels(why).inc()
        stream.drop()

    def _places(self, stream: Stream) -> tuple[dict[Stream, None], ...]:
        key = stream.key
        return (
            self._of_program[key.program_id],
            self._of_key[key.key_id],
            self._of_bucket[stream.bucket],
        )
