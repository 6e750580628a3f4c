"""The sheet of a program is made once for each change, whoever asks and however often."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta

from accounts import secrets
from programs.gate import clock
from programs.gate.door import Door
from programs.gate.figures import Figures
from programs.gate.registry import Hold, IngestKey, Key, Registry
from programs.gate.sheets import Sheets
from programs.gate.verifying import Verifying
from programs.reach import Place, Reach, Turn
from tests.gate.test_registry import program

MANY = 10_000
NOW = datetime(2026, 11, 21, 3, 12, 45, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
LAKE = 3


def key(number, **changed):
    place = Place(LAKE if number % 2 else 4, seat=number)
    fields = {"retired": False} | changed
    return Key(f"k{number}", "", LATER, False, number, f"laptop-{number}", 1, place, **fields)


def hall(of=None, count=4, gates=()):
    """A registry with so many collectors of one program, and its sheets."""
    registry, figures = Registry(), Figures()
    registry.take_programs([of or program()], began=clock.now())
    registry.take_keys([key(n) for n in range(count)], began=clock.now())
    registry.gates = gates
    return registry, Sheets(registry, master=b"m" * 32, figures=figures), figures


def told(sheets, registry):
    return json.loads(sheets.of(registry.programs[1]).at(NOW))


def made(figures):
    return figures.sheets.labels("made")._value.get()


def test_it_says_what_a_verifier_needs():
    registry, sheets, _ = hall(gates=("https://one.example",))
    said = told(sheets, registry)
    assert said.pop("stamp_root") == sheets.root(1).hex()
    assert said == {
        "program": registry.programs[1].slug,
        "server_time": "2026-11-21T03:12:45.000Z",
        "good_seconds": 1.0,
        "groups": [{"generation": registry.programs[1].generation, "state": "collecting"}],
        "collectors": {f"laptop-{n}": 0 for n in range(4)},
        "gates": ["https://one.example"],
    }


def test_collectors_that_are_told_the_same_are_one_group():
    hold = Hold(Reach(LAKE), "Amber Otter", 6, LATER)
    registry, sheets, _ = hall(program(hold, turns=(Turn(6, Reach(LAKE)),)))
    said = told(sheets, registry)
    assert said["groups"][said["collectors"]["laptop-1"]] == {
        "generation": 6,
        "state": "paused",
        "deadline_at": "2026-11-22T03:12:45.000Z",
    }
    assert said["groups"][said["collectors"]["laptop-0"]]["state"] == "collecting"
    assert len(said["groups"]) == 2


def test_a_collector_that_is_retired_is_not_on_it_and_one_without_a_good_key_is():
    registry, sheets, _ = hall()
    withdrawn = Key("k9", "", NOW, True, 9, "laptop-9", 1, Place())
    registry.take_keys([key(1, retired=True), key(2), withdrawn], began=clock.now())
    assert list(told(sheets, registry)["collectors"]) == ["laptop-2", "laptop-9"]


def test_only_a_change_makes_a_new_one():
    registry, sheets, figures = hall()
    tag = sheets.of(registry.programs[1]).tag
    # The same is read again each second, in new objects.
    registry.take_programs([program()], began=clock.now())
    registry.take_keys([key(n) for n in range(4)], began=clock.now())
    assert sheets.of(registry.programs[1]).tag == tag
    assert made(figures) == 1
    for change in (
        lambda: registry.take_programs([program(generation=9)], began=clock.now()),
        lambda: registry.take_keys([key(n) for n in range(5)], began=clock.now()),
        lambda: setattr(registry, "gates", ("https://two.example",)),
    ):
        change()
        assert sheets.of(registry.programs[1]).tag != tag
        tag = sheets.of(registry.programs[1]).tag
    assert made(figures) == 4


class Asked:
    """A question for the sheet, as the gate sees it."""

    address = "192.0.2.1"

    def __init__(self, token, tag="", named="study"):
        self.headers = {b"authorization": f"Bearer {token}", b"if-none-match": tag}
        self.named = named

    def header(self, name):
        return self.headers.get(name)

    def has(self, *names):
        return any(name in self.headers for name in names)

    def parameter(self, _name):
        return self.named

    def knows(self, tag):
        return self.headers[b"if-none-match"] == tag


def test_ten_thousand_collectors_cost_one_sheet_and_then_next_to_nothing():
    registry, sheets, figures = hall(count=MANY)
    slug = registry.programs[1].slug
    registry.take_ingest_keys([IngestKey("a", secrets.digest("s"), LATER, False, "upload", 1)])
    registry.take_time(NOW, now=clock.now())
    door = Door(registry, figures)
    verifying = Verifying(door=door, registry=registry, sheets=sheets, ledger=None, figures=figures)

    async def ask(times, tag=""):
        answers = [await verifying.sheet(Asked("andon_i_a_s", tag, slug)) for _ in range(times)]
        return answers[-1]

    whole = asyncio.run(ask(1))
    tag = dict(whole.headers)[b"etag"].decode()
    began = time.process_time()
    same = asyncio.run(ask(1000, tag))
    spent = time.process_time() - began

    assert (whole.status, same.status, same.body) == (200, 304, b"")
    assert len(json.loads(whole.body)["collectors"]) == MANY
    assert made(figures) == 1
    # 0.02 s on the machine that this was written on; making it once takes as long.
    assert spent < 1
