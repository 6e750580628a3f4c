import asyncio
import json
from datetime import UTC, datetime

import pytest

from programs.gate import streams
from programs.gate.figures import Figures
from programs.gate.registry import Hold, Key, Program, Registry
from programs.gate.streams import BEAT, DRAIN, Streams
from programs.reach import SEATS, Place, Reach


def study(state, generation, holds=(), turns=()):
    # Here a pause that has a hold is one of a part.
    whole = 1 if holds else generation
    return Program(1, "keystrokes", state, generation, whole, SEATS, 10, None, holds, turns)


STUDY = study("collecting", 1)


def key(number=1, dataset_id=None):
    until = datetime(2100, 1, 1, tzinfo=UTC)
    return Key(f"key-{number}", "", until, False, number, f"laptop-{number}", 1, Place(dataset_id))


class Line:
    """A connection: what was written to it, and whether its reader takes it."""

    def __init__(self):
        self.written = []
        self.dropped = 0
        self.full = None

    async def send(self, message):
        if self.full:
            await self.full.wait()
        self.written.append(message["body"])

    def drop(self):
        self.dropped += 1

    def told(self):
        news = [data for data in self.written if data.startswith(b"event: state")]
        return [json.loads(data.partition(b"data: ")[2]) for data in news]


class Hall(Streams):
    """Streams over a copy that knows one program."""

    def __init__(self):
        self.copy = Registry()
        super().__init__(self.copy, Figures())
        self.copy.take_programs([STUDY], began=0)
        self.copy.take_keys([key(n) for n in range(20)], began=0)

    def open(self, of=None):
        line = Line()
        line.stream = self.join(of or key(), send=line.send, drop=line.drop)
        return line

    def becomes(self, program):
        for changed in self.copy.take_programs([program], began=0):
            self.tell(changed)


def test_a_new_stream_is_told_the_present_state():
    line = Hall().open()

    assert line.told() == [{"program": "keystrokes", "generation": 1, "state": "collecting"}]


def test_each_collector_is_told_its_own_view():
    hall = Hall()
    lines = [hall.open(key(n, dataset)) for n, dataset in enumerate((7, 8, None))]

    hall.becomes(study("collecting", 2, (Hold(Reach(7), "Amber Otter", 2),)))

    assert [line.told()[-1]["state"] for line in lines] == ["paused", "collecting", "paused"]


def test_what_a_collector_was_told_is_not_told_again():
    hall = Hall()
    line = hall.open(key(1, 7))
    held = study("collecting", 2, (Hold(Reach(7), "Amber Otter", 2),))
    hall.becomes(held)

    hall.becomes(study("collecting", 3, (*held.holds, Hold(Reach(8), "B", 3))))

    assert len(line.told()) == 2


def test_a_slow_reader_holds_up_nobody_and_is_dropped_at_the_next_news():
    async def run():
        hall = Hall()
        slow, quick = hall.open(key(1)), hall.open(key(2))
        slow.full = asyncio.Event()
        hall.becomes(study("paused", 2))
        assert (len(quick.told()), slow.dropped) == (2, 0)
        hall.becomes(study("collecting", 3))
        return slow, quick, len(hall)

    slow, quick, left = asyncio.run(run())

    assert (slow.dropped, quick.dropped, left) == (1, 0, 1)
    assert len(quick.told()) == 3


def test_a_reader_that_caught_up_is_kept():
    async def run():
        hall = Hall()
        line = hall.open()
        line.full = asyncio.Event()
        hall.becomes(study("paused", 2))
        line.full.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        hall.becomes(study("collecting", 3))
        return line

    line = asyncio.run(run())

    assert [said["generation"] for said in line.told()] == [1, 2, 3]
    assert line.dropped == 0


def test_the_oldest_stream_of_a_key_makes_room_for_a_new_one():
    hall = Hall()

    lines = [hall.open() for _ in range(streams.MOST_OF_KEY + 1)]

    assert [line.dropped for line in lines] == [1] + [0] * streams.MOST_OF_KEY


def test_a_stream_whose_key_was_withdrawn_is_ended():
    hall = Hall()
    line, other = hall.open(key(1)), hall.open(key(2))

    hall.copy.take_keys([key(2)], began=0)
    hall.close_withdrawn()

    assert (line.dropped, other.dropped) == (1, 0)


def test_every_stream_is_heard_within_one_round(monkeypatch):
    monkeypatch.setattr(streams, "BEAT_SECONDS", 0.05)

    async def run():
        hall = Hall()
        lines = [hall.open(key(n)) for n in range(10)]
        beating = asyncio.create_task(hall.beat())
        async with asyncio.timeout(5):
            while not all(BEAT in line.written for line in lines):
                await asyncio.sleep(0.01)
        beating.cancel()

    asyncio.run(run())


def test_a_stream_that_left_is_told_nothing():
    hall = Hall()
    line = hall.open()
    hall.leave(line.stream)
    hall.leave(line.stream)

    hall.becomes(study("paused", 2))

    assert len(line.told()) == 1
    assert not hall._of_key


def test_draining_asks_first_and_ends_what_stays(monkeypatch):
    monkeypatch.setattr(streams, "DRAIN_SECONDS", 0.1)

    async def run():
        hall = Hall()
        polite, deaf = hall.open(key(1)), hall.open(key(2))
        draining = asyncio.create_task(hall.drain())
        await asyncio.sleep(0)
        hall.leave(polite.stream)
        await draining
        return polite, deaf

    polite, deaf = asyncio.run(run())

    assert DRAIN in polite.written
    assert DRAIN in deaf.written
    assert (polite.dropped, deaf.dropped) == (0, 1)


@pytest.mark.parametrize("number", [1, 500])
def test_the_figures_count_the_streams(number):
    hall = Hall()
    lines = [hall.open(key(n % 20 if n < 20 else 100 + n)) for n in range(number)]

    assert len(hall) == number
    for line in lines:
        hall.leave(line.stream)
    assert b"andon_gate_streams 0.0" in hall._figures.text()
