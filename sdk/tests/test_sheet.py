import json
import time

import pytest

from andon.sheet import is_of_the_past, judge, read_sheet
from andon.stamps import Claim, digest_of, key_for
from andon.wire import Malformed, write_time

ROOT = bytes(range(32, 64))
NOW = 1_800_000_000.0


@pytest.fixture
def sheet(server):
    """Read a sheet as the fake gate writes it, with changes."""

    def read(**changes):
        said = server.sheet(server_time=write_time(NOW), **changes)
        return read_sheet(json.dumps(said).encode(), program="study", asked_at=99, heard_at=101)

    return read


def stamp(*, collector="laptop-7", generation=7, at=NOW, record=None, root=ROOT, program="study"):
    claim = Claim(program, collector, generation, write_time(at), digest_of(record))
    return claim.stamp(key_for(root, collector=collector, generation=generation))


def verdict(sheet, text, record=None):
    return judge(sheet, text, record, now=NOW)


def test_a_record_captured_while_it_was_allowed_is_taken_in(sheet):
    assert verdict(sheet(), stamp())
    assert verdict(sheet(), stamp(record=b"hello"), b"hello")
    assert verdict(sheet(), stamp(record="grüße"), "grüße".encode())
    assert verdict(sheet(), stamp(record=b"hello"))


def test_a_refusal_is_false_in_a_condition(sheet):
    assert not verdict(sheet(), "no stamp")
    assert verdict(sheet(), "no stamp").reason == "malformed"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"program": "other"}, "program"),
        ({"collector": "laptop-8"}, "unknown_collector"),
        ({"root": bytes(32)}, "signature"),
        ({"generation": 6}, "generation"),
        ({"generation": 8}, "generation"),
        ({"at": NOW + 31}, "future"),
        ({"record": b"another"}, "digest"),
        ({"record": None}, "digest"),
    ],
)
def test_each_refusal_has_a_word_of_its_own(sheet, changes, reason):
    said = verdict(sheet(), stamp(**{"record": b"hello", **changes}), b"hello")
    assert (said.accepted, said.reason) == (False, reason)
    assert said.detail


@pytest.mark.parametrize("state", ["paused", "approved", "draft", "retired"])
def test_nothing_is_taken_in_while_its_collectors_do_not_collect(sheet, state):
    groups = [{"generation": 8, "state": state}]
    for generation in (7, 8):
        assert verdict(sheet(groups=groups), stamp(generation=generation)).reason == "stopped"


def test_each_collector_is_judged_by_its_own_group(sheet):
    groups = [{"generation": 7, "state": "collecting"}, {"generation": 8, "state": "paused"}]
    mixed = sheet(groups=groups, collectors={"laptop-7": 0, "laptop-8": 1})
    assert verdict(mixed, stamp())
    assert verdict(mixed, stamp(collector="laptop-8")).reason == "stopped"


def test_a_forged_stamp_of_the_past_is_a_wrong_signature_and_nothing_else(sheet):
    said = verdict(sheet(), stamp(generation=6, root=bytes(32)))
    assert said.reason == "signature"
    assert not is_of_the_past(said)


def test_what_is_of_the_past_is_told_from_what_is_not_known_yet(sheet):
    old, new = (verdict(sheet(), stamp(generation=number)) for number in (6, 8))
    assert is_of_the_past(old)
    assert not is_of_the_past(new)
    assert (old.again, new.again) == (False, True)
    paused = sheet(groups=[{"generation": 8, "state": "paused"}])
    old, new = (verdict(paused, stamp(generation=number)) for number in (7, 9))
    assert (is_of_the_past(old), is_of_the_past(new)) == (True, False)


def test_the_time_of_the_gate_is_guessed_from_the_middle_of_the_question(sheet):
    assert sheet().wall_zero == NOW - 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"program": "other"}, "program must be"),
        ({"good_seconds": 0}, "good_seconds must be"),
        ({"good_seconds": 3600}, "good_seconds must be"),
        ({"stamp_root": "00"}, "stamp_root must be"),
        ({"groups": {}}, "groups must be a list"),
        ({"groups": [{"generation": 7}]}, "must have a state"),
        ({"groups": [{"generation": -1, "state": "paused"}]}, "generation must be"),
        ({"collectors": []}, "collectors must be an object"),
        ({"collectors": {"laptop-7": 1}}, "the place of one of groups"),
        ({"collectors": {"laptop-7": -1}}, "the place of one of groups"),
        ({"collectors": {"laptop-7": True}}, "the place of one of groups"),
    ],
)
def test_a_sheet_that_makes_no_sense_is_none(sheet, changes, message):
    with pytest.raises(Malformed, match=message):
        sheet(**changes)


def test_a_sheet_without_a_time_is_none():
    with pytest.raises(Malformed):
        read_sheet(b"{}", program="study", asked_at=0, heard_at=time.monotonic())


def test_a_sheet_is_older_if_any_collector_lives_earlier_in_it(sheet):
    newer = sheet(groups=[{"generation": 8, "state": "paused"}])
    assert sheet().is_older_than(newer)
    assert not newer.is_older_than(sheet())
    assert not sheet(collectors={}).is_older_than(newer)
