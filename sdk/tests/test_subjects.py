import json
import math

import pytest

from andon.choices import MOST_REMEMBERED, Choices
from andon.subjects import (
    Choice,
    read_choice,
    read_listed,
    read_version,
    tag_of,
    write_choice,
)
from andon.wire import Malformed

KEY = bytes(range(32))
# Made with openssl from KEY for the subject p-17.
MADE = "929070404feac0859b22edc40a23c11bb315400b1e50767841161fc36e36152d"
GOOD = {
    "program": "study",
    "version": 12,
    "server_time": "2026-11-21T03:00:00.000Z",
    "subject_key": KEY.hex(),
    "opted_out": [MADE],
    "breaks": {tag_of("p-18", KEY): "2026-11-21T03:30:00.000Z"},
}


def listed(**changes):
    said = json.dumps({**GOOD, **changes}).encode()
    return read_listed(said, program="study", heard_at=1000.0)


@pytest.fixture
def choices(permit):
    return Choices(permit)


def test_a_tag_is_made_as_the_protocol_says():
    assert tag_of("p-17", KEY) == MADE


def test_a_list_says_until_when_someone_takes_no_part():
    assert listed().until("p-17") == math.inf
    assert listed().until("p-18") == pytest.approx(1000 + 30 * 60)
    assert listed().until("p-19") == 0


@pytest.mark.parametrize("subject", ["", "x" * 201, "a\nb", None, 17])
def test_a_subject_that_is_none_has_no_tag(subject):
    with pytest.raises(ValueError, match="subject must be 1 to 200 printable characters"):
        tag_of(subject, KEY)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"program": "other"}, "program must be"),
        ({"version": -1}, "version must be"),
        ({"subject_key": "00"}, "subject_key must be"),
        ({"server_time": None}, "server_time must be"),
        ({"opted_out": {}}, "opted_out must be a list"),
        ({"opted_out": ["p-17"]}, "opted_out must be a list of tags"),
        ({"breaks": []}, "breaks must be an object"),
        ({"breaks": {"p-17": "2026-11-21T03:30:00.000Z"}}, "breaks must be an object of tags"),
        ({"breaks": {MADE: "soon"}}, "breaks must be RFC 3339"),
    ],
)
def test_a_list_that_makes_no_sense_is_none(changes, message):
    with pytest.raises(Malformed, match=message):
        listed(**changes)


def test_a_choice_is_written_with_whole_seconds_within_bounds():
    assert json.loads(write_choice("study", "p-17", "opt_out", None)) == {
        "program": "study",
        "subject": "p-17",
        "choice": "opt_out",
    }
    for left, said in ((1800.2, 1801), (3, 60), (9e9, 2_592_000)):
        assert json.loads(write_choice("study", "p-17", "break", left))["seconds"] == said


def test_a_choice_is_read_as_the_gate_stored_it():
    said = {"choice": "break", "until": "2026-11-21T03:30:00.000Z", "version": 13}
    choice = read_choice(json.dumps(said).encode(), choice="break")
    assert (choice.choice, choice.version) == ("break", 13)
    assert choice.until.isoformat() == "2026-11-21T03:30:00+00:00"
    with pytest.raises(Malformed, match="choice must be"):
        read_choice(json.dumps(said).encode(), choice="opt_out")


def test_an_event_tells_the_version_of_its_own_program():
    assert read_version('{"program": "study", "version": 12}', program="study") == 12
    for data in ('{"program": "other", "version": 12}', '{"program": "study"}', "12", ""):
        with pytest.raises(Malformed):
            read_version(data, program="study")


def test_nobody_takes_part_before_the_list_is_here(choices):
    assert choices.until["p-19"] == math.inf
    choices.hear(12)
    assert choices.lags()
    choices.take(listed())
    assert not choices.lags()
    assert choices.until["p-19"] == 0
    assert choices.until["p-17"] == math.inf


def test_a_newer_version_closes_all_until_its_list_is_here(choices):
    choices.hear(12)
    choices.take(listed())
    choices.hear(13)
    assert choices.until["p-19"] == math.inf
    choices.take(listed())
    assert choices.until["p-19"] == math.inf
    choices.take(listed(version=13, opted_out=[]))
    assert choices.until["p-19"] == choices.until["p-17"] == 0
    choices.hear(12)
    choices.take(listed())
    assert choices.until["p-17"] == 0


def test_a_no_that_is_chosen_here_holds_at_once_and_a_yes_only_when_it_is_stored(choices, clock):
    choices.hear(12)
    choices.take(listed())
    choices.wish("p-19", "break", 60)
    assert choices.until["p-19"] == clock() + 60
    choices.wish("p-19", "opt_out")
    assert choices.until["p-19"] == math.inf
    on = choices.wish("p-19", "go_on")
    assert choices.until["p-19"] == math.inf
    choices.answered(on, Choice("go_on", None, 13))
    choices.take(listed(version=13))
    assert choices.until["p-19"] == 0
    assert not choices.unsent


def test_an_opt_out_holds_here_until_a_list_says_so(choices):
    choices.hear(12)
    choices.take(listed())
    out = choices.wish("p-19", "opt_out")
    choices.take(listed())
    assert choices.until["p-19"] == math.inf
    choices.answered(out, Choice("opt_out", None, 13))
    choices.take(listed(version=13, opted_out=[tag_of("p-19", KEY)]))
    assert choices.until["p-19"] == math.inf
    choices.hear(14)
    choices.take(listed(version=14))
    assert choices.until["p-19"] == 0


def test_an_opt_out_that_the_gate_never_stores_holds_here_all_the_same(choices):
    choices.hear(12)
    choices.take(listed())
    choices.answered(choices.wish("p-19", "opt_out"), "the gate refused (422)")
    choices.take(listed(version=99))
    assert choices.until["p-19"] == math.inf


def test_a_yes_that_is_stored_late_does_not_undo_a_later_no(choices):
    choices.hear(12)
    choices.take(listed())
    on = choices.wish("p-19", "go_on")
    choices.wish("p-19", "opt_out")
    choices.answered(on, Choice("go_on", None, 13))
    choices.take(listed(version=13))
    assert choices.until["p-19"] == math.inf
    assert list(choices.unsent) == ["p-19"]


def test_what_is_remembered_is_bounded(choices):
    choices.hear(12)
    choices.take(listed())
    choices.wish("p-0", "opt_out")
    for number in range(MOST_REMEMBERED + 2):
        dict.__setitem__(choices.until, f"q-{number}", 0.0)
    assert choices.until["p-0"] == math.inf
    assert len(choices.until) == 1


def test_the_reason_names_no_one(choices, clock):
    assert "may need a newer Andon" in choices.reason("p-17")
    choices.hear(12)
    assert "not known here yet" in choices.reason("p-17")
    choices.take(listed())
    assert choices.reason("p-17") == "this participant has opted out"
    assert choices.reason("p-18") == "this participant takes a break, for 1800 s more"
