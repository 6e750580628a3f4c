"""Each Python example of README.md runs as it stands there."""

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
        self.kept = []
        self.names = {"log": logging.getLogger("readme"), "stop_my_workers": lambda: None}
        self.names.update(andon=andon, capture=self.capture, keep=self.keep)

    def capture(self):
        return b"a record"

    def keep(self, record, stamp=None):
        self.kept.append((record, stamp))
        if len(self.kept) == 3:
            self.names["gate"].close()

    def close(self):
        for value in list(self.names.values()):
            if callable(getattr(value, "close", None)) and not isinstance(value, type):
                value.close()


@pytest.fixture
def world(server, monkeypatch):
    server.program = "keystroke-study"
    monkeypatch.setenv("ANDON_GATE_URL", server.url)
    monkeypatch.setenv("ANDON_TOKEN", "andon_c_k7_s3cret")
    world = World()
    yield world
    world.close()


def titled(example):
    """Name an example by the heading that it stands under."""
    before = README[: README.index(example)]
    return re.findall(r"^## (.*)$", before, re.MULTILINE)[-1]


@pytest.mark.parametrize("example", EXAMPLES, ids=titled)
def test_an_example_runs_as_it_stands(world, example):
    exec(compile(example, "README.md", "exec"), world.names)


def test_the_collectors_of_the_examples_keep_what_they_capture(world):
    for example in EXAMPLES[:2]:
        world.kept.clear()
        exec(compile(example, "README.md", "exec"), world.names)
        assert [record for record, _ in world.kept] == [b"a record"] * 3
    assert all(stamp.startswith("andon1;keystroke-study;") for _, stamp in world.kept)
