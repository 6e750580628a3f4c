"""Each Python example of README.md runs as it stands there."""

import asyncio
import logging
import re
from pathlib import Path

import pytest

import andon

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


class World:
    """What the examples take for granted: a source of records, and somewhere to keep them."""

    def __init__(self):
        self.kept, self.stored = [], []
        self.names = {"log": logging.getLogger("readme"), "stop_my_workers": lambda: None}
        self.names.update(andon=andon, capture=self.capture, keep=self.keep)
        self.names.update(source=self.source, incoming=self.incoming, store=self.stored.append)

    def capture(self):
        return b"a record"

    def keep(self, record, stamp=None):
        self.kept.append((record, stamp))
        if len(self.kept) == 3 and "gate" in self.names:
            self.names["gate"].close()

    async def source(self):
        for _ in range(3):
            yield b"a record"

    def incoming(self):
        """Return what a collector has just sent, and a record that comes without a stamp."""
        with andon.Gate("keystroke-study") as gate:
            assert gate.wait(10)
            return [(gate.stamp(b"a record"), b"a record"), ("", b"another")]

    def close(self):
        for value in list(self.names.values()):
            if callable(getattr(value, "close", None)) and not isinstance(value, type):
                value.close()


@pytest.fixture
def world(server, monkeypatch):
    server.program, server.good_seconds = "keystroke-study", 30.0
    monkeypatch.setenv("ANDON_GATE_URL", server.url)
    monkeypatch.setenv("ANDON_TOKEN", "andon_c_k7_s3cret")
    monkeypatch.setenv("ANDON_INGEST_TOKEN", "andon_i_k9_s3cret")
    world = World()
    yield world
    world.close()


def titled(example):
    """Name an example by the heading that it stands under."""
    before = README[: README.index(example)]
    return re.findall(r"^## (.*)$", before, re.MULTILINE)[-1]


def run(world, example):
    if re.search(r"\bgate\.", example) and "gate = " not in example:
        world.names["gate"] = andon.Gate("keystroke-study")
        assert world.names["gate"].wait(10, subject="p-17")
    exec(compile(example, "README.md", "exec"), world.names)


@pytest.mark.parametrize("example", EXAMPLES, ids=titled)
def test_an_example_runs_as_it_stands(world, example):
    run(world, example)


def under(heading):
    return next(example for example in EXAMPLES if titled(example) == heading)


@pytest.mark.parametrize(
    "heading",
    [
        "A collector in ten lines",
        "Stamps",
        "Records that wait for delivery",
        "In an event loop",
    ],
)
def test_the_collectors_of_the_examples_keep_what_they_capture(world, heading):
    run(world, under(heading))
    assert [record for record, _ in world.kept] == [b"a record"] * 3
    stamps = {stamp and stamp[:23] for _, stamp in world.kept}
    assert stamps == {"andon1;keystroke-study;" if heading == "Stamps" else None}


def test_the_verifier_of_the_example_stores_what_was_stamped_and_nothing_else(world):
    run(world, under("Where records come in"))
    assert world.stored == [b"a record"]


def test_the_guards_of_the_example_let_through_what_is_allowed(world):
    run(world, under("Guards"))
    world.names["record"]("a")
    asyncio.run(world.names["record_of"]("p-17", "b"))
    assert [record for record, _ in world.kept] == [b"a record", "a", "b"]


def test_the_participant_of_the_example_goes_on(world, server):
    run(world, under("Participants"))
    assert len(world.kept) == 2
    assert [server.chosen.get()["choice"] for _ in range(3)] == ["break", "opt_out", "go_on"]
